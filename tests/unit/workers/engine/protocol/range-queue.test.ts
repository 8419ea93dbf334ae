import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  RangeQueue,
  type QueuedBlock,
} from '../../../../../workers/engine/protocol/range-queue.ts';
import {
  MAX_RANGE_BYTES,
  MIN_RANGE_BYTES,
} from '../../../../../workers/engine/protocol/web-seed-policy.ts';

const BLOCK = 16 * 1024;
const block = (index: number): QueuedBlock => ({ startBytes: index * BLOCK, lengthBytes: BLOCK });
const indexes = (run: readonly QueuedBlock[]) => run.map(({ startBytes }) => startBytes / BLOCK);

function queueOf(...blocks: readonly number[]): RangeQueue<QueuedBlock> {
  const queue = new RangeQueue<QueuedBlock>();
  for (const index of blocks) queue.add(block(index));
  return queue;
}

const upTo = (end: number, from = 0) => Array.from({ length: end - from }, (_, i) => from + i);

test.each<[string, number[], number, number[][]]>([
  ['nothing', [], 4, [[]]],
  ['one block', [3], 4, [[3]]],
  ['blocks end to end, across pieces', [0, 1, 2, 3], 1, [[0, 1, 2, 3]]],
  [
    'a gap',
    [0, 1, 3, 4],
    1,
    [
      [0, 1],
      [3, 4],
    ],
  ],
  ['the oldest first, wherever it lies', [9, 1, 2], 1, [[9], [1, 2]]],
  ['what came later and lies before is for later', [5, 4, 6], 1, [[5, 6], [4]]],
  ['a block asked for twice', [0, 1, 0], 1, [[1], [0]]],
  ['at least 256 KiB each', upTo(20), 4, [upTo(16), upTo(20, 16)]],
  ['shared out between the requests there may be', upTo(80), 4, [upTo(20)]],
  ['at most 1 MiB', upTo(300), 1, [upTo(64)]],
])('%s', (_, blocks, free, runs) => {
  const queue = queueOf(...blocks);
  expect(runs.map(() => indexes(queue.take(free)))).toEqual(runs);
});

test('what is cancelled is not asked for, and what lay around it is apart', () => {
  const queue = queueOf(0, 1, 2);
  expect(queue.remove(BLOCK)).toBe(true);
  expect(queue.remove(BLOCK)).toBe(false);
  expect(indexes(queue.take(1))).toEqual([0]);
  expect(indexes(queue.take(1))).toEqual([2]);
  expect(queue.isEmpty).toBe(true);
});

test('every block is taken once, in runs that lie end to end and are no longer than the largest range', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 2 * BLOCK }), { maxLength: 400 });
  fc.assert(
    fc.property(lengths, fc.infiniteStream(fc.nat()), (sizes, order) => {
      let at = 0;
      const blocks = sizes.map((lengthBytes) => {
        const one = { startBytes: at, lengthBytes };
        at += lengthBytes;
        return one;
      });
      const queue = new RangeQueue<QueuedBlock>();
      const left = [...blocks];
      while (left.length) {
        const [one] = left.splice(order.next().value! % left.length, 1);
        queue.add(one!);
      }
      const taken: QueuedBlock[] = [];
      while (!queue.isEmpty) {
        const run = queue.take(1 + (order.next().value! % 4));
        expect(run.length).toBeGreaterThan(0);
        run.slice(1).forEach(({ startBytes }, i) => {
          expect(startBytes).toBe(run[i]!.startBytes + run[i]!.lengthBytes);
        });
        const bytes = run.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
        expect(bytes).toBeLessThanOrEqual(Math.max(MIN_RANGE_BYTES, MAX_RANGE_BYTES));
        taken.push(...run);
      }
      expect(taken.sort((a, b) => a.startBytes - b.startBytes)).toEqual(blocks);
    }),
  );
});
