/** Web seeds (BEP 19) against real HTTP servers that do as they should, and that do not. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { makeTorrent, type MadeTorrent } from '../../../../../support/torrents.ts';
import { give, WebSeedScene, type Answer, type SeedServer } from './web-seed-scene.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const small = makeTorrent({ name: 'small.bin', files: 40 * 16 * KIB + 100 });
const large = makeTorrent({ name: 'large.bin', files: 3 * MIB, pieceLength: 256 * KIB });
const album = makeTorrent({
  name: 'album',
  pieceLength: 32 * KIB,
  files: [
    { path: 'one.bin', content: 50_000 },
    { path: 'sub/tw ö.bin', content: 70_000 },
    { path: 'empty.bin', content: 0 },
    { path: 'three.bin', content: 30_001 },
  ],
});

// What takes long is the network of a machine that is busy with other tests.
vi.setConfig({ testTimeout: 20_000 });

let scene: WebSeedScene;
afterEach(async () => {
  vi.restoreAllMocks();
  await scene.end();
});
const enter = async (made: MadeTorrent) => (scene = await WebSeedScene.enter(made));

test.each([
  ['one file', small],
  ['one file in large pieces', large],
  ['several files', album],
])(
  'a torrent of %s comes whole, in ranges that lie within its files and overlap nowhere',
  async (_, made) => {
    await enter(made);
    const seed = await scene.seed();
    await scene.until(() => scene.isComplete, 'the torrent');
    expect(await scene.isContentTrue()).toBe(true);
    const bytes = seed.asked.reduce((sum, { start, end }) => sum + end - start, 0);
    expect(bytes).toBe(made.content.length);
    expect(scene.warnings).toEqual([]);
    expect(scene.torrent.wastedBytes).toBe(0);
  },
);

test('its requests are simple to CORS: a single range and no other header, no credentials, no redirects', async () => {
  await enter(small);
  const fetched = vi.spyOn(globalThis, 'fetch');
  const seed = await scene.seed();
  await scene.until(() => scene.isComplete, 'the torrent');
  expect(fetched.mock.calls.length).toBe(seed.asked.length);
  for (const [, init] of fetched.mock.calls) {
    const { headers, signal, ...rest } = init!;
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(headers).toEqual({ Range: expect.stringMatching(/^bytes=\d+-\d+$/) as string });
    expect(rest).toEqual({
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      redirect: 'manual',
    });
  }
});

test('small pieces end to end are one request', async () => {
  await enter(small);
  const seed = await scene.seed();
  await scene.until(() => scene.isComplete, 'the torrent');
  expect(scene.plan.map.pieceCount).toBe(41);
  expect(seed.asked.length).toBeLessThanOrEqual(8);
});

test('one request until it answers, four at once then', async () => {
  await enter(large);
  const seed = await scene.seed(() => undefined);
  await scene.until(() => seed.asked.length > 0, 'a request');
  await scene.settle();
  expect(seed.asked).toHaveLength(1);
  expect(scene.session.wire.requests.length * 16 * KIB).toBe(256 * KIB);
  give(seed.asked[0]!, large.content);
  await scene.until(() => seed.asked.length === 4, 'more requests');
  await scene.settle();
  // A megabyte is asked for while its rate is not known, in three requests beside the first.
  expect(seed.asked).toHaveLength(4);
  expect(scene.session.wire.requests.length).toBeLessThanOrEqual(64);
  seed.answer = give;
  for (const asked of seed.asked.slice(1)) give(asked, large.content);
  await scene.until(() => scene.isComplete, 'the torrent');
  expect(seed.mostAtOnce).toBeLessThanOrEqual(4);
});

test('a block is here as soon as its bytes are, whatever else the request is for', async () => {
  await enter(small);
  const seed: SeedServer = await scene.seed(({ start, end, response }, file) => {
    if (seed.asked.length > 1) return;
    response.writeHead(206, { 'Content-Length': end - start });
    response.write(file.subarray(start, start + 20 * KIB));
  });
  await scene.until(() => scene.plan.have.count === 1, 'the first piece');
  await scene.settle();
  expect(scene.plan.have.count).toBe(1);
  expect(seed.asked[0]!.end - seed.asked[0]!.start).toBeGreaterThan(200 * KIB);
});

test('it is in the list of peers under its host, with an id that stays', async () => {
  await enter(small);
  const seed = await scene.seed(() => undefined);
  await scene.until(() => seed.asked.length > 0, 'a request');
  const { wire, view } = scene.session;
  expect(wire.type).toBe('webSeed');
  expect(new TextDecoder().decode(wire.peerExtendedHandshake['v'] as Uint8Array)).toBe(seed.host);
  expect(view.id).toBe(seed.url);
  scene.torrent.pauseTransfers('close');
  scene.torrent.resumeTransfers();
  scene.torrent.webSeeds.open(scene.plan.meta);
  await scene.until(() => [...scene.torrent.sessions].length === 1, 'the seed');
  expect(scene.session.view.id).toBe(view.id);
});

test('pausing ends what is under way, resuming begins again', async () => {
  await enter(small);
  const seed = await scene.seed(() => undefined);
  await scene.until(() => seed.asked.length > 0, 'a request');
  scene.torrent.pauseTransfers('close');
  await scene.until(() => seed.asked[0]!.isOver, 'the end of the request');
  await scene.settle();
  expect(seed.asked).toHaveLength(1);
  seed.answer = give;
  scene.torrent.resumeTransfers();
  scene.torrent.webSeeds.open(scene.plan.meta);
  await scene.until(() => scene.isComplete, 'the torrent');
  expect(scene.warnings).toEqual([]);
});

describe('a seed that fails', () => {
  const status =
    (code: number, headers = {}): Answer =>
    ({ response }) =>
      void response.writeHead(code, headers).end('an error page');
  test.each<[string, Answer, number, RegExp]>([
    ['404', status(404), 300_000, /does not have this file .*404.*5 minutes/],
    ['403', status(403), 300_000, /does not give this file/],
    ['429 with Retry-After', status(429, { 'Retry-After': '77' }), 77_000, /77 seconds/],
    ['503', status(503), 5_000, /left alone for now .*503/],
    ['500', status(500), 5_000, /problem of its own .*500/],
    ['a redirect', status(302, { Location: '/other' }), 300_000, /another address/],
    ['416', status(416), 300_000, /another size/],
    [
      'a range of another file',
      ({ start, end, response }) =>
        response
          .writeHead(206, { 'Content-Range': `bytes ${start}-${end - 1}/999999` })
          .end(Buffer.alloc(end - start)),
      300_000,
      /another size/,
    ],
    [
      'too much, without saying how much',
      ({ start, end, response }, file) =>
        response.writeHead(206).end(Buffer.concat([file.subarray(start, end), Buffer.alloc(1)])),
      300_000,
      /another size/,
    ],
    [
      'less than it said',
      ({ start, end, response }, file) => {
        response.writeHead(206, { 'Content-Length': end - start });
        response.write(file.subarray(start, end - 1), () => response.destroy());
      },
      5_000,
      /ended the transfer early/,
    ],
    [
      'less, without saying how much',
      ({ start, end, response }, file) =>
        response.writeHead(206).end(file.subarray(start, end - 1)),
      5_000,
      /ended the transfer early/,
    ],
    ['no answer', ({ response }) => void response.destroy(), 5_000, /cannot be reached/],
  ])('%s: it says so, and asks again when it has rested', async (_, answer, rest, says) => {
    await enter(large);
    const fetched = vi.spyOn(globalThis, 'fetch');
    const seed = await scene.seed(answer);
    await scene.until(() => scene.warnings.length > 0, 'the warning');
    expect(scene.warnings[0]).toContain(`The web seed ${seed.host} `);
    expect(scene.warnings[0]).toMatch(says);
    await scene.settle();
    // One that begins well has more than one request by the time it fails.
    const askedBefore = fetched.mock.calls.length;
    expect(askedBefore).toBeLessThanOrEqual(4);
    await scene.until(() => seed.asked.every(({ isOver }) => isOver), 'the end of its requests');
    expect(scene.session.wire.peerChoking).toBe(true);
    expect(scene.session.wire.requests).toEqual([]);
    expect(scene.torrent.webSeeds.failingCount).toBe(1);
    seed.answer = give;
    scene.deps.clock.advance(rest - 1);
    await scene.settle();
    expect(fetched.mock.calls).toHaveLength(askedBefore);
    scene.deps.clock.advance(1);
    await scene.until(() => scene.isComplete, 'the torrent');
    expect(await scene.isContentTrue()).toBe(true);
    expect(scene.torrent.webSeeds.failingCount).toBe(0);
  });

  test('again and again rests longer each time, and tells it once', async () => {
    await enter(large);
    const seed = await scene.seed(status(500));
    for (const [failures, rest] of [5_000, 10_000, 20_000, 40_000].entries()) {
      await scene.until(() => seed.asked.length === failures + 1, 'a request');
      await scene.until(() => scene.session.wire.peerChoking, 'the rest');
      scene.deps.clock.advance(rest);
    }
    expect(scene.warnings).toHaveLength(1);
  });

  test('one that is silent for 30 seconds is hung up on, not before', async () => {
    await enter(large);
    const seed = await scene.seed(({ start, end, response }, file) => {
      response.writeHead(206, { 'Content-Length': end - start });
      response.write(file.subarray(start, start + 1_000));
    });
    await scene.until(() => seed.asked.length > 0, 'a request');
    await scene.settle();
    scene.deps.clock.advance(20_000);
    const [first] = seed.asked;
    first!.response.write(large.content.subarray(first!.start + 1_000, first!.start + 20_000));
    await scene.until(() => scene.session.wire.downloaded > 0, 'a block');
    scene.deps.clock.advance(29_999);
    await scene.settle();
    expect(first!.isOver).toBe(false);
    seed.answer = give;
    scene.deps.clock.advance(1);
    await scene.until(() => first!.isOver, 'the end of the request');
    await scene.until(() => scene.warnings.length > 0, 'the warning');
    expect(scene.warnings[0]).toMatch(/sent nothing for 30 seconds.*5 seconds/);
    scene.deps.clock.advance(5_000);
    await scene.until(() => scene.isComplete, 'the torrent');
    expect(await scene.isContentTrue()).toBe(true);
  });

  test('its rest outlives a pause, and ends early when the network is back', async () => {
    await enter(large);
    const seed = await scene.seed(({ response }) => void response.destroy());
    await scene.until(() => scene.warnings.length > 0, 'the warning');
    scene.torrent.pauseTransfers('close');
    scene.torrent.resumeTransfers();
    scene.torrent.webSeeds.open(scene.plan.meta);
    await scene.until(() => [...scene.torrent.sessions].length === 1, 'the seed');
    await scene.settle();
    expect(seed.asked).toHaveLength(1);
    seed.answer = give;
    scene.torrent.webSeeds.wake();
    await scene.until(() => scene.isComplete, 'the torrent');
  });

  test('nothing else stops: another seed gives all of it meanwhile', async () => {
    await enter(large);
    const bad = await scene.seed(status(404));
    const hanging = await scene.seed(() => undefined);
    await scene.until(() => hanging.asked.length === 1 && bad.asked.length === 1, 'requests');
    await scene.seed();
    // What the hanging one was asked for is asked of the other once it is late (block-scheduler.ts).
    await scene.until(() => scene.plan.have.count >= 11, 'what nobody else was asked for');
    scene.deps.clock.advance(6_000);
    // Some at first: what it gives by now is not known after six seconds without a question.
    const owedBlocks = () => [...scene.torrent.sessions].map(({ wire }) => wire.requests.length);
    await scene.until(() => Math.max(...owedBlocks()) === 12, 'the first four blocks');
    scene.deps.clock.advance(3_000);
    await scene.until(() => scene.isComplete, 'the torrent');
    // Nobody waits for it any more.
    await scene.until(() => hanging.asked[0]!.isOver, 'the end of the request');
    expect(scene.warnings).toHaveLength(1);
  });
});

describe('a seed that lacks files', () => {
  /** Those whose path it ends with are not there. */
  const without =
    (isMissing: (path: string) => boolean): Answer =>
    (asked, file) =>
      isMissing(asked.path) ? void asked.response.writeHead(404).end() : give(asked, file);
  /** Pieces that are part of no file but these. */
  const piecesOf = (paths: readonly string[]) => {
    const { map, meta } = scene.plan;
    const pieces = new Set(Array.from({ length: map.pieceCount }, (_, i) => i));
    for (const file of meta.files) {
      const range = map.piecesOf(file);
      const isMeant = paths.some((path) => file.path.endsWith(path));
      for (let i = range?.first ?? 0; !isMeant && range && i <= range.last; i++) pieces.delete(i);
    }
    return pieces;
  };
  const had = () => [...piecesOf([''])].filter((i) => scene.plan.have.has(i));

  test('gives the others, is not asked for that one before its time, and gives it when it has it', async () => {
    await enter(album);
    const seed = await scene.seed(without((path) => path.endsWith('tw ö.bin')));
    const given = [...piecesOf(['one.bin', 'three.bin'])];
    expect(given.length).toBeGreaterThan(1);
    await scene.until(() => had().length === given.length, 'what it has');
    await scene.settle();
    expect(had()).toEqual(given);
    expect(scene.session.wire.peerChoking).toBe(false);
    expect(scene.session.wire.requests).toEqual([]);
    expect(scene.session.wire.amInterested).toBe(false);
    expect(scene.session.isSeed).toBe(false);
    expect(scene.torrent.webSeeds.failingCount).toBe(0);
    expect(scene.warnings).toEqual([
      expect.stringMatching(/does not have one of the files.*5 min/),
    ]);
    const askedFor = () => seed.asked.filter(({ path }) => path.endsWith('tw ö.bin')).length;
    // Requests that were under way together all learn of it.
    const askedBefore = askedFor();
    expect(askedBefore).toBeLessThanOrEqual(4);
    seed.answer = give;
    scene.deps.clock.advance(299_999);
    await scene.settle();
    expect(askedFor()).toBe(askedBefore);
    scene.deps.clock.advance(1);
    await scene.until(() => scene.isComplete, 'the torrent');
    expect(await scene.isContentTrue()).toBe(true);
    expect(scene.torrent.wastedBytes).toBe(0);
    expect(scene.warnings).toHaveLength(1);
  });

  test('what one of them lacks comes of another, and a pause forgets nothing', async () => {
    await enter(album);
    const first = await scene.seed(without((path) => path.endsWith('one.bin')));
    await scene.until(() => scene.warnings.length > 0, 'the warning');
    scene.torrent.pauseTransfers('close');
    scene.torrent.resumeTransfers();
    scene.torrent.webSeeds.open(scene.plan.meta);
    await scene.until(() => had().length === piecesOf(['tw ö.bin', 'three.bin']).size, 'the rest');
    await scene.settle();
    const askedBefore = first.asked.filter(({ path }) => path.endsWith('one.bin')).length;
    await scene.seed(without((path) => path.endsWith('three.bin')));
    await scene.until(() => scene.isComplete, 'the torrent');
    expect(await scene.isContentTrue()).toBe(true);
    expect(first.asked.filter(({ path }) => path.endsWith('one.bin'))).toHaveLength(askedBefore);
  });

  test('what a reader waits for is not asked of it when it is not there', async () => {
    await enter(album);
    scene.torrent.hurry(1, scene.plan.map.piecesOf(scene.plan.meta.files[0]!));
    await scene.seed(without((path) => path.endsWith('one.bin')));
    await scene.until(() => had().length === piecesOf(['tw ö.bin', 'three.bin']).size, 'the rest');
    await scene.seed();
    await scene.until(() => scene.isComplete, 'the torrent');
    expect(await scene.isContentTrue()).toBe(true);
  });

  test('has none of them: a handful of requests, then it rests as a whole', async () => {
    const files = Array.from({ length: 40 }, (_, i) => ({ path: `${i}.bin`, content: 16 * KIB }));
    await enter(makeTorrent({ name: 'folder', pieceLength: 16 * KIB, files }));
    const seed = await scene.seed(without(() => true));
    await scene.until(() => scene.session?.wire.peerChoking && seed.asked.length > 1, 'the rest');
    await scene.until(() => scene.warnings.length === 2, 'the warnings');
    await scene.settle();
    expect(seed.asked).toHaveLength(8);
    expect(scene.session.wire.peerChoking).toBe(true);
    expect(scene.torrent.webSeeds.failingCount).toBe(1);
    seed.answer = give;
    scene.deps.clock.advance(300_000);
    await scene.until(() => scene.isComplete, 'the torrent');
  });

  test('no timer is left of a seed that was let go of', async () => {
    await enter(album);
    await scene.seed(without((path) => path.endsWith('one.bin')));
    await scene.until(() => had().length === piecesOf(['tw ö.bin', 'three.bin']).size, 'the rest');
    scene.torrent.pauseTransfers('close');
    await scene.settle();
    expect(scene.deps.clock.pendingTimers).toBe(0);
  });
});

