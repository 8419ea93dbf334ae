/** ut_metadata (BEP 9) against peers that tell the truth and peers that do not. */
import type Wire from 'bittorrent-protocol';
import { expect, test } from 'vitest';
import { MetadataExchange } from '../../../../../../workers/engine/protocol/metadata-exchange.ts';
import {
  metadataExtension,
  type MetadataWire,
} from '../../../../../../workers/engine/protocol/webtorrent/metadata-extension.ts';
import { FakeClock, until } from '../../../../../support/fake-clock.ts';
import { bencode, seededBytes, sha1, type Bencodable } from '../../../../../support/torrents.ts';

const PIECE = 16_384;
const info = seededBytes(2 * PIECE + 100, 1);
const hash = sha1(info).toString('hex');

class FakeWire {
  readonly extendedHandshake: Record<string, unknown> = {};
  readonly sent: Buffer[] = [];
  isDestroyed = false;
  isDeaf = false;
  #onClose: () => void = () => {};

  once(_: 'close', listener: () => void): void {
    this.#onClose = listener;
  }

  extended(name: string, bytes: Uint8Array): void {
    if (this.isDeaf || name !== 'ut_metadata') throw new Error(`Unrecognized extension: ${name}`);
    this.sent.push(Buffer.from(bytes));
  }

  destroy(): void {
    this.isDestroyed = true;
    this.#onClose();
  }
}

/** A torrent that knows `known`, or is to learn what hashes to `infoHash`, and one of its wires. */
function joined(known: Uint8Array | null, infoHash = hash) {
  const learned: string[] = [];
  const clock = new FakeClock();
  const exchange = new MetadataExchange<MetadataWire>({
    infoHash,
    clock,
    onMetadata(bytes: Uint8Array) {
      learned.push(sha1(bytes).toString('hex'));
      source.infoBytes = bytes;
    },
    onLiar: ({ wire }) => wire.destroy(),
  });
  const source = { infoBytes: known, exchange };
  const Extension = metadataExtension(source);
  return { clock, exchange, learned, join: () => onWire(Extension), ...onWire(Extension) };
}

function onWire(Extension: ReturnType<typeof metadataExtension>) {
  const wire = new FakeWire();
  const extension = new Extension(wire as unknown as Wire);
  const say = (header: Bencodable, data: Uint8Array = new Uint8Array()) =>
    extension.onMessage!(Buffer.concat([bencode(header), data]));
  const handshake = (metadata_size: unknown) =>
    extension.onExtendedHandshake!({ metadata_size, m: { ut_metadata: 1 } });
  return { wire, extension, say, handshake };
}

const piecesOf = (bytes: Uint8Array) =>
  [0, 1, 2].map((piece) => bytes.subarray(piece * PIECE, (piece + 1) * PIECE));
const requests = (count: number) =>
  Array.from({ length: count }, (_, piece) => bencode({ msg_type: 0, piece }));

test('our handshake names the size of what we know, and nothing when we know nothing', () => {
  expect(joined(info).wire.extendedHandshake['metadata_size']).toBe(info.length);
  expect(joined(null).wire.extendedHandshake).not.toHaveProperty('metadata_size');
});

test('the metadata is asked for piece by piece, taken in any order, and passed on when it hashes right', async () => {
  const { wire, learned, say, handshake } = joined(null);
  handshake(info.length);
  expect(wire.sent).toEqual(requests(3));
  for (const piece of [2, 0, 1]) {
    expect(learned).toEqual([]);
    say({ msg_type: 1, piece, total_size: info.length }, piecesOf(info)[piece]);
  }
  await until(() => learned.length > 0 || wire.isDestroyed, 'the hash');
  expect(learned).toEqual([hash]);
  expect(wire.isDestroyed).toBe(false);
});

test.each<[string, unknown]>([
  ['0', 0],
  ['negative', -1],
  ['just over 4 MiB', 4 * 1024 * 1024 + 1],
  ['huge', 2 ** 60],
  ['a fraction', 1.5],
  ['not a number', Number.NaN],
  ['text', '1000'],
  ['missing', undefined],
])('a metadata_size that is %s is not asked for', (_, size) => {
  const { wire, handshake } = joined(null);
  handshake(size);
  expect(wire.sent).toEqual([]);
});

test('4 MiB is still asked for, a few pieces at a time', () => {
  const { wire, say, handshake } = joined(null);
  handshake(4 * 1024 * 1024);
  expect(wire.sent).toEqual(requests(8));
  say({ msg_type: 1, piece: 3 }, new Uint8Array(PIECE));
  expect(wire.sent).toEqual(requests(9));
});

test('who knows the metadata asks nobody', () => {
  const { wire, handshake } = joined(info);
  handshake(info.length);
  expect(wire.sent).toEqual([]);
});

