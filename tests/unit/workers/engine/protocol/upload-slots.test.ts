import { expect, test } from 'vitest';
import { slotsWithin } from '../../../../../workers/engine/protocol/upload-slots.ts';

const KIB = 1024;

test.each([
  // No limit, or enough for all: the setting.
  [4, Infinity, 4],
  [50, Infinity, 50],
  [4, 1024 * KIB, 4],
  [4, 4 * KIB, 4],
  // A block each for as many peers as can have one every 20 s, one of them on trial.
  [4, 3.2 * KIB, 3],
  [4, 2 * KIB, 1],
  [50, 16 * KIB, 19],
  // The optimistic slot alone.
  [4, 1.5 * KIB, 0],
  [4, KIB, 0],
  [1, 100, 0],
])('of %d slots at %d B/s there are %d', (slots, bps, expected) => {
  expect(slotsWithin(slots, bps)).toBe(expected);
});

test('each peer that is unchoked gets a block within 20 s', () => {
  for (let bps = 1.6 * KIB; bps < 200 * KIB; bps += 100) {
    const peers = slotsWithin(50, bps) + 1;
    expect((peers * 16 * KIB) / bps).toBeLessThanOrEqual(20);
  }
});
