/** What a failed torrent does until its time is over, what a script is told meanwhile, and what a person may. */
import { describe, expect, it, test, vi } from 'vitest';
import type { CoolingTorrent } from '../../../../../workers/contract/cooldown.ts';
import type { StreamEvent } from '../../../../../workers/contract/stream.ts';
import type { CooldownRecord } from '../../../../../workers/engine/model/cooldown-store.ts';
import { settled } from '../../../../support/fake-clock.ts';
import { emptyDisk } from '../../../../support/fake-storage.ts';
import { makeTorrent } from '../../../../support/torrents.ts';
import { file, gate, hash, magnet, Scene } from './session-scene.ts';

const S = 1_000;
const START_MS = Date.UTC(2026, 10, 20);
const magnetOf = (n: number) =>
  ({
    kind: 'text',
    text: `magnet:?xt=urn:btih:${n.toString(16).padStart(40, '0')}`,
  }) as const;
const resting = (change: Partial<CooldownRecord> = {}): CooldownRecord => ({
  infoHash: hash,
  name: 'album',
  reason: 'no-peers',
  attempts: 1,
  sinceMs: START_MS - 100 * S,
  untilMs: START_MS + 200 * S,
  ...change,
});

/** Nobody was found for a magnet, 180 s long: it has just begun to rest. */
async function failed(): Promise<Scene> {
  const scene = await Scene.start();
  await scene.session.add(magnet);
  scene.member.peerCount = 0;
  scene.deps.clock.advance(181 * S);
  await settled();
  return scene;
}

describe('a magnet for which nobody is found', () => {
  it('leaves the swarm, says why and for how long, and goes on by itself', async () => {
    const scene = await failed();
    expect(scene.member).toMatchObject({ isPaused: true, pausedPeers: 'close' });
    expect(scene.detail()).toMatchObject({
      state: 'queued',
      health: {
        kind: 'no-peers',
        message: 'Nobody was found who has it. Rill tries again in about 5 minutes.',
        since: expect.stringContaining('2026-11-20T00:03:0'),
      },
    });
    const expected: CoolingTorrent = {
      infoHash: hash,
      name: scene.detail().name,
      reason: 'no-peers',
      retryAfterS: expect.closeTo(300, -1) as number,
      attempts: 1,
      since: scene.detail().health.since,
    };
    expect(scene.session.cooling()).toEqual([expected]);
    expect((await scene.snapshot()).cooling).toEqual([expected]);

    scene.deps.clock.advance(301 * S);
    await settled();
    expect(scene.member.isPaused).toBe(false);
    expect(scene.detail().state).toBe('metadata');
    expect(scene.session.cooling()).toEqual([]);

    // It is looked for as long as before, and fails for the second time.
    scene.deps.clock.advance(181 * S);
    await settled();
    expect(scene.session.cooling()).toMatchObject([{ attempts: 2 }]);
  });

  it.each([
    ['peers that give nothing', 2, null, 'timeout', 600],
    [
      'no connection to any of the peers',
      0,
      'Your network lets nothing through.',
      'connection',
      120,
    ],
  ] as const)('%s', async (_, peers, problem, reason, seconds) => {
    const scene = await Scene.start();
    scene.swarm.connections = () => ({ open: 0, pending: 0, budget: 60, problem: problem as null });
    await scene.session.add(magnet);
    scene.member.peerCount = peers;
    scene.deps.clock.advance(181 * S);
    const [cooling] = scene.session.cooling();
    expect(cooling!.reason).toBe(reason);
    expect(cooling!.retryAfterS).toBeGreaterThan(seconds - 5);
    expect(cooling!.retryAfterS).toBeLessThanOrEqual(seconds);
  });

  it('is not given up while it waits for its turn: the time is what it looked for peers', async () => {
    const scene = await Scene.start();
    await scene.session.changeSettings({ maxActiveMetadata: 1 });
    await scene.session.add(magnetOf(1));
    await scene.session.add(magnetOf(2));
    const passed = async (seconds: number) => {
      for (let s = 0; s < seconds; s += 5) {
        scene.deps.clock.advance(5 * S);
        await settled();
      }
      return scene.session.cooling().map(({ infoHash }) => Number(`0x${infoHash}`));
    };
    // The first makes way for the second after a minute in vain; the second has three of its own.
    expect(await passed(200)).toEqual([]);
    expect(await passed(60)).toEqual([2]);
    expect(scene.session.torrents().map(({ state }) => state)).toEqual(['metadata', 'queued']);
    expect(await passed(130)).toEqual([2, 1]);
  });

  it('does not rest while it is paused, or once it is known what is inside', async () => {
    const scene = await Scene.start();
    await scene.session.add(magnet, { paused: true });
    await scene.session.add(magnetOf(1));
    const other = scene.swarm.member(magnetOf(1).text.slice(-40))!;
    await scene.session.add(file);
    other.peerCount = 0;
    scene.deps.clock.advance(181 * S);
    expect(scene.session.cooling().map(({ infoHash }) => infoHash)).toEqual([other.infoHash]);
  });

  it('is dropped when a person only looked inside, and looked up anew when they ask again', async () => {
    const scene = await Scene.start();
    await scene.session.add(magnet, { hold: true });
    scene.deps.clock.advance(181 * S);
    await settled();
    expect(scene.session.torrents()).toEqual([]);
    expect(scene.member.hasLeft).toBe(true);
    expect((await scene.snapshot()).cooling).toMatchObject([{ infoHash: hash, reason: 'timeout' }]);
    expect(await scene.session.add(magnet, { hold: true })).toMatchObject({ ok: true });
    expect(scene.session.cooling()).toEqual([]);
    expect(scene.swarm.members).toHaveLength(2);
  });
});

