import { expect, test } from 'vitest';
import { expectedWaitMs, pipelineLength } from '../../../../../workers/engine/protocol/pipeline.ts';

const BLOCK = 16_384;

const FAR_MS = 200;

test.each<[string, number, number, boolean, unknown, number]>([
  ['nothing is known of it', 0, Infinity, false, undefined, 2],
  ['nothing is known of it, and a reader waits', 0, Infinity, true, undefined, 2],
  ['it gives nothing now, and is near', 0, 1, false, undefined, 2],
  ['a byte a second', 1, FAR_MS, false, undefined, 3],
  ['ten blocks a second', 10 * BLOCK, FAR_MS, false, undefined, 12],
  ['ten, and a reader waits: a third of a second', 10 * BLOCK, FAR_MS, true, undefined, 6],
  ['ten, and it is near: it may give in fits and starts', 10 * BLOCK, 1, false, undefined, 12],
  [
    'a hundred, and it is near: as few as any fast peer is asked for',
    100 * BLOCK,
    1,
    false,
    undefined,
    48,
  ],
  ['a thousand, and it is near', 1_000 * BLOCK, 10, false, undefined, 50],
  ['a thousand, two round trips of 100 ms', 1_000 * BLOCK, 100, false, undefined, 230],
  ['a thousand, from afar', 1_000 * BLOCK, FAR_MS, false, undefined, 430],
  ['a hundred, from as far as a second', 100 * BLOCK, 1_000, false, undefined, 102],
  ['a hundred, how far is not known', 100 * BLOCK, Infinity, false, undefined, 102],
  ['a hundred, of which it takes fifty', 100 * BLOCK, Infinity, false, 50, 50],
  ['near, and it takes twenty', 100 * BLOCK, 1, false, 20, 20],
  ['it takes one', 0, Infinity, false, 1, 1],
  ['it takes more than we ask for', 10_000 * BLOCK, Infinity, false, 2_000, 500],
  ['faster than we ask for', 10_000 * BLOCK, Infinity, false, undefined, 500],
  ['its reqq is nothing', 100 * BLOCK, Infinity, false, 0, 102],
  ['its reqq is below nothing', 100 * BLOCK, Infinity, false, -1, 102],
  ['its reqq is no number', 100 * BLOCK, Infinity, false, '50', 102],
])(
  'a peer that gives as much as this: %s',
  (_, rateBps, roundTripMs, hasReaders, reqq, expected) => {
    const pace = { rateBps, latestBps: rateBps, roundTripMs };
    expect(pipelineLength(pace, hasReaders, reqq)).toBe(expected);
  },
);

test.each<[string, number, number, number]>([
  ['it became faster: what it gives now', 100 * BLOCK, 300 * BLOCK, 99],
  ['but no more than lasts a second in the mean', 50 * BLOCK, 300 * BLOCK, 52],
  ['it became slower: what it gave', 300 * BLOCK, 10 * BLOCK, 99],
])('a peer 150 ms away whose pace changes: %s', (_, rateBps, latestBps, expected) => {
  expect(pipelineLength({ rateBps, latestBps, roundTripMs: 150 }, false, undefined)).toBe(expected);
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