describe('a server that ignores ranges', () => {
  const whole: Answer = ({ response }, file) => {
    response.writeHead(200, { 'Content-Length': file.length });
    response.end(file);
  };

  test('is taken where the file is small', async () => {
    await enter(album);
    await scene.seed(whole);
    await scene.until(() => scene.isComplete, 'the torrent');
    expect(await scene.isContentTrue()).toBe(true);
    expect(scene.warnings).toEqual([]);
  });

  test('does not make us read a whole large file for a part of it', async () => {
    const far = makeTorrent({ name: 'far.bin', files: 24 * MIB, pieceLength: MIB });
    await enter(far);
    const wanted = scene.plan.have.length - 1;
    for (let i = 0; i < wanted; i++) scene.plan.have.set(i);
    for (let i = 0; i < wanted; i++) scene.torrent.gained(i);
    let sentBytes = 0;
    const seed = await scene.seed(({ response }, file) => {
      response.writeHead(200, { 'Content-Length': file.length });
      const more = () => {
        while (sentBytes < file.length && !response.destroyed) {
          const chunk = file.subarray(sentBytes, (sentBytes += 64 * KIB));
          if (!response.write(chunk)) return void response.once('drain', more);
        }
      };
      more();
    });
    await scene.until(() => scene.warnings.length > 0, 'the warning');
    await scene.until(() => seed.asked[0]!.isOver, 'the end of the request');
    expect(scene.warnings[0]).toMatch(/whole files only/);
    // What lies in the buffers of two sockets.
    expect(sentBytes).toBeLessThan(12 * MIB);
    scene.deps.clock.advance(59 * 60_000);
    await scene.settle();
    expect(seed.asked).toHaveLength(1);
  }, 20_000);
});

