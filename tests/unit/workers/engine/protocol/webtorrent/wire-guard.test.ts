/** Hostile bytes into a real wire behind the guard: what gets through, and what ends the connection. */
import Wire from 'bittorrent-protocol';
import { expect, test } from 'vitest';
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
  /** Events the wire let through. */
  readonly heard: string[];
  readonly isEnded: () => boolean;
}

/** Guards a wire in the middle of its handshake, as the torrent does, and feeds it the messages in one go. */
async function feed(
  messages: readonly Uint8Array[],
  { pieceCount = PIECES as number | null, type = 'webrtc' } = {},
): Promise<Guarded> {
  const wire = new (Wire as new (type: string) => Wire)(type);
  const violations: string[] = [];
  const heard: string[] = [];
  let isEnded = false;
  wire.on('handshake', () => {
    guardWire(wire, {
      pieceCount: () => pieceCount,
      onViolation: (reason) => violations.push(reason),
    });
  });
  for (const name of ['have', 'bitfield', 'request', 'extended', 'unchoke']) {
    wire.on(name, (first: unknown) => heard.push(name === 'have' ? `have ${String(first)}` : name));
  }
  wire.on('error', () => undefined);
  wire.on('finish', () => {
    isEnded = true;
  });
  wire.on('data', () => undefined);
  // Unchoked from our side: a choked peer's requests are not even queued.
  wire.unchoke();
  wire.write(Buffer.concat([handshake, ...messages]));
  await settled();
  return { violations, heard, isEnded: () => isEnded };
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

/** `d1:ad1:ad1:a…`, a thousand deep. */
const bomb = Buffer.from(`${'d1:a'.repeat(1000)}i1e${'e'.repeat(1000)}`);

test.each<[string, Buffer, string]>([
  ['a message of 2 MiB', u32(2 * 1024 * 1024), 'a message of 2097152 bytes'],
  ['a message of 4 GiB', u32(0xffff_ffff), 'a message of 4294967295 bytes'],
  ['a bitfield that is too long', bitfield(4), 'a bitfield of 4 bytes'],
  ['a bitfield that is too short', bitfield(2), 'a bitfield of 2 bytes'],
  ['a piece past the end', have(PIECES), `a piece number of ${PIECES}`],
  [
    'a piece so far past the end that it is read as negative',
    have(0xffff_ffff),
    'a piece number of -1',
  ],
  ['a request of a negative piece', message(6, u32(0xffff_ffff, 0, 16_384)), 'a malformed request'],
  ['a request before the piece', message(6, u32(1, 0xffff_c000, 16_384)), 'a malformed request'],
  ['a request of a negative length', message(6, u32(1, 0, 0xffff_ffff)), 'a malformed request'],
  ['a bencode bomb', extended(bomb), 'a malformed extension handshake'],
  [
    'a string that claims too much',
    extended(Buffer.from('d1:a99999:xe')),
    'a malformed extension handshake',
  ],
  [
    'a negative string length',
    extended(Buffer.from('d1:a-1:xe')),
    'a malformed extension handshake',
  ],
  [
    'a huge extension handshake',
    extended(bencode({ v: 'x'.repeat(70_000) })),
    'a malformed extension handshake',
  ],
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

test('a peer that asks for more than 512 blocks at once is disconnected', async () => {
  const guarded = await feed(Array.from({ length: 600 }, () => request(0)));
  expect(guarded.heard).toHaveLength(512);
  expect(guarded.violations).toEqual(['too many requests at once']);
});

test.each<[string, Buffer, number]>([
  ['a bitfield as of the largest torrent', bitfield(2_097_152 / 8), 0],
  ['a longer bitfield', bitfield(2_097_152 / 8 + 1), 1],
  ['the last piece of the largest torrent', have(2_097_151), 0],
  ['a piece beyond', have(2_097_152), 1],
])('before the metadata is known: %s', async (_, bytes, violations) => {
  expect((await feed([bytes], { pieceCount: null })).violations).toHaveLength(violations);
});

test('a web seed, whose messages we make ourselves, may answer a large piece', async () => {
  const guarded = await feed([u32(8 * 1024 * 1024)], { type: 'webSeed' });
  expect(guarded.violations).toEqual([]);
});
