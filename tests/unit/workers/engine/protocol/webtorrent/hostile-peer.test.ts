/**
 * What misbehaving peers may send (tests/fixtures/material/hostile-peer.json), into a real torrent: what becomes of each,
 * and what holds for all of them. Each row comes as it is and once more cut at random.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import material from '../../../../../fixtures/material/hostile-peer.json' with { type: 'json' };
import { withExactHashes } from '../../../../../support/exact-hashes.ts';
import { until } from '../../../../../support/fake-clock.ts';
import { bencode } from '../../../../../support/torrents.ts';
import { between, seededRandom } from '../../../../../support/seeded-random.ts';
import { HostileScene, message, tasks, uint32, wholePiece, type RawPeer } from './hostile-scene.ts';

interface Row {
  readonly id: string;
  readonly phase: string;
  readonly messages_hex: readonly string[];
  readonly expect: string;
  readonly why: string;
  readonly fast?: boolean;
  readonly generate?: {
    readonly id: number;
    readonly payload_prefix_hex?: string;
    readonly payload_byte: string;
    readonly payload_length: number;
  };
  readonly repeat_last?: number;
  readonly repeat_all?: number;
  readonly needs_harness?: boolean;
}

interface Attack {
  readonly row: Row;
  readonly scene: HostileScene;
  readonly peer: RawPeer;
  /** Most of its requests that were kept at once. */
  readonly mostQueued: number;
  /** The longest that another task had to wait for its turn, while the bytes came and after the last. */
  readonly answerMs: number;
}

const rows: readonly Row[] = material.vectors;
const MIB = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** What the table tells in words. */
const SAID_REPEATS: Readonly<Record<string, number>> = { 'pex-flood': 5_000 };

const CHOKE = 0;
const UNCHOKE = 1;
const INTERESTED = 2;
const HAVE = 4;
const BITFIELD = 5;
const REQUEST = 6;
const PIECE = 7;
const HAVE_ALL = 14;
const HAVE_NONE = 15;
const REJECT = 16;
const EXTENDED = 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function usedBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What is really in use: buffers go only after their views have. */
async function heldBytes(): Promise<number> {
  for (let round = 0; round < 2; round++) {
    collectGarbage();
    await tasks(1);
  }
  return usedBytes();
}

/** With garbage it may seem more; a collection, which takes long, is only worth it then. */
async function growsLittle(beforeBytes: number): Promise<void> {
  if (usedBytes() - beforeBytes < 32 * MIB) return;
  expect((await heldBytes()) - beforeBytes, 'memory').toBeLessThan(32 * MIB);
}

/** All that the row's peer sends, in the order it is sent. */
function bytesOf(row: Row, isAtRandom: boolean): Buffer {
  // Cut at random it is the cuts that count: a tenth of a flood has enough of them.
  const part = isAtRandom ? 10 : 1;
  const { generate } = row;
  const repeatLast = Math.ceil((row.repeat_last ?? SAID_REPEATS[row.id] ?? 1) / part);
  const repeatAll = Math.ceil((row.repeat_all ?? 1) / part);
  if (row.id === 'allowed-fast-flood') return allowedFastFlood();
  const messages = row.messages_hex.map((hex) => Buffer.from(hex, 'hex'));
  if (generate) {
    const prefix = Buffer.from(generate.payload_prefix_hex ?? '', 'hex');
    const fill = Buffer.alloc(generate.payload_length, generate.payload_byte, 'hex');
    messages.push(message(generate.id, prefix, fill));
  }
  const last = messages.at(-1) ?? Buffer.alloc(0);
  const tail = Buffer.alloc(last.length * (repeatLast - 1), last);
  const once = Buffer.concat([...messages, tail]);
  return once.length ? Buffer.alloc(once.length * repeatAll, once) : once;
}

/** "Repeat with rising index": over the torrent's pieces again and again, none of which is wrong by itself. */
function allowedFastFlood(): Buffer {
  return Buffer.concat(Array.from({ length: 10_000 }, (_, i) => message(17, uint32(i % 10))));
}

