import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../../workers/contract/settings.ts';
import { shareMemory } from '../../../../../workers/engine/application/memory-budget.ts';
import { between, seededRandom } from '../../../../support/seeded-random.ts';

const MIB = 2 ** 20;
const share = (memory: number, queue: number, cache: number) => {
  const shares = shareMemory({
    memoryBytes: memory * MIB,
    writeQueueBytes: queue * MIB,
    readCacheBytes: cache * MIB,
  });
  return [
    shares.writeQueueBytes,
    shares.readCacheBytes,
    shares.maxInFlightBytes,
    shares.maxSpareBytes,
  ];
};

test('the defaults fit, so that nobody gets less than it asks for', () => {
  const { writeQueueBytes, readCacheBytes } = DEFAULT_SETTINGS;
  expect(shareMemory(DEFAULT_SETTINGS)).toEqual({
    writeQueueBytes,
    readCacheBytes,
    maxInFlightBytes: 24 * MIB,
    maxSpareBytes: 8 * MIB,
  });
});

test.each<[string, number, number, number, number[]]>([
  ['exactly enough', 80, 32, 16, [32, 16, 24, 8]],
  ['more than enough', 2048, 32, 16, [32, 16, 24, 8]],
  ['half of what is above the floors', 42.5, 32, 16, [16.5, 8, 14, 4]],
  ['half, with the cache off', 34.5, 32, 0, [16.5, 0, 14, 4]],
])('shares: %s', (_, memory, queue, cache, expected) => {
  expect(share(memory, queue, cache).map((bytes) => bytes / MIB)).toEqual(expected);
});

test('whatever is set, nobody gets more than it asked for or less than its floor, and all together no more than there is', () => {
  const random = seededRandom(7);
  for (let run = 0; run < 2_000; run++) {
    const memory = between(random, 16, 2048);
    const [queue, cache] = [between(random, 1, 512), between(random, 0, 512)];
    const shares = share(memory, queue, cache);
    const asked = [queue * MIB, cache * MIB, 24 * MIB, 8 * MIB];
    const total = shares.reduce((sum, bytes) => sum + bytes, 0);
    expect(total).toBeLessThanOrEqual(memory * MIB);
    shares.forEach((bytes, i) => expect(bytes).toBeLessThanOrEqual(asked[i]!));
    expect(shares[0]).toBeGreaterThanOrEqual(MIB);
    expect(shares[2]).toBeGreaterThanOrEqual(4 * MIB);
    // Nothing is left over while somebody has less than it asked for, but for what rounding takes.
    if (shares.some((bytes, i) => bytes < asked[i]!)) {
      expect(memory * MIB - total).toBeLessThan(4);
    }
  }
});