test('metadata with another hash ends the connection', async () => {
  const { wire, learned, say, handshake } = joined(null);
  handshake(info.length);
  piecesOf(seededBytes(info.length, 2)).forEach((data, piece) => say({ msg_type: 1, piece }, data));
  await until(() => learned.length > 0 || wire.isDestroyed, 'the hash');
  expect(learned).toEqual([]);
  expect(wire.isDestroyed).toBe(true);
});

test.each<[string, Bencodable, Uint8Array]>([
  ['past the end', { msg_type: 1, piece: 3 }, piecesOf(info)[0]!],
  ['far past the end', { msg_type: 1, piece: 2 ** 40 }, piecesOf(info)[0]!],
  ['negative', { msg_type: 1, piece: -1 }, piecesOf(info)[0]!],
  ['short', { msg_type: 1, piece: 0 }, info.subarray(0, PIECE - 1)],
  ['long', { msg_type: 1, piece: 2 }, info.subarray(0, PIECE)],
  ['empty', { msg_type: 1, piece: 0 }, new Uint8Array()],
  ['a piece number that is text', { msg_type: 1, piece: '0' }, piecesOf(info)[0]!],
  ['of no type', { piece: 0 }, piecesOf(info)[0]!],
])('a data message that is %s is not taken', async (_, header, data) => {
  const { learned, wire, say, handshake } = joined(null);
  handshake(info.length);
  say(header, data);
  piecesOf(info).forEach((good, piece) => say({ msg_type: 1, piece }, good));
  await until(() => learned.length > 0 || wire.isDestroyed, 'the hash');
  expect(learned).toEqual([hash]);
  expect(wire.isDestroyed).toBe(false);
});

test('data that was never asked for is not kept', async () => {
  const { learned, wire, say, handshake } = joined(null);
  const wrong = seededBytes(info.length, 2);
  piecesOf(wrong).forEach((data, piece) => say({ msg_type: 1, piece }, data));
  handshake(info.length);
  piecesOf(info).forEach((data, piece) => say({ msg_type: 1, piece }, data));
  await until(() => learned.length > 0 || wire.isDestroyed, 'the hash');
  expect(learned).toEqual([hash]);
});

test.each([
  ['cut off', 'd8:msg_type'],
  ['a bomb', 'l'.repeat(5000)],
  ['a list', 'li0ee'],
  ['a number', 'i0e'],
  ['a string length without end', '9999999999999999999:'],
  ['a header too long', `d1:a300:${'x'.repeat(300)}8:msg_typei0e5:piecei0ee`],
  ['empty', ''],
])('a header that is %s is ignored', (_, text) => {
  const { wire, extension } = joined(info);
  extension.onMessage!(Buffer.from(text));
  expect(wire.sent).toEqual([]);
  expect(wire.isDestroyed).toBe(false);
});

test('pieces are given to peers that ask', () => {
  const { wire, say } = joined(info);
  [0, 1, 2].forEach((piece) => say({ msg_type: 0, piece }));
  const expected = piecesOf(info).map((data, piece) =>
    Buffer.concat([bencode({ msg_type: 1, piece, total_size: info.length }), data]),
  );
  expect(wire.sent).toEqual(expected);
});

test.each([
  ['past the end', info, 3],
  ['far past the end', info, 2 ** 50],
  ['of what we do not know', null, 0],
])('a request for a piece %s is rejected', (_, known, piece) => {
  const { wire, say } = joined(known);
  say({ msg_type: 0, piece });
  expect(wire.sent).toEqual([bencode({ msg_type: 2, piece })]);
});

test('a peer that asks again and again is soon rejected, so its small requests cannot fill our memory', () => {
  const { wire, say } = joined(info);
  for (let i = 0; i < 1_000; i++) say({ msg_type: 0, piece: i % 3 });
  const answered = wire.sent.filter((message) => message.length > 100);
  expect(answered.length).toBeGreaterThanOrEqual(3);
  expect(answered.length).toBeLessThanOrEqual(12);
  expect(wire.sent.at(-1)!.toString()).toContain('8:msg_typei2e');
});

test('a peer without the extension is not sent anything', () => {
  const { wire, say } = joined(info);
  wire.isDeaf = true;
  expect(() => say({ msg_type: 0, piece: 0 })).not.toThrow();
  expect(wire.sent).toEqual([]);
});

test('a peer that goes on asking for what there is not is not answered any more', () => {
  const { wire, say } = joined(info);
  for (let i = 0; i < 10_000; i++) say({ msg_type: 0, piece: 9 });
  expect(wire.sent.length).toBeLessThanOrEqual(300);
});

test('however often a peer says its handshake, it is asked once', () => {
  const { wire, handshake } = joined(null);
  for (let i = 0; i < 100; i++) handshake(info.length);
  expect(wire.sent).toEqual(requests(3));
});