/** Ends of the chunks in which the bytes come. */
function cut(length: number, isAtRandom: boolean, seed: number): number[] {
  const random = seededRandom(seed);
  const most = isAtRandom ? Math.max(7, Math.ceil(length / 200)) : CHUNK_BYTES;
  const ends: number[] = [];
  for (let at = 0; at < length;) {
    at = Math.min(length, at + (isAtRandom ? between(random, 1, most) : most));
    ends.push(at);
  }
  return ends;
}

const troubles: unknown[] = [];
const noteTrouble = (trouble: unknown) => troubles.push(trouble);
beforeAll(() => {
  process.on('uncaughtException', noteTrouble).on('unhandledRejection', noteTrouble);
});
afterAll(() => {
  process.off('uncaughtException', noteTrouble).off('unhandledRejection', noteTrouble);
});

/** Sends the bytes, a task for each chunk as from a data channel, and watches that every task gets its turn. */
async function attack(row: Row, scene: HostileScene, isAtRandom: boolean): Promise<Attack> {
  const peer = await scene.hostile({
    hasFast: row.fast ?? true,
    hasExtensions: row.id !== 'meta-data-before-handshake',
  });
  const bytes = bytesOf(row, isAtRandom);
  let mostQueued = 0;
  let from = 0;
  let answerMs = 0;
  for (const end of cut(bytes.length, isAtRandom, rows.indexOf(row) + 1)) {
    const sentMs = performance.now();
    peer.send(bytes.subarray(from, end));
    from = end;
    await tasks(1);
    mostQueued = Math.max(mostQueued, ...scene.wires.map((wire) => wire.peerRequests.length));
    answerMs = Math.max(answerMs, performance.now() - sentMs);
  }
  const endMs = performance.now();
  await tasks(5);
  return {
    row,
    scene,
    peer,
    mostQueued,
    answerMs: Math.max(answerMs, performance.now() - endMs),
  };
}

const dropped = ({ peer }: Attack) => expect(peer.isDropped).toBe(true);
const kept = ({ peer }: Attack) => expect(peer.isDropped).toBe(false);
const nothingGiven = ({ peer }: Attack) => expect(peer.count(PIECE)).toBe(0);
const nothingTaken = ({ scene }: Attack) => {
  expect(scene.plan!.have.count).toBe(0);
  expect(scene.torrent.down.totalBytes).toBe(0);
};
/** It has not been asked for anything, or only for a little, however often it said so. */
const askedFor = (id: number, most: number) => (it: Attack) =>
  expect(it.peer.count(id)).toBeLessThanOrEqual(most);
const all =
  (...checks: readonly ((attack: Attack) => void)[]) =>
  (attack: Attack) =>
    checks.forEach((check) => check(attack));
const prototypesAreClean = () => {
  const names = Object.getOwnPropertyNames(Object.prototype);
  expect(names.filter((name) => ['1', '2', 'ut_metadata'].includes(name))).toEqual([]);
  expect({}.constructor).toBe(Object);
};

/** What each wish of the table means here; the check of a row is found by its wish. */
const CHECKS: Readonly<Record<string, (attack: Attack) => void>> = {
  'disconnect at once': dropped,
  disconnect: dropped,
  'disconnect, memory bounded': dropped,
  ignore: kept,
  'ignore or disconnect': kept,
  'disconnect or ignore': dropped,
  'ignore the spare bits or disconnect': kept,
  'ignore or reject': all(kept, nothingGiven, (it) => expect(it.peer.count(REJECT)).toBe(1)),
  'reject or disconnect': all(dropped, nothingGiven),
  'bounded queue: reject above the limit': all(nothingGiven, (it) => {
    expect(it.mostQueued).toBeLessThanOrEqual(512);
    expect(it.peer.count(REJECT)).toBeGreaterThan(0);
    expect(it.peer.count(REJECT)).toBeLessThanOrEqual(4_096);
  }),
  'ignore, not written, not counted as useful': all(kept, nothingTaken),
  survive: kept,
  'survive, CPU bounded': kept,
  bounded: askedFor(EXTENDED, 400),
  'survive, prototypes unchanged': all(kept, prototypesAreClean),
  'survive within 100 ms and 10 MB': all(kept, (it) => expect(it.answerMs).toBeLessThan(100)),
  'survive within 100 ms': all(kept, (it) => expect(it.answerMs).toBeLessThan(100)),
  'no 10 MB allocation per peer: limit 4 MiB or less, and share one buffer between peers': all(
    kept,
    askedFor(EXTENDED, 1),
  ),
  'hash fails: retry elsewhere, then drop': dropped,
  'ignore total_size or drop': kept,
  // Our handshake, and one request for the only piece.
  'bounded retries': askedFor(EXTENDED, 2),
  reject: all(kept, (it) => {
    const last = it.peer.messages.at(-1)!;
    expect(last.body.toString('latin1')).toBe('\u0001d8:msg_typei2e5:piecei99999ee');
  }),
};

