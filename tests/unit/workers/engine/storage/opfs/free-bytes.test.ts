import { describe, expect, it, vi } from 'vitest';
import {
  largestThatFits,
  measureFreeBytes,
} from '../../../../../../workers/engine/storage/opfs/free-bytes.ts';
import { domError } from '../fakes.ts';

const MIB = 1024 * 1024;

describe('the largest size that fits', () => {
  it.each([
    ['all of it', 10 * MIB + 7, Infinity, 10 * MIB + 7],
    ['exactly as much as there is', 10 * MIB, 10 * MIB, 10 * MIB],
    ['nothing', 10 * MIB, 0, 0],
    ['less than a MiB', 10 * MIB, MIB - 1, 0],
    ['one MiB', 10 * MIB, MIB, MIB],
    ['down to the MiB', 10 * MIB, 7.9 * MIB, 7 * MIB],
    ['a byte less than was asked about', 10 * MIB, 10 * MIB - 1, 9 * MIB],
    ['a part of less than a MiB', MIB / 2, MIB / 2 - 1, 0],
    ['none was asked about', 0, Infinity, 0],
  ])('is found: %s', (_, upToBytes, roomBytes, found) => {
    expect(largestThatFits(upToBytes, (bytes) => bytes <= roomBytes)).toBe(found);
  });

  it('is found for a terabyte in few tries', () => {
    const fits = vi.fn((bytes: number) => bytes <= 123_456 * MIB + 5);
    expect(largestThatFits(2 ** 40, fits)).toBe(123_456 * MIB);
    expect(fits.mock.calls.length).toBeLessThan(25);
  });
});

describe('free bytes', () => {
  it('are none where there is no such file system', async () => {
    expect(await measureFreeBytes(() => Promise.reject(domError('SecurityError')), MIB)).toBe(0);
  });
});
