import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MIN_WRITE_BYTES,
  batchLimit,
  nextBatchPieces,
  takeBatch,
  toRuns,
} from '../../../../../../workers/engine/storage/queue/batch.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const queueOf = (...indexes: number[]) => indexes.map((index) => ({ index }));
const indexesOf = (pieces: readonly { index: number }[]) => pieces.map((piece) => piece.index);
/** Ten pieces to an extent. */
const extentOf = (index: number) => Math.floor(index / 10);

describe('the size of a batch', () => {
  it.each([
    // pieces, took ms, next
    [5, 0, 10],
    [5, 9.9, 10],
    [5, 10, 5],
    [40, 9, 50],
    [50, 1, 50],
    [50, 100, 50],
    [50, 101, 25],
    [25, 500, 12],
    [6, 101, 5],
    [5, 5000, 5],
  ])('after %i pieces in %f ms is %i', (pieces, tookMs, next) => {
    expect(nextBatchPieces(pieces, tookMs)).toBe(next);
  });

  it.each([
    [5, 4 * MIB, 5],
    [5, 256 * KIB, 5],
    [5, 64 * KIB, 16],
    [50, 16 * KIB, 64],
    [50, MIB, 50],
  ])(
    'of %i pieces of %i bytes allows %i, never less than a full-speed write',
    (n, length, limit) => {
      expect(batchLimit(n, length)).toBe(limit);
    },
  );
});

describe('the next batch', () => {
  it.each([
    ['takes the oldest extent in queue order', [12, 3, 19, 11, 4], 9, [12, 19, 11], [3, 4]],
    ['ends at its limit', [5, 1, 4, 2, 3], 3, [5, 1, 4], [2, 3]],
    ['ends before a piece comes again', [5, 6, 5, 7], 9, [5, 6], [5, 7]],
    ['of an empty queue is empty', [], 9, [], []],
  ])('%s', (_, queue, limit, batch, rest) => {
    const taken = takeBatch(queueOf(...queue), extentOf, limit);
    expect(indexesOf(taken.batch)).toEqual(batch);
    expect(indexesOf(taken.rest)).toEqual(rest);
  });

  it('keeps the order of every extent and every piece until the queue is empty', () => {
    const queues = fc.array(fc.integer({ min: 0, max: 39 }), { maxLength: 60 });
    fc.assert(
      fc.property(queues, fc.integer({ min: 1, max: 12 }), (indexes, limit) => {
        let queue = queueOf(...indexes);
        const order: { index: number }[] = [];
        while (queue.length > 0) {
          const { batch, rest } = takeBatch(queue, extentOf, limit);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(limit);
          expect(new Set(indexesOf(batch)).size).toBe(batch.length);
          expect(new Set(batch.map((piece) => extentOf(piece.index))).size).toBe(1);
          order.push(...batch);
          queue = rest;
        }
        for (const extent of [0, 1, 2, 3]) {
          const isOurs = (index: number) => extentOf(index) === extent;
          expect(indexesOf(order).filter(isOurs)).toEqual(indexes.filter(isOurs));
        }
      }),
    );
  });
});

describe('the writes of a batch', () => {
  it.each([
    [
      'contiguous pieces together',
      [3, 1, 2, 7, 8],
      [
        [1, 2, 3],
        [7, 8],
      ],
    ],
    [
      'the oldest piece first',
      [9, 2, 1, 8],
      [
        [8, 9],
        [1, 2],
      ],
    ],
    ['nothing', [], []],
  ])('hold %s', (_, batch, runs) => {
    expect(toRuns(queueOf(...batch), 300 * KIB).map(indexesOf)).toEqual(runs);
  });

  it.each([
    ['evenly', 300, 11, [6, 5]],
    ['into writes of 1 MiB where that can be', 256, 12, [4, 4, 4]],
    ['not where a part would be short', 256, 7, [7]],
    ['into single pieces that are long enough', 1024, 3, [1, 1, 1]],
  ])('are cut %s', (_, pieceKib, count, lengths) => {
    const queue = queueOf(...Array.from({ length: count }, (_, index) => index));
    expect(toRuns(queue, pieceKib * KIB).map((run) => run.length)).toEqual(lengths);
  });

  it('are single pieces when a piece is longer than a write', () => {
    expect(toRuns(queueOf(0, 1), 16 * MIB).map(indexesOf)).toEqual([[0], [1]]);
  });

  it('hold each piece once, and 1 MiB to little over 2 MiB where so much is contiguous', () => {
    const batches = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 80 });
    const pieceLengths = fc.constantFrom(
      16 * KIB,
      64 * KIB,
      256 * KIB,
      700 * KIB,
      3 * MIB,
      9 * MIB,
    );
    fc.assert(
      fc.property(batches, pieceLengths, (indexes, pieceLength) => {
        const runs = toRuns(queueOf(...indexes), pieceLength).map(indexesOf);
        expect(runs.flat().sort((a, b) => a - b)).toEqual([...indexes].sort((a, b) => a - b));
        for (const run of runs) {
          const [first] = run;
          expect(run).toEqual(run.map((_, i) => first! + i));
          const bytes = run.length * pieceLength;
          expect(bytes < 2 * (MIN_WRITE_BYTES + pieceLength) || run.length === 1).toBe(true);
          const hasNeighbour = indexes.includes(first! - 1) || indexes.includes(run.at(-1)! + 1);
          expect(bytes >= MIN_WRITE_BYTES || !hasNeighbour).toBe(true);
        }
      }),
    );
  });
});
