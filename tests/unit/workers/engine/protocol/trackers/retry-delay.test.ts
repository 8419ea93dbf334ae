import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryDelayMs } from '../../../../../../workers/engine/protocol/trackers/retry-delay.ts';

test.each([
  [0, 0, 2_000],
  [1, 0, 4_000],
  [7, 0, 256_000],
  [8, 0, 300_000],
  [1_000_000, 0, 300_000],
  [0, 0.5, 2_500],
  [8, 1, 450_000],
])('after %i failures, with chance at %d, it waits %i ms', (failures, chance, delayMs) => {
  expect(retryDelayMs(failures, () => chance)).toBe(delayMs);
});

test.each([
  [0, 0, 2_000],
  [1, 0, 4_000],
  [1_000_000, 1, 6_000],
])(
  'who reaches nobody waits after %i failures, with chance at %d, %i ms',
  (failures, chance, delayMs) => {
    expect(retryDelayMs(failures, () => chance, true)).toBe(delayMs);
  },
);

test('it never waits less than 2 s nor more than 7.5 minutes', () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (failures, chance) => {
      const delayMs = retryDelayMs(failures, () => chance);
      expect(delayMs).toBeGreaterThanOrEqual(2_000);
      expect(delayMs).toBeLessThanOrEqual(450_000);
    }),
  );
});
