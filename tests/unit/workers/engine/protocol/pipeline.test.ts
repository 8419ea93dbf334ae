import { expect, test } from 'vitest';
import { expectedWaitMs, pipelineLength } from '../../../../../workers/engine/protocol/pipeline.ts';

const BLOCK = 16_384;

test.each<[string, number, boolean, unknown, number]>([
  ['nothing is known of it', 0, false, undefined, 2],
  ['nothing is known of it, and a reader waits', 0, true, undefined, 2],
  ['a byte a second', 1, false, undefined, 3],
  ['ten blocks a second', 10 * BLOCK, false, undefined, 12],
  ['ten blocks a second, and a reader waits: a third of a second', 10 * BLOCK, true, undefined, 6],
  ['a hundred, of which it takes fifty', 100 * BLOCK, false, 50, 50],
  ['it takes one', 0, false, 1, 1],
  ['it takes more than we ask for', 10_000 * BLOCK, false, 2_000, 500],
  ['faster than we ask for', 10_000 * BLOCK, false, undefined, 500],
  ['its reqq is nothing', 100 * BLOCK, false, 0, 102],
  ['its reqq is below nothing', 100 * BLOCK, false, -1, 102],
  ['its reqq is no number', 100 * BLOCK, false, '50', 102],
])('a peer that gives as much as this: %s', (_, rateBps, hasReaders, reqq, expected) => {
  expect(pipelineLength(rateBps, hasReaders, reqq)).toBe(expected);
});

test.each<[string, number, number, number, number]>([
  ['of whom nothing is known', 0, 0, BLOCK, 1_000],
  ['of whom nothing is known, however much it owes', 0, 400, BLOCK, 1_000],
  ['that owes nothing', BLOCK, 0, BLOCK, 1_000],
  ['that owes three blocks at two a second', 2 * BLOCK, 3, BLOCK, 2_000],
  ['that is fast: no sooner than in half a second', 1_000 * BLOCK, 1, BLOCK, 500],
  ['that is slow: no later than in a minute', BLOCK / 16, 20, BLOCK, 60_000],
  ['asked for a part of a block', BLOCK, 1, BLOCK / 2, 1_500],
])('one block more of a peer %s', (_, rateBps, requestedBlocks, lengthBytes, expectedMs) => {
  expect(expectedWaitMs(rateBps, requestedBlocks, lengthBytes)).toBe(expectedMs);
});
