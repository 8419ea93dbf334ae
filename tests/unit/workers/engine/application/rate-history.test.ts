import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateHistory, RateRing } from '../../../../../workers/engine/application/rate-history.ts';

const START = Date.UTC(2026, 10, 20);

type Stretch = readonly [fromMs: number, toMs: number, bytes: number];

/** A ring of slots of a second, with these stretches in it; up is twice down. */
function ringOf(slots: number, ...stretches: readonly Stretch[]): RateRing {
  const ring = new RateRing(1, slots);
  for (const [fromMs, toMs, bytes] of stretches)
    ring.add(START + fromMs, START + toMs, bytes, bytes * 2);
  return ring;
}

describe('a ring', () => {
  test.each<[string, number, readonly Stretch[], readonly (number | null)[]]>([
    ['nothing yet', 4_000, [], [null, null, null, null]],
    [
      'a slot for each second',
      2_000,
      [
        [0, 1_000, 10],
        [1_000, 2_000, 30],
      ],
      [null, null, 10, 30],
    ],
    ['nothing moved is 0, not a gap', 1_000, [[0, 1_000, 0]], [null, null, null, 0]],
    [
      'a beat that was late is shared out, and leaves no hole',
      3_000,
      [
        [0, 1_000, 10],
        [1_000, 3_000, 40],
      ],
      [null, 10, 20, 20],
    ],
    [
      'beats off the second: both parts of a slot count',
      2_000,
      [
        [500, 1_500, 100],
        [1_500, 2_500, 300],
      ],
      [null, null, 100, 200],
    ],
    [
      'the second under way is not shown',
      1_900,
      [
        [0, 1_000, 10],
        [1_000, 1_900, 90],
      ],
      [null, null, null, 10],
    ],
    [
      'a gap between two stretches',
      4_000,
      [
        [0, 1_000, 10],
        [3_000, 4_000, 20],
      ],
      [10, null, null, 20],
    ],
    [
      'the oldest goes',
      5_000,
      [
        [0, 1_000, 10],
        [1_000, 5_000, 80],
      ],
      [20, 20, 20, 20],
    ],
    ['silence pushes all out', 9_000, [[0, 4_000, 80]], [null, null, null, null]],
    [
      'after a silence longer than the ring the old is not seen again',
      10_000,
      [
        [0, 4_000, 80],
        [9_000, 10_000, 5],
      ],
      [null, null, null, 5],
    ],
    ['a stretch longer than the ring', 8_000, [[0, 8_000, 80]], [10, 10, 10, 10]],
    ['no time is nothing', 2_000, [[1_000, 1_000, 50]], [null, null, null, null]],
    ['a stretch backwards is nothing', 2_000, [[2_000, 1_000, 50]], [null, null, null, null]],
    [
      'a clock set back takes the future away',
      2_000,
      [
        [0, 4_000, 40],
        [1_000, 2_000, 30],
      ],
      [null, null, 10, 20],
    ],
    [
      'a clock set back further than the ring is long begins anew',
      2_000,
      [
        [90_000, 94_000, 40],
        [1_000, 2_000, 10],
      ],
      [null, null, null, 10],
    ],
  ])('%s', (_, nowMs, stretches, expected) => {
    const { downloadBps, uploadBps, startAt, periodS } = ringOf(4, ...stretches).series(
      START + nowMs,
    );
    expect(downloadBps).toEqual(expected);
    expect(uploadBps).toEqual(expected.map((bps) => bps && bps * 2));
    expect(periodS).toBe(1);
    expect(startAt).toBe(new Date(START + (Math.floor(nowMs / 1000) - 4) * 1000).toISOString());
  });

  test('of longer slots shows the one under way once a second of it is known', () => {
    const ring = new RateRing(10, 3);
    ring.add(START, START + 10_000, 1_000, 0);
    ring.add(START + 10_000, START + 10_900, 900, 0);
    expect(ring.series(START + 10_900).downloadBps).toEqual([null, null, 100]);
    ring.add(START + 10_900, START + 12_000, 1_100, 0);
    expect(ring.series(START + 12_000).downloadBps).toEqual([null, 100, 1_000]);
  });

  test('adds up to what was moved, wherever the beats fall', () => {
    const beats = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 7_000 }), fc.integer({ min: 0, max: 1e9 })),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(beats, fc.integer({ min: 0, max: 999 }), (steps, offsetMs) => {
        const ring = new RateRing(1, 500);
        let atMs = START + offsetMs;
        let moved = 0;
        for (const [elapsedMs, bytes] of steps) {
          ring.add(atMs, (atMs += elapsedMs), bytes, 0);
          moved += bytes;
        }
        const saved = ring.save();
        const sum = (cells: readonly number[] = []) =>
          cells.reduce((total, cell) => total + cell, 0);
        // Each slot is rounded when it is saved.
        expect(Math.abs(sum(saved?.downloadedBytes) - moved)).toBeLessThanOrEqual(250);
        expect(sum(saved?.coveredMs)).toBe(atMs - START - offsetMs);
      }),
    );
  });

  test('goes on from what was saved, with a gap for the time between', () => {
    const saved = ringOf(4, [0, 2_000, 40]).save()!;
    const ring = new RateRing(1, 4);
    ring.restore(structuredClone(saved), START + 2_500);
    ring.add(START + 3_000, START + 4_000, 7, 14);
    expect(ring.series(START + 4_000).downloadBps).toEqual([20, 20, null, 7]);
  });

  test.each([
    ['of another period', { periodS: 2 }, 2_000],
    ['of another length', { coveredMs: [1_000] }, 2_000],
    ['of a future that is not yet', {}, -5_000],
  ])('takes nothing over that is %s', (_, change, nowMs) => {
    const saved = { ...ringOf(4, [0, 2_000, 40]).save()!, ...change };
    const ring = new RateRing(1, 4);
    ring.restore(saved, START + nowMs);
    expect(ring.save()).toBeNull();
  });
});

test('the history has five minutes, an hour and a day, and keeps the day', () => {
  const history = new RateHistory();
  for (let s = 0; s < 7_200; s++)
    history.add(START + s * 1000, START + (s + 1) * 1000, s < 3_600 ? 100 : 300, 50);
  const now = START + 7_200_000;
  const [minutes, hour, day] = history.series(now);
  expect([minutes, hour, day].map((it) => [it!.periodS, it!.downloadBps.length])).toEqual([
    [1, 300],
    [10, 360],
    [300, 288],
  ]);
  expect(new Set(minutes!.downloadBps)).toEqual(new Set([300]));
  expect(new Set(hour!.uploadBps)).toEqual(new Set([50]));
  expect(day!.downloadBps.slice(-25)).toEqual([
    null,
    ...Array.from({ length: 12 }, () => 100),
    ...Array.from({ length: 12 }, () => 300),
  ]);

  const later = new RateHistory();
  later.restore(history.save()!, now + 3_600_000);
  const [, , kept] = later.series(now + 3_600_000);
  expect(kept!.downloadBps.slice(-36, -12)).toEqual(day!.downloadBps.slice(-24));
  expect(new Set(kept!.downloadBps.slice(-12))).toEqual(new Set([null]));
  expect(new Set(later.series(now)[0]!.downloadBps)).toEqual(new Set([null]));
});