/** The four things that hold whatever a peer does. */
async function holdsAlways(it: Attack, beforeBytes: number): Promise<void> {
  expect(it.answerMs, 'the engine answers').toBeLessThan(1_000);
  await growsLittle(beforeBytes);
  it.scene.honest();
  await until(() => it.scene.isComplete, 'the torrent');
  expect(it.scene.isContentTrue).toBe(true);
  await tasks(2);
  expect(troubles, 'exceptions').toEqual([]);
}

describe.each([
  ['as it comes', false],
  ['cut at random', true],
])('%s', (_, isAtRandom) => {
  let beforeBytes = 0;
  beforeAll(async () => {
    beforeBytes = await heldBytes();
  });

  test.each(rows.filter(({ needs_harness }) => !needs_harness))(
    '$id: $expect',
    async (row) => {
      const scene = await HostileScene.enter(row.phase as 'open' | 'magnet');
      const it = await attack(row, scene, isAtRandom);
      if (row.id === 'meta-data-unasked') await until(() => it.peer.isDropped, 'the hash');
      CHECKS[row.expect]!(it);
      await holdsAlways(it, beforeBytes);
      await scene.leave();
    },
    20_000,
  );
});

test('every row of the table is run', () => {
  expect(rows).toHaveLength(material.counts.vectors);
  expect(rows.filter(({ needs_harness }) => needs_harness).map(({ id }) => id)).toEqual([
    'piece-corrupt',
  ]);
  expect(material.always).toHaveLength(4);
});

describe('a peer that answers real requests', () => {
  /** Claims everything, unchokes, and does with each request what `answer` says. */
  async function answering(
    scene: HostileScene,
    answer: (peer: RawPeer, request: Buffer) => void,
    hasFast = true,
  ): Promise<RawPeer> {
    const peer = await scene.hostile({ hasFast });
    peer.send(message(BITFIELD, Buffer.from([0xff, 0xc0])), message(UNCHOKE));
    let answered = 0;
    peer.onHeard = () => {
      const requests = peer.messages.filter(({ id }) => id === REQUEST);
      for (const { body } of requests.slice(answered)) {
        answered++;
        answer(peer, body);
      }
    };
    await tasks(3);
    return peer;
  }

  test('piece-corrupt: wrong bytes are refused, never marked, and their only sender is banned for the third', async () => {
    // The bound is counted in turns, so hashes must not take longer on a busy machine.
    await withExactHashes(async () => {
      const scene = await HostileScene.enter('open');
      let dueTasks = 0;
      const peer = await answering(scene, (liar, request) => {
        const wrong = Buffer.alloc(request.readUInt32BE(8), 0xee);
        const answer = message(PIECE, request.subarray(0, 8), wrong);
        // One block after another, as over a network: what it is blamed for must not all be under way at once.
        void tasks((dueTasks += 20)).then(() => liar.send(answer));
      });
      await until(() => peer.isDropped, 'the ban');
      expect(scene.failures.length).toBeGreaterThan(0);
      expect(scene.failures.length).toBeLessThanOrEqual(5);
      expect(scene.plan!.have.count).toBe(0);
      expect(scene.torrent.bannedCount).toBe(1);
      scene.honest();
      await until(() => scene.isComplete, 'the torrent');
      expect(scene.isContentTrue).toBe(true);
      await scene.leave();
    });
  });

  test.each<[string, boolean, (peer: RawPeer, request: Buffer) => void]>([
    ['rejects', true, (peer, request) => peer.send(message(REJECT, request))],
    ['chokes and unchokes', false, (peer) => peer.send(message(CHOKE), message(UNCHOKE))],
    [
      'says that it has lost the piece, and that it has it',
      true,
      (peer, request) => {
        const index = request.subarray(0, 4);
        peer.send(message(EXTENDED, Buffer.from([2]), index), message(HAVE, index));
      },
    ],
  ])('who only %s is asked a bounded number of times, then dropped', async (_, hasFast, answer) => {
    const scene = await HostileScene.enter('open');
    const beforeBytes = await heldBytes();
    const peer = await answering(scene, answer, hasFast);
    await until(() => peer.isDropped, 'the end');
    expect(peer.count(REQUEST)).toBeGreaterThan(100);
    expect(peer.count(REQUEST)).toBeLessThan(2_000);
    await growsLittle(beforeBytes);
    scene.honest();
    await until(() => scene.isComplete, 'the torrent');
    await scene.leave();
  });
});