describe('while it rests', () => {
  it('a script is told the seconds that are left, a person tries at once', async () => {
    const scene = await failed();
    const refused = { ok: false, error: { kind: 'cooldown', retryAfterS: expect.any(Number) } };
    const { reannounces } = scene.member;
    expect(await scene.session.add(magnet, {}, 'script')).toMatchObject(refused);
    expect(await scene.session.add(file, {}, 'script')).toMatchObject(refused);
    expect(await scene.session.resume(hash, 'script')).toMatchObject(refused);
    expect(await scene.session.reannounce(hash, 'script')).toMatchObject(refused);
    expect(scene.member).toMatchObject({ isPaused: true, reannounces });

    expect(await scene.session.resume(hash)).toEqual({ ok: true, value: null });
    expect(scene.member.isPaused).toBe(false);
    expect(scene.session.cooling()).toEqual([]);
    expect(await scene.session.add(magnet, {}, 'script')).toMatchObject({ ok: true });
  });

  it.each([
    ['adds it again', (scene: Scene) => scene.session.add(magnet)],
    ['asks the trackers', (scene: Scene) => scene.session.reannounce(hash)],
    ['clears it', async (scene: Scene) => scene.session.clearCooldown(hash.toUpperCase())],
    ['clears all', async (scene: Scene) => scene.session.clearCooldown()],
  ])('goes on when a person %s', async (_, act) => {
    const scene = await failed();
    expect(await act(scene)).toMatchObject({ ok: true });
    expect(scene.member.isPaused).toBe(false);
    expect(scene.session.cooling()).toEqual([]);
  });

  it('stays paused when it was paused meanwhile, and rests no longer than it has to', async () => {
    const scene = await failed();
    await scene.session.pause(hash);
    expect(scene.detail().state).toBe('paused');
    scene.deps.clock.advance(301 * S);
    expect(scene.member.isPaused).toBe(true);
    await scene.session.resume(hash);
    expect(scene.member.isPaused).toBe(false);
  });

  it('a removed torrent is not tried by a script that adds it again', async () => {
    const scene = await failed();
    await scene.session.remove(hash, 'delete');
    expect(scene.session.cooling()).toMatchObject([{ infoHash: hash }]);
    expect(await scene.session.add(magnet, {}, 'script')).toMatchObject({
      error: { kind: 'cooldown' },
    });
  });

  it('a reader of what is not here is told too, of what is here is served', async () => {
    const disk = emptyDisk();
    const before = await Scene.start(disk);
    await before.session.add(file);
    await before.deliver(0, 1, 2);
    await before.session.checkpoint();
    await disk.cooldowns.save([resting()]);
    const scene = await Scene.start(disk);
    const read = async (fileIndex: number) => {
      const { port, result } = scene.open(fileIndex, 0, 100);
      expect(await result).toMatchObject({ ok: true });
      const event = await new Promise<StreamEvent>((resolve) => {
        port.onmessage = ({ data }) => resolve(data as StreamEvent);
        port.postMessage({ kind: 'pull' });
      });
      port.close();
      return event;
    };
    expect(await read(0)).toMatchObject({ kind: 'chunk' });
    expect(await read(1)).toMatchObject({
      kind: 'error',
      error: { kind: 'cooldown', retryAfterS: 200 },
    });
  });

  it('a reader is told whose metadata nobody gave', async () => {
    const scene = await failed();
    const { port, result } = scene.open(0);
    expect(await result).toMatchObject({ ok: false, error: { kind: 'cooldown' } });
    port.close();
  });

  it('“Start now” tries at once when a person says it', async () => {
    const scene = await failed();
    await scene.session.change(hash, { isForced: false });
    await scene.session.change(hash, { isForced: true }, 'script');
    expect([scene.member.isPaused, scene.session.cooling().length]).toEqual([true, 1]);
    await scene.session.change(hash, { isForced: true });
    await settled();
    expect([scene.member.isPaused, scene.session.cooling().length]).toEqual([false, 0]);
  });

  it('goes on within a second when its time is made shorter than it has rested', async () => {
    const scene = await failed();
    scene.deps.clock.advance(60 * S);
    await scene.session.changeSettings({ cooldownS: { noPeers: 90, timeout: 1, connection: 1 } });
    expect(scene.session.cooling()).toMatchObject([{ retryAfterS: expect.closeTo(30, -1) }]);
    await scene.session.changeSettings({ cooldownS: { noPeers: 10, timeout: 1, connection: 1 } });
    scene.deps.clock.advance(S);
    await settled();
    expect([scene.member.isPaused, scene.session.cooling()]).toEqual([false, []]);
  });

  it('answers a script in less than a millisecond', async () => {
    const disk = emptyDisk();
    const many = Array.from({ length: 1_000 }, (_, n) => magnetOf(n));
    await disk.cooldowns.save(
      many.map(({ text }) => resting({ infoHash: text.slice(-40) as CooldownRecord['infoHash'] })),
    );
    const { session } = await Scene.start(disk);
    const times: number[] = [];
    for (const source of many) {
      const begun = performance.now();
      const answer = await session.add(source, {}, 'script');
      times.push(performance.now() - begun);
      expect(answer).toMatchObject({ ok: false, error: { kind: 'cooldown', retryAfterS: 200 } });
    }
    times.sort((a, b) => a - b);
    expect(times[500]).toBeLessThan(1);
  });
});

