/** Hostile bytes into a real wire behind the guard: what gets through, and what ends the connection. */
import Wire from 'bittorrent-protocol';
import { expect, test } from 'vitest';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import { guardWire } from '../../../../../../workers/engine/protocol/webtorrent/wire-guard.ts';
import { settled } from '../../../../../support/fake-clock.ts';
import { bencode } from '../../../../../support/torrents.ts';

const PIECES = 20;
const handshake = Buffer.concat([
  Buffer.from('\u0013BitTorrent protocol'),
  Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 0x04]),
  Buffer.alloc(20, 1),
  Buffer.alloc(20, 2),
]);

function u32(...numbers: number[]): Buffer {
  return Buffer.concat(
    numbers.map((n) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(n);
      return bytes;
    }),
  );
}

function message(id: number, ...body: Uint8Array[]): Buffer {
  const bytes = Buffer.concat([Buffer.from([id]), ...body]);
  return Buffer.concat([u32(bytes.length), bytes]);
}

const have = (index: number) => message(4, u32(index));
const bitfield = (lengthBytes: number) => message(5, Buffer.alloc(lengthBytes));
const request = (index: number) => message(6, u32(index, 0, 16_384));
const extended = (body: Uint8Array) => message(20, Buffer.from([0]), body);

interface Guarded {
  readonly violations: string[];
  /** Lengths of the blocks that nobody asked for. */
  readonly unasked: number[];
  /** Events the wire let through. */
  readonly heard: string[];
  readonly isEnded: () => boolean;
}

/** Guards a wire in the middle of its handshake, as the torrent does, and feeds it the messages in one go. */
async function feed(
  messages: readonly Uint8Array[],
  {
    map = new PieceMap(PIECES * 16_384, 16_384) as PieceMap | null,
    type = 'webrtc',
    prepare = (() => undefined) as (wire: Wire) => void,
  } = {},
): Promise<Guarded> {
  const wire = new (Wire as new (type: string) => Wire)(type);
  const violations: string[] = [];
  const unasked: number[] = [];
  const heard: string[] = [];
  let isEnded = false;
  wire.on('handshake', () => {
    guardWire(wire, {
      map: () => map,
      onUnasked: (lengthBytes) => unasked.push(lengthBytes),
      onViolation: (reason) => violations.push(reason),
    });
  });
  for (const name of ['have', 'bitfield', 'request', 'extended', 'unchoke', 'choke', 'piece']) {
    wire.on(name, (first: unknown) => {
      // A wire that is destroyed says a choke by itself.
      if (name === 'choke' && violations.length) return;
      heard.push(name === 'have' ? `have ${String(first)}` : name);
    });
  }
  wire.on('error', () => undefined);
  wire.on('finish', () => {
    isEnded = true;
  });
  wire.on('data', () => undefined);
  // Unchoked from our side: a choked peer's requests are not even queued.
  wire.unchoke();
  wire.write(handshake);
  await settled();
  prepare(wire);
  wire.write(Buffer.concat(messages));
  await settled();
  return { violations, unasked, heard, isEnded: () => isEnded };
}

test.each<[string, Buffer, string]>([
  ['a HAVE within the torrent', have(PIECES - 1), `have ${PIECES - 1}`],
  ['a bitfield of the right size', bitfield(3), 'bitfield'],
  ['a request', request(0), 'request'],
  ['an extension handshake', extended(bencode({ m: { ut_metadata: 1 } })), 'extended'],
])('%s goes through', async (_, bytes, expected) => {
  const guarded = await feed([bytes]);
  expect(guarded.heard).toEqual([expected]);
  expect(guarded.violations).toEqual([]);
  expect(guarded.isEnded()).toBe(false);
});

test.each<[string, Buffer, string]>([
  ['a message of 2 MiB', u32(2 * 1024 * 1024), 'a message of 2097152 bytes'],
  ['a message of 4 GiB', u32(0xffff_ffff), 'a message of 4294967295 bytes'],
  ['a bitfield that is too long', bitfield(4), 'a bitfield of 4 bytes'],
  ['a bitfield that is too short', bitfield(2), 'a bitfield of 2 bytes'],
  ['a piece past the end', have(PIECES), `a piece number of ${PIECES}`],
  ['a request past the end', request(PIECES), 'a request past the end'],
])('%s ends the connection', async (_, bytes, reason) => {
  const guarded = await feed([bytes]);
  expect(guarded.violations).toEqual([reason]);
  expect(guarded.heard).toEqual([]);
  expect(guarded.isEnded()).toBe(true);
});

test('a message of 1 MiB is still waited for', async () => {
  const guarded = await feed([u32(1024 * 1024)]);
  expect(guarded.violations).toEqual([]);
});