test('who asks for much and reads nothing is owed a bounded amount', async () => {
  const scene = await HostileScene.enter('open', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const beforeBytes = await heldBytes();
  const peer = await scene.hostile();
  peer.send(message(INTERESTED));
  await tasks(3);
  peer.stopReading();
  const requests = Array.from({ length: 1_000 }, (_, i) =>
    message(REQUEST, uint32(i % 9, i, 15_000)),
  );
  for (let round = 0; round < 20 && !peer.isDropped; round++) {
    peer.send(Buffer.concat(requests));
    await tasks(2);
    await growsLittle(beforeBytes);
  }
  expect(peer.isDropped).toBe(true);
  await scene.leave();
}, 20_000);

test('without the fast extension, asking for what we lack ends the connection', async () => {
  const scene = await HostileScene.enter('open', [0]);
  const peer = await scene.hostile({ hasFast: false });
  peer.send(message(INTERESTED));
  await until(() => peer.count(UNCHOKE) === 1, 'the unchoke');
  peer.send(message(REQUEST, uint32(0, 0, 16_384)));
  await until(() => peer.count(PIECE) === 1, 'the block');
  expect(peer.messages.at(-1)!.body.subarray(8)).toEqual(Buffer.from(wholePiece(0)));
  peer.send(message(REQUEST, uint32(1, 0, 16_384)));
  await until(() => peer.isDropped, 'the end');
  await scene.leave();
});

test('twelve peers that each send almost 4 MiB of false metadata of another size, all but the end, hold a bounded amount', async () => {
  const scene = await HostileScene.enter('magnet');
  const beforeBytes = await heldBytes();
  const data = Buffer.alloc(16_384, 7);
  const peers: RawPeer[] = [];
  for (let i = 0; i < 12; i++) {
    const peer = await scene.hostile();
    peers.push(peer);
    const size = 4 * MIB - i;
    const handshake = bencode({ m: { ut_metadata: 1 }, metadata_size: size });
    peer.send(message(EXTENDED, Buffer.from([0]), handshake));
    for (let piece = 0; piece < 255; piece++) {
      const header = bencode({ msg_type: 1, piece, total_size: size });
      peer.send(message(EXTENDED, Buffer.from([1]), header, data));
    }
    await tasks(3);
  }
  await growsLittle(beforeBytes);
  expect(peers.filter(({ isDropped }) => isDropped).length).toBeGreaterThanOrEqual(8);
  scene.honest();
  await until(() => scene.isComplete, 'the torrent');
  await scene.leave();
}, 20_000);

test('HAVE NONE after HAVE ALL is believed', async () => {
  const scene = await HostileScene.enter('open');
  const peer = await scene.hostile();
  peer.send(message(HAVE_ALL));
  await tasks(3);
  const [session] = scene.torrent.sessions;
  expect(session!.isSeed).toBe(true);
  peer.send(message(HAVE_NONE));
  await tasks(3);
  expect(session!.pieces.count).toBe(0);
  expect(scene.torrent.scheduler!.isInteresting(session!.view)).toBe(false);
  await scene.leave();
});

test.each<[string, Buffer]>([
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['messages before a handshake', message(UNCHOKE)],
  ['another torrent', Buffer.from(`\u0013BitTorrent protocol${'x'.repeat(48)}`)],
])('%s ends the connection', async (_, bytes) => {
  const scene = await HostileScene.enter('open');
  const peer = scene.stranger();
  peer.send(bytes);
  await until(() => peer.isDropped, 'the end');
  await scene.leave();
});