describe('over a restart', () => {
  it('it goes on resting for what is left, and joins then', async () => {
    const disk = emptyDisk();
    await (await Scene.start(disk)).session.add(file);
    await disk.cooldowns.save([resting()]);
    const scene = await Scene.start(disk);
    expect(scene.swarm.members).toEqual([]);
    expect(scene.detail()).toMatchObject({ state: 'queued', health: { kind: 'no-peers' } });
    expect(scene.session.cooling()).toMatchObject([{ retryAfterS: 200, name: 'album' }]);
    scene.deps.clock.advance(201 * S);
    expect(scene.member).toMatchObject({ isPaused: false, wanted: [0, 1, 2, 3, 4, 5] });
  });

  it('what began to rest was written down, and what was cleared is gone', async () => {
    const scene = await failed();
    expect(await scene.storage.cooldowns.read()).toMatchObject([{ infoHash: hash, attempts: 1 }]);
    scene.deps.clock.advance(301 * S);
    // Its failure is kept, to be counted with the next.
    expect(await scene.storage.cooldowns.read()).toMatchObject([{ infoHash: hash, attempts: 1 }]);
    await scene.session.resume(hash);
    expect(await scene.storage.cooldowns.read()).toEqual([]);
  });
});

describe('a script', () => {
  it('adds 15 torrents in a minute, and is told what is left', async () => {
    const { session, deps } = await Scene.start();
    const add = (n: number) => {
      const { torrentBytes } = makeTorrent({ name: `torrent ${n}`, files: 100 });
      return session.add({ kind: 'torrent-file', bytes: torrentBytes }, {}, 'script');
    };
    for (let n = 1; n <= 15; n++) {
      expect(await add(n)).toMatchObject({
        ok: true,
        value: {
          rateLimits: [
            { name: 'adds', limit: 15, windowS: 60, remaining: 15 - n },
            { name: 'metadata', limit: 10, remaining: 10, resetS: 0 },
          ],
        },
      });
    }
    deps.clock.advance(10 * S);
    expect(await add(16)).toMatchObject({
      ok: false,
      error: { kind: 'rate-limited', retryAfterS: 50, rateLimits: [{ remaining: 0 }, {}] },
    });
    expect(session.torrents()).toHaveLength(15);
    // A person is never limited.
    const { torrentBytes } = makeTorrent({ name: 'by hand', files: 100 });
    const byHand = await session.add({ kind: 'torrent-file', bytes: torrentBytes });
    expect(byHand).toEqual({ ok: true, value: { infoHash: expect.any(String), isNew: true } });
    deps.clock.advance(50 * S);
    expect(await add(16)).toMatchObject({ ok: true });
  });

  it('has 10 looked up in a minute; what needs no look-up passes, what was refused does not count', async () => {
    const { session } = await Scene.start();
    await session.changeSettings({ rateLimits: { addsPerMinute: 12, metadataPerMinute: 10 } });
    for (let n = 1; n <= 10; n++) {
      expect(await session.add(magnetOf(n), {}, 'script')).toMatchObject({ ok: true });
    }
    for (let n = 11; n <= 20; n++) {
      expect(await session.add(magnetOf(n), {}, 'script')).toMatchObject({
        error: { kind: 'rate-limited', rateLimits: [{ remaining: 2 }, { remaining: 0 }] },
      });
    }
    expect(await session.add({ kind: 'text', text: 'a film' }, {}, 'script')).toMatchObject({
      error: { kind: 'bad-torrent' },
    });
    expect(await session.add(file, {}, 'script')).toMatchObject({ ok: true });
    // It is here: nobody has to be asked.
    expect(await session.add(magnetOf(1), {}, 'script')).toMatchObject({
      value: { isNew: false, rateLimits: [{ remaining: 0 }, {}] },
    });
    expect(await session.add(file, {}, 'script')).toMatchObject({
      error: { kind: 'rate-limited' },
    });
  });
});

