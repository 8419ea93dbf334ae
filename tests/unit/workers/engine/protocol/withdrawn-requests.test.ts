import { expect, test } from 'vitest';
import { WithdrawnRequests } from '../../../../../workers/engine/protocol/withdrawn-requests.ts';

test('a block may come once for each time its request was withdrawn', () => {
  const requests = new WithdrawnRequests();
  expect(requests.spend(1, 0, 16_384)).toBe(false);
  requests.add(1, 0, 16_384);
  requests.add(1, 0, 16_384);
  expect([1, 2, 3].map(() => requests.spend(1, 0, 16_384))).toEqual([true, true, false]);
});

test.each<[string, readonly [number, number, number]]>([
  ['another piece', [2, 0, 16_384]],
  ['another offset', [1, 16_384, 16_384]],
  ['another length', [1, 0, 16_383]],
])('a block of %s was not asked for', (_, block) => {
  const requests = new WithdrawnRequests();
  requests.add(1, 0, 16_384);
  expect(requests.spend(...block)).toBe(false);
});

test('the oldest is forgotten beyond 1,024', () => {
  const requests = new WithdrawnRequests();
  for (let piece = 0; piece < 1_030; piece++) requests.add(piece, 0, 16_384);
  const isKnown = (piece: number) => requests.spend(piece, 0, 16_384);
  expect([0, 5, 6, 1_029].map(isKnown)).toEqual([false, false, true, true]);
});
