import { expect, test } from 'vitest';
import type { QueueMove } from '../../../../../workers/contract/engine.ts';
import type { InfoHash } from '../../../../../workers/contract/ids.ts';
import { ordersAfterMove } from '../../../../../workers/engine/application/queue-moves.ts';

const row = (orders: readonly number[]) =>
  orders.map((queueOrder, index) => ({ infoHash: 'abcdef'[index] as InfoHash, queueOrder }));

test.each<[readonly number[], string, QueueMove, string, number]>([
  [[1, 5, 9], 'c', 'top', 'cab', 1],
  [[1, 5, 9], 'a', 'bottom', 'bca', 1],
  [[1, 5, 9], 'b', 'up', 'bac', 2],
  [[1, 5, 9], 'b', 'down', 'acb', 2],
  [[1, 5, 9], 'a', 'top', 'abc', 0],
  [[1, 5, 9], 'a', 'up', 'abc', 0],
  [[1, 5, 9], 'c', 'bottom', 'abc', 0],
  [[1, 5, 9], 'c', 'down', 'abc', 0],
  [[7], 'a', 'top', 'a', 0],
  // Added in the same millisecond: they are pulled apart.
  [[4, 4, 4], 'c', 'up', 'acb', 2],
  [[4, 4, 4], 'a', 'down', 'bac', 2],
  [[4, 4, 5], 'a', 'down', 'bac', 2],
])('of %j %s goes %s: %s', (orders, name, to, expected, changes) => {
  const before = row(orders);
  const changed = ordersAfterMove(before, name as InfoHash, to);
  const after = before
    .map((one) => ({ ...one, queueOrder: changed.get(one.infoHash) ?? one.queueOrder }))
    .sort((a, b) => a.queueOrder - b.queueOrder);
  expect(after.map(({ infoHash }) => infoHash).join('')).toBe(expected);
  expect(changed.size).toBe(changes);
});
