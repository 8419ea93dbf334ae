import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ActivePiece, BLOCK_LENGTH } from '../../../../../workers/engine/protocol/active-piece.ts';
import { seededBytes } from '../../../../support/torrents.ts';

const LENGTH = 3 * BLOCK_LENGTH + 100;
const block = (fill: number, lengthBytes = BLOCK_LENGTH) => new Uint8Array(lengthBytes).fill(fill);

test('the last block is as short as the piece leaves it', () => {
  const piece = new ActivePiece(7, new Uint8Array(LENGTH));
  expect(piece.blockCount).toBe(4);
  expect([0, 1, 2, 3].map((b) => piece.blockLength(b))).toEqual([
    BLOCK_LENGTH,
    BLOCK_LENGTH,
    BLOCK_LENGTH,
    100,
  ]);
});

test('free blocks are given out in order, each once', () => {
  const piece = new ActivePiece(0, new Uint8Array(LENGTH));
  const given: number[] = [];
  for (let free = piece.freeBlock(); free >= 0; free = piece.freeBlock()) {
    given.push(free);
    piece.ask(free, 'a', 0);
  }
  expect(given).toEqual([0, 1, 2, 3]);
});

test('a block whose ask came to nothing is free again', () => {
  const piece = new ActivePiece(0, new Uint8Array(LENGTH));
  piece.ask(0, 'a', 0);
  piece.forget(0, 'b');
  expect(piece.freeBlock()).toBe(1);
  piece.forget(0, 'a');
  expect(piece.freeBlock()).toBe(0);
});

test('others that were asked for a block are told from the one that gave it', () => {
  const piece = new ActivePiece(0, new Uint8Array(BLOCK_LENGTH));
  piece.ask(0, 'a', 0);
  piece.ask(0, 'b', 10);
  expect(piece.othersAsked(0, 'a')).toEqual(['b']);
});

test('a block that is here is not free, and its asks keep nobody waiting', () => {
  const piece = new ActivePiece(0, new Uint8Array(BLOCK_LENGTH));
  piece.ask(0, 'a', 7);
  expect(piece.waitingSinceMs).toBe(7);
  piece.put(0, block(1), 'a');
  expect([piece.waitingSinceMs, piece.isIdle]).toEqual([null, true]);
  piece.forget(0, 'a');
  expect(piece.freeBlock()).toBe(-1);
  expect([piece.isComplete, piece.giverOf(0)]).toEqual([true, 'a']);
});

test('all that one peer gave can be dropped: it is free again, the rest stays', () => {
  const piece = new ActivePiece(0, new Uint8Array(LENGTH));
  for (const [b, giver] of ['a', 'b', 'a'].entries()) {
    piece.ask(b, giver, 0);
    piece.put(b * BLOCK_LENGTH, block(b), giver);
  }
  piece.put(3 * BLOCK_LENGTH, block(3, 100), 'a');
  expect([piece.receivedBytes, piece.isComplete]).toEqual([LENGTH, true]);
  expect(piece.drop('a')).toBe(2 * BLOCK_LENGTH + 100);
  expect([piece.receivedBytes, piece.missingBlocks]).toEqual([BLOCK_LENGTH, 3]);
  expect([...piece.sources]).toEqual(['b']);
  expect([piece.freeBlock(), piece.giverOf(0), piece.giverOf(1)]).toEqual([0, null, 'b']);
  expect(piece.drop('a')).toBe(0);
});

test.each([
  ['beside a block boundary', 1, BLOCK_LENGTH],
  ['past the end of the piece', 4 * BLOCK_LENGTH, BLOCK_LENGTH],
  ['shorter than the block', 0, BLOCK_LENGTH - 1],
  ['shorter than the last block', 3 * BLOCK_LENGTH, 99],
])('bytes %s are not taken', (_, offset, lengthBytes) => {
  const piece = new ActivePiece(0, new Uint8Array(LENGTH));
  expect(piece.put(offset, block(9, lengthBytes), 'a')).toBe(0);
  expect(piece.missingBlocks).toBe(4);
  expect(piece.sources.size).toBe(0);
  expect(piece.bytes.every((byte) => byte === 0)).toBe(true);
});

test('a peer that only repeats what is here is no source of the piece', () => {
  const piece = new ActivePiece(0, new Uint8Array(LENGTH));
  expect(piece.put(0, block(1), 'a')).toBe(BLOCK_LENGTH);
  expect(piece.put(0, block(2), 'b')).toBe(0);
  expect([...piece.sources]).toEqual(['a']);
  expect(piece.bytes[0]).toBe(1);
});

test('runs of blocks in any order and overlap: a block never changes once here, and missingBlocks counts the rest', () => {
  const run = fc.record({ first: fc.nat({ max: 5 }), count: fc.integer({ min: 1, max: 6 }) });
  const lengths = fc.integer({ min: 1, max: 6 * BLOCK_LENGTH });
  fc.assert(
    fc.property(lengths, fc.array(run, { maxLength: 12 }), (lengthBytes, runs) => {
      const piece = new ActivePiece(0, new Uint8Array(lengthBytes));
      const expected = new Uint8Array(lengthBytes);
      const here = new Set<number>();
      runs.forEach(({ first, count }, seed) => {
        const start = first * BLOCK_LENGTH;
        const bytes = seededBytes(
          Math.max(0, Math.min(count * BLOCK_LENGTH, lengthBytes - start)),
          seed,
        );
        let newBytes = 0;
        for (let b = first; b < Math.min(first + count, piece.blockCount); b++) {
          if (here.has(b)) continue;
          here.add(b);
          const from = (b - first) * BLOCK_LENGTH;
          expected.set(bytes.subarray(from, from + BLOCK_LENGTH), b * BLOCK_LENGTH);
          newBytes += piece.blockLength(b);
        }
        expect(piece.put(start, bytes, `peer ${seed}`)).toBe(newBytes);
      });
      expect(piece.missingBlocks).toBe(piece.blockCount - here.size);
      expect(Buffer.compare(piece.bytes, expected)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('a block that is given up is found again, also before blocks found since', () => {
  const piece = new ActivePiece(0, new Uint8Array(4 * BLOCK_LENGTH));
  for (const block of [0, 1, 2]) piece.ask(piece.freeBlock(), `peer ${block}`, 0);
  expect(piece.freeBlock()).toBe(3);
  piece.forget(1, 'peer 1');
  expect(piece.freeBlock()).toBe(1);
  piece.ask(1, 'peer 3', 0);
  expect(piece.freeBlock()).toBe(3);
});

test('an ask that was made anew is as old as it is, whatever was asked before it', () => {
  const piece = new ActivePiece(0, new Uint8Array(BLOCK_LENGTH));
  piece.ask(0, 'a', 0);
  piece.forget(0, 'a');
  piece.ask(0, 'b', 4_000);
  expect(piece.waitingSinceMs).toBe(4_000);
});