test('after a violation nothing more of what the peer sent is looked at, and it is told once', async () => {
  const liar = u32(2 * 1024 * 1024);
  const guarded = await feed([have(1), liar, have(2), liar, liar, have(PIECES), bitfield(9)]);
  expect(guarded.heard).toEqual(['have 1']);
  expect(guarded.violations).toEqual(['a message of 2097152 bytes']);
});

test('after a bad message nothing that follows it is looked at', async () => {
  const guarded = await feed([have(PIECES), have(1), have(PIECES)]);
  expect(guarded.heard).toEqual([]);
  expect(guarded.violations).toEqual([`a piece number of ${PIECES}`]);
});

test('of more than 512 requests at once the rest is not queued, and a peer that goes on is dropped', async () => {
  const many = await feed(Array.from({ length: 600 }, () => request(0)));
  expect(many.heard).toHaveLength(512);
  expect(many.violations).toEqual([]);
  const flood = await feed(Array.from({ length: 8_000 }, () => request(0)));
  expect(flood.heard).toHaveLength(512);
  expect(flood.violations).toEqual(['much that is of no use']);
  expect(flood.isEnded()).toBe(true);
});

const piece = (index: number, length = 16_384) => message(7, u32(index, 0), Buffer.alloc(length));
const asking = { prepare: (wire: Wire) => wire.request(0, 0, 16_384, () => undefined) };

test.each<[string, Buffer]>([
  ['never', piece(3)],
  ['shorter', piece(0, 100)],
  ['longer', piece(0, 20_000)],
])('a block that was %s asked for reaches nobody', async (_, bytes) => {
  const guarded = await feed([message(1), bytes], asking);
  expect(guarded.heard).toEqual(['unchoke']);
  expect(guarded.unasked).toEqual([bytes.length - 13]);
  expect(guarded.violations).toEqual([]);
});

// Sixteen megabytes could be wasted on a peer before, 1,024 blocks: found by `npm run simulate`.
test('whoever goes on sending blocks that nobody asked for is dropped at the second', async () => {
  const guarded = await feed(Array.from({ length: 1_100 }, () => piece(3, 10)));
  expect(guarded.violations).toEqual(['blocks that it was not asked for']);
  expect(guarded.unasked).toHaveLength(2);
});

test.each<[string, (wire: Wire) => void]>([
  ['cancelled', (wire) => wire.cancel(0, 0, 16_384)],
  ['lost to a choke', (wire) => wire._onChoke()],
])('a block whose request was %s may still come, once for each time', async (_, withdraw) => {
  const guarded = await feed([message(1), ...Array.from({ length: 40 }, () => piece(0))], {
    prepare: (wire) => {
      wire._onMessage(Uint8Array.of(1));
      for (let times = 0; times < 30; times++) {
        wire.request(0, 0, 16_384, () => undefined);
        withdraw(wire);
        wire._onMessage(Uint8Array.of(1));
      }
    },
  });
  expect(guarded.unasked).toHaveLength(32);
});

test('what changes nothing is not passed on', async () => {
  const guarded = await feed([message(0), message(1), message(1), message(0), message(0)]);
  expect(guarded.heard).toEqual(['unchoke', 'choke']);
});

test('a second bitfield is passed over', async () => {
  expect((await feed([bitfield(3), bitfield(3)])).heard).toEqual(['bitfield']);
});

test('claims to have all and nothing come to an end', async () => {
  const claims = Array.from({ length: 40 }, (_, i) => message(14 + (i % 2)));
  const guarded = await feed(claims, { prepare: (wire) => Object.assign(wire, { hasFast: true }) });
  expect(guarded.violations).toEqual(['what it has again and again']);
});

test.each<[string, Buffer]>([
  ['is not bencoded', Buffer.from('d1:a-1:xe')],
  ['is a trap for whoever calls methods of it', Buffer.from('d1:md1:ad8:toStringi1eeee')],
  ['is huge', bencode({ v: 'x'.repeat(70_000) })],
])('an extension handshake that %s breaks nothing and ends nothing', async (_, body) => {
  const guarded = await feed([extended(body), have(1)]);
  expect(guarded.heard.at(-1)).toBe('have 1');
  expect(guarded.violations).toEqual([]);
});

test.each<[string, Buffer, number]>([
  ['a bitfield as of the largest torrent', bitfield(2_097_152 / 8), 0],
  ['a longer bitfield', bitfield(2_097_152 / 8 + 1), 1],
  ['the last piece of the largest torrent', have(2_097_151), 0],
  ['a piece beyond', have(2_097_152), 1],
])('before the metadata is known: %s', async (_, bytes, violations) => {
  expect((await feed([bytes], { map: null })).violations).toHaveLength(violations);
});

test('a web seed, whose messages we make ourselves, may answer a large piece', async () => {
  const guarded = await feed([u32(8 * 1024 * 1024)], { type: 'webSeed' });
  expect(guarded.violations).toEqual([]);
});