test('one that gives what fails its hash is banned, closed, and not asked again', async () => {
  await enter(small);
  const seed = await scene.seed(({ start, end, response }) => {
    response.writeHead(206, { 'Content-Length': end - start }).end(Buffer.alloc(end - start, 7));
  });
  await scene.until(() => scene.torrent.bannedCount === 1, 'the ban');
  await scene.until(() => scene.torrent.wires.length === 0, 'the end');
  await scene.settle();
  expect(scene.failures.length).toBeGreaterThan(0);
  const askedBefore = seed.asked.length;
  scene.torrent.webSeeds.open(scene.plan.meta);
  scene.torrent.webSeeds.wake();
  scene.deps.clock.advance(3_600_000);
  await scene.settle();
  expect(scene.torrent.wires).toHaveLength(0);
  expect(seed.asked).toHaveLength(askedBefore);
  expect(scene.plan.have.count).toBe(0);
  await scene.seed();
  await scene.until(() => scene.isComplete, 'the torrent');
});

test('a URL is one seed however often it is added, and sixteen are enough', async () => {
  await enter(small);
  const seed = await scene.seed();
  const { webSeeds } = scene.torrent;
  webSeeds.add([seed.url, seed.url, ...Array.from({ length: 30 }, (_, i) => `${seed.url}${i}/`)]);
  webSeeds.open(scene.plan.meta);
  webSeeds.open(scene.plan.meta);
  expect(scene.torrent._peers.size).toBe(16);
});
