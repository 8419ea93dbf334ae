import { describe, expect, test } from 'vitest';
import { describeRates, formatTime, rowsOf } from '../../../../src/statistics/rate-words.ts';

const AT = Date.UTC(2026, 10, 20, 10);
const series = (downloadBps: readonly (number | null)[], periodS = 1) => ({
  periodS,
  startAt: new Date(AT).toISOString(),
  downloadBps,
  uploadBps: downloadBps.map((bps) => bps && bps / 10),
});

describe('a series in words', () => {
  test('says how fast on average and at most, gaps left out', () => {
    expect(describeRates(series([null, 1_000_000, 3_500_000, 0], 10), '1 hour')).toBe(
      'In the last 1 hour: 1.5 MB/s down on average, 3.5 MB/s at most; 150 kB/s up on average, 350 kB/s at most.',
    );
  });

  test('says when nothing is known', () => {
    expect(describeRates(series([null, null]), '5 minutes')).toBe(
      'Nothing is known of the last 5 minutes yet.',
    );
  });
});

describe('a series in rows', () => {
  test('means of what is known, newest first', () => {
    expect(rowsOf(series([1, 3, null, 5, null, null]), 3)).toEqual([
      { startMs: AT + 4_000, downloadBps: null, uploadBps: null },
      { startMs: AT + 2_000, downloadBps: 5, uploadBps: 0.5 },
      { startMs: AT, downloadBps: 2, uploadBps: 0.2 },
    ]);
  });

  test.each([
    [300, 12, 12],
    [360, 12, 12],
    [10, 12, 10],
    [0, 12, 0],
  ])('%d values in at most %d rows are %d', (values, count, rows) => {
    expect(rowsOf(series(Array.from({ length: values }, () => 0)), count)).toHaveLength(rows);
  });
});

test('times have seconds where the rows need them', () => {
  const noon = new Date(2026, 10, 20, 0, 5, 9).getTime();
  expect([formatTime(noon, true), formatTime(noon, false)]).toEqual(['00:05:09', '00:05']);
});