const LARGEST = 4 * 1024 * 1024;
const LARGEST_PIECES = LARGEST / PIECE;

test('peers that keep back the end of some 4 MiB, each of its own, give way, longest silent first, and the others go on', async () => {
  const { join, learned, wire, say, handshake } = joined(null);
  const block = new Uint8Array(PIECE);
  const liars = Array.from({ length: 6 }, () => join());
  handshake(info.length);
  for (const [i, liar] of liars.entries()) {
    liar.handshake(LARGEST - i);
    for (let piece = 0; piece < LARGEST_PIECES - 1; piece++)
      liar.say({ msg_type: 1, piece }, block);
    if (i % 3 === 0) say({ msg_type: 1, piece: i / 3 }, piecesOf(info)[i / 3]);
  }
  expect(liars.map((liar) => liar.wire.isDestroyed)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  expect(wire.isDestroyed).toBe(false);
  say({ msg_type: 1, piece: 2 }, piecesOf(info)[2]);
  await until(() => learned.length > 0, 'the hash');
  expect(learned).toEqual([hash]);
});

/** An honest peer: it gives what it is asked for, `bytes` of it. */
function giver(peer: ReturnType<typeof onWire>, bytes: Uint8Array) {
  let answered = 0;
  return () => {
    const asked = peer.wire.sent.slice(answered).map((message) => {
      const [, piece] = /5:piecei(\d+)e/.exec(message.toString())!;
      return Number(piece);
    });
    answered = peer.wire.sent.length;
    for (const piece of asked) {
      peer.say({ msg_type: 1, piece }, bytes.subarray(piece * PIECE, (piece + 1) * PIECE));
    }
    return asked.length;
  };
}

const long = seededBytes(40 * PIECE + 7, 3);
const longHash = sha1(long).toString('hex');

test('three peers share the work: each piece is sent once, and none of them sends most', async () => {
  const { join, learned } = joined(null, longHash);
  const peers = [join(), join(), join()];
  for (const peer of peers) peer.handshake(long.length);
  const givers = peers.map((peer) => giver(peer, long));
  while (givers.reduce((sum, give) => sum + give(), 0) > 0);
  await until(() => learned.length > 0, 'the hash');
  expect(learned).toEqual([longHash]);
  const sent = peers.map(({ wire }) => wire.sent.length);
  expect(sent.reduce((sum, count) => sum + count)).toBe(41);
  expect(Math.max(...sent)).toBeLessThan(25);
});

test('of two who share it one lies: it is found, blamed and closed, and the metadata comes', async () => {
  const { join, learned, clock } = joined(null, longHash);
  const [honest, liar] = [join(), join()];
  honest.handshake(long.length);
  liar.handshake(long.length);
  const givers = [giver(honest, long), giver(liar, seededBytes(long.length, 4))];
  await until(() => {
    for (const give of givers) give();
    clock.advance(1_000);
    return learned.length > 0 || honest.wire.isDestroyed;
  }, 'the hash');
  expect(learned).toEqual([longHash]);
  expect(honest.wire.isDestroyed).toBe(false);
  expect(liar.wire.isDestroyed).toBe(true);
});

test('a peer that takes part and then says nothing does not hold it up', async () => {
  const { join, learned, clock, exchange } = joined(null, longHash);
  const [honest, silent] = [join(), join()];
  silent.handshake(long.length);
  honest.handshake(long.length);
  const give = giver(honest, long);
  while (give() > 0);
  expect(exchange.progress).toEqual({
    receivedBytes: long.length - 8 * PIECE,
    sizeBytes: long.length,
  });
  clock.advance(3_000);
  while (give() > 0);
  await until(() => learned.length > 0, 'the hash');
  expect(silent.wire.isDestroyed).toBe(false);
  expect(clock.pendingTimers).toBe(0);
});

test('a peer that rejects is left alone for a while, and what it owed is asked of others at once', async () => {
  const { join, learned, clock } = joined(null, longHash);
  const rejecting = join();
  rejecting.handshake(long.length);
  expect(rejecting.wire.sent).toHaveLength(8);
  for (let piece = 0; piece < 8; piece++) rejecting.say({ msg_type: 2, piece });
  expect(rejecting.wire.sent).toHaveLength(8);
  clock.advance(9_000);
  expect(rejecting.wire.sent).toHaveLength(8);
  clock.advance(2_000);
  expect(rejecting.wire.sent).toHaveLength(16);
  for (let piece = 0; piece < 8; piece++) rejecting.say({ msg_type: 2, piece });
  const other = join();
  other.handshake(long.length);
  const give = giver(other, long);
  while (give() > 0);
  await until(() => learned.length > 0, 'the hash');
});