test('addresses that may not be fetched count for nothing, those that are count before they are', async () => {
  const { session } = await Scene.start();
  await session.changeSettings({ rateLimits: { addsPerMinute: 2, metadataPerMinute: 2 } });
  const add = (text: string) => session.add({ kind: 'text', text }, {}, 'script');
  for (let n = 0; n < 5; n++) {
    expect(await add(`https://192.168.1.${n}/a.torrent`)).toMatchObject({
      ok: false,
      error: { kind: expect.not.stringContaining('rate-limited') },
    });
  }
  const fetched = vi.fn(async () => new Response('', { status: 404 }));
  vi.stubGlobal('fetch', fetched);
  try {
    const kinds = [];
    for (let n = 0; n < 3; n++) {
      const answer = await add(`https://seeds.test/${n}.torrent`);
      kinds.push(!answer.ok && answer.error.kind);
    }
    expect(kinds).toEqual(['fetch-failed', 'fetch-failed', 'rate-limited']);
    expect(fetched).toHaveBeenCalledTimes(2);
  } finally {
    vi.unstubAllGlobals();
  }
});

describe('asked for at once', () => {
  it('one torrent is one attempt, and all have an answer when it is saved', async () => {
    const scene = await Scene.start();
    const held = gate();
    scene.storage.holding.set('saveTorrent', held.promise);
    const answers = [magnet, file, magnet].map((source) => scene.session.add(source));
    let isAnswered = false;
    void Promise.race(answers).then(() => (isAnswered = true));
    await settled();
    expect(isAnswered).toBe(false);
    held.resolve();
    const isNew = (await Promise.all(answers)).map((answer) => answer.ok && answer.value.isNew);
    expect(isNew.sort()).toEqual([false, false, true]);
    expect(scene.swarm.members).toHaveLength(1);
    expect(scene.session.torrents()).toHaveLength(1);
  });

  it('an address is fetched once', async () => {
    const scene = await Scene.start();
    const fetched = vi.fn(async () => new Response(new Uint8Array(file.bytes)));
    vi.stubGlobal('fetch', fetched);
    try {
      const source = { kind: 'text', text: 'https://seeds.test/album.torrent' } as const;
      const answers = await Promise.all([scene.session.add(source), scene.session.add(source)]);
      expect(answers.map((answer) => answer.ok)).toEqual([true, true]);
      expect(fetched).toHaveBeenCalledTimes(1);
      expect(scene.swarm.members).toHaveLength(1);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('who adds what is being removed has it afterwards', async () => {
    const scene = await Scene.start();
    await scene.session.add(file);
    const held = gate();
    scene.storage.holding.set('removeTorrent', held.promise);
    const removed = scene.session.remove(hash, 'delete');
    const added = scene.session.add(file);
    await settled();
    expect(scene.session.torrents()).toEqual([]);
    held.resolve();
    expect(await removed).toMatchObject({ ok: true });
    expect(await added).toMatchObject({ value: { isNew: true } });
    expect([...scene.storage.disk.torrents.keys()]).toEqual([hash]);
    expect(scene.member.hasLeft).toBe(false);
  });
});
