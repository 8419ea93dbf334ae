import { describe, expect, test } from 'vitest';
import { formatBytes } from '../../../../src/ui/format-bytes.ts';
import { formatDuration, formatLongDuration } from '../../../../src/ui/format-duration.ts';
import { formatOrdinal } from '../../../../src/ui/format-ordinal.ts';
import { formatPercent } from '../../../../src/ui/format-percent.ts';
import { formatRate } from '../../../../src/ui/format-rate.ts';

describe('formatBytes', () => {
  test.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1 kB'],
    [1536, '1.5 kB'],
    [99_949, '99.9 kB'],
    [240_400_000, '240 MB'],
    [999_600_000, '1 GB'],
    [1_500_000_000, '1.5 GB'],
    [12_000_000_000_000, '12 TB'],
    [-5, '0 bytes'],
    [Number.NaN, '0 bytes'],
  ])('%d is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [0.2, '1s'],
    [59, '59s'],
    [61, '1m 1s'],
    [431, '7m 11s'],
    [3_600, '1h'],
    [3_601, '1h'],
    [7_500, '2h 5m'],
    [90_000, '1d 1h'],
    [31 * 86_400, ''],
    [null, ''],
    [-1, ''],
    [Number.POSITIVE_INFINITY, ''],
  ])('%s seconds are "%s"', (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

test('places are counted', () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 102].map(formatOrdinal)).toEqual(
    '1st 2nd 3rd 4th 11th 12th 13th 21st 102nd'.split(' '),
  );
});
test.each([
  [90_000, '1d 1h'],
  [31 * 86_400, '31 days'],
  [1_000.9 * 86_400, '1,000 days'],
])('%s seconds are long: "%s"', (seconds, text) => expect(formatLongDuration(seconds)).toBe(text));

test('only what is finished is 100%', () => {
  expect(formatPercent(0.9999)).toBe('99%');
  expect(formatPercent(1)).toBe('100%');
  expect(formatPercent(0.29)).toBe('29%');
  expect(formatPercent(Number.NaN)).toBe('0%');
});

test('a small rate is said in kilobytes, so that the unit does not jump', () => {
  expect(formatRate(0.4)).toBe('0 kB/s');
  expect(formatRate(138)).toBe('0.1 kB/s');
  expect(formatRate(Number.NaN)).toBe('0 kB/s');
  expect(formatRate(1_500_000)).toBe('1.5 MB/s');
});
