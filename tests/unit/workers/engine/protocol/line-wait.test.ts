import { expect, test } from 'vitest';
import { lineWaitMs } from '../../../../../workers/engine/protocol/line-wait.ts';

test.each<[string, number, number, number]>([
  ['nothing is asked for', 0, 50_000, 0],
  ['nothing comes: it is the peers', 40, 0, 0],
  ['a fast line', 40, 6_553_600, 100],
  ['a slow line with twenty peers', 40, 65_536, 10_000],
  ['hardly anything comes', 40, 100, 20_000],
])('%s', (_, requestedBlocks, downBps, waitMs) => {
  expect(lineWaitMs(requestedBlocks, downBps)).toBe(waitMs);
});
