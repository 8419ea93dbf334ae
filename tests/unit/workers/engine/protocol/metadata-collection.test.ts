import { describe, expect, test } from 'vitest';
import {
  LATE_MS,
  METADATA_PIECE_BYTES as PIECE,
  MetadataCollection,
} from '../../../../../workers/engine/protocol/metadata-collection.ts';

const NOW = 1_000_000;

function collection(pieceCount: number, ...peers: readonly string[]): MetadataCollection<string> {
  const made = new MetadataCollection<string>(pieceCount * PIECE);
  for (const peer of peers) made.join(peer);
  return made;
}

/** What is asked now, as `peer:piece`. */
const asks = (from: MetadataCollection<string>, nowMs = NOW) =>
  from.next(nowMs).map(({ peer, piece }) => `${peer}:${piece}`);
const block = () => new Uint8Array(PIECE);

describe('who is asked for what', () => {
  test.each<[string, number, string[], string[]]>([
    ['nobody', 3, [], []],
    ['one peer: all that is short', 3, ['a'], ['a:0', 'a:1', 'a:2']],
    [
      'one peer: no more than it may owe',
      20,
      ['a'],
      ['a:0', 'a:1', 'a:2', 'a:3', 'a:4', 'a:5', 'a:6', 'a:7'],
    ],
    ['two peers: one piece each in turn', 5, ['a', 'b'], ['a:0', 'b:1', 'a:2', 'b:3', 'a:4']],
    ['more peers than pieces', 2, ['a', 'b', 'c'], ['a:0', 'b:1']],
  ])('%s', (_, pieceCount, peers, asked) => {
    const pieces = collection(pieceCount, ...peers);
    expect(asks(pieces)).toEqual(asked);
    expect(asks(pieces)).toEqual([]);
  });

  test('what came makes room for more', () => {
    const pieces = collection(10, 'a');
    asks(pieces);
    expect(pieces.put('a', 5, block())).toBe(true);
    expect(asks(pieces)).toEqual(['a:8']);
  });

  test('who joins later takes what nobody owes', () => {
    const pieces = collection(10, 'a');
    asks(pieces);
    pieces.join('b');
    expect(asks(pieces)).toEqual(['b:8', 'b:9']);
  });

  test('a late piece is asked of somebody else, and of a third when the second is late too', () => {
    const pieces = collection(1, 'a', 'b', 'c');
    expect(asks(pieces)).toEqual(['a:0']);
    expect(asks(pieces, NOW + LATE_MS - 1)).toEqual([]);
    expect(asks(pieces, NOW + LATE_MS)).toEqual(['b:0']);
    expect(asks(pieces, NOW + 2 * LATE_MS - 1)).toEqual([]);
    expect(asks(pieces, NOW + 2 * LATE_MS)).toEqual(['c:0']);
  });

  test('what nobody owes comes before what somebody is late with', () => {
    const pieces = collection(10, 'a');
    asks(pieces);
    pieces.join('b');
    expect(asks(pieces, NOW + LATE_MS).slice(0, 3)).toEqual(['b:8', 'b:9', 'b:0']);
  });

  test('who was late is asked again after a while, three times in all', () => {
    const pieces = collection(1, 'a');
    const asked = [0, 19_999, 20_000, 39_999, 40_000, 60_000, 1e9].map((ms) =>
      asks(pieces, NOW + ms),
    );
    expect(asked.map(({ length }) => length)).toEqual([1, 0, 1, 0, 1, 0, 0]);
  });

  test('who went owes nothing any more', () => {
    const pieces = collection(3, 'a');
    asks(pieces);
    pieces.put('a', 0, block());
    pieces.leave('a');
    pieces.join('b');
    expect(asks(pieces)).toEqual(['b:1', 'b:2']);
    expect(pieces.put('a', 1, block())).toBe(false);
    expect([...pieces.contributors]).toEqual(['a']);
  });
});

describe('who rejects', () => {
  test('is not asked for a while, and others are at once', () => {
    const pieces = collection(3, 'a', 'b');
    expect(asks(pieces)).toEqual(['a:0', 'b:1', 'a:2']);
    expect(pieces.rejected('a', 0, NOW)).toBe(true);
    expect(pieces.rejected('a', 2, NOW)).toBe(true);
    expect(asks(pieces)).toEqual(['b:0', 'b:2']);
  });

  test('is asked more and more rarely, then no more', () => {
    const pieces = collection(1, 'a');
    const waits: number[] = [];
    let lastMs = NOW;
    for (let ms = NOW; ms < NOW + 3_600_000; ms += 1_000) {
      if (asks(pieces, ms).length === 0) continue;
      waits.push((ms - lastMs) / 1_000);
      lastMs = ms;
      pieces.rejected('a', 0, ms);
    }
    expect(waits).toEqual([0, 10, 20]);
  });

  test.each([
    ['of what it was not asked for', 'a', 8],
    ['again', 'a', 0],
    ['without being one of the peers', 'x', 0],
    ['of a piece that is none', 'a', 1e9],
  ])('%s changes nothing', (_, peer, piece) => {
    const pieces = collection(9, 'a');
    asks(pieces);
    pieces.rejected('a', 0, NOW);
    expect(pieces.rejected(peer, piece, NOW)).toBe(false);
  });
});

test.each([
  ['past the end', 3, PIECE],
  ['of the wrong length', 0, PIECE - 1],
  ['longer', 0, PIECE + 1],
  ['empty', 0, 0],
  ['negative', -1, PIECE],
  ['no whole number', 0.5, PIECE],
])('data that is %s is not taken', (_, piece, length) => {
  const pieces = collection(3, 'a');
  asks(pieces);
  expect(pieces.put('a', piece, new Uint8Array(length))).toBe(false);
  expect(pieces.receivedBytes).toBe(0);
});

test('data is taken once, of who was asked, also when it is late', () => {
  const pieces = collection(1, 'a', 'b', 'c');
  asks(pieces);
  asks(pieces, NOW + LATE_MS);
  expect(pieces.put('c', 0, block())).toBe(false);
  expect(pieces.put('a', 0, block())).toBe(true);
  expect(pieces.put('b', 0, block())).toBe(false);
  expect([...pieces.contributors]).toEqual(['a']);
});

test('it is put together from its pieces, the last of which is shorter', () => {
  const pieces = new MetadataCollection<string>(PIECE + 3);
  pieces.join('a');
  asks(pieces);
  expect(() => pieces.assemble()).toThrow('missing');
  pieces.put('a', 1, Uint8Array.of(1, 2, 3));
  expect(pieces.isComplete).toBe(false);
  pieces.put('a', 0, block().fill(9));
  expect(pieces.isComplete).toBe(true);
  expect([...pieces.assemble().subarray(PIECE - 1)]).toEqual([9, 1, 2, 3]);
});
