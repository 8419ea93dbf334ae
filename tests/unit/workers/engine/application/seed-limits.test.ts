import { expect, test } from 'vitest';
import {
  limitWords,
  otherSeeds,
  reachedLimit,
  type Giving,
} from '../../../../../workers/engine/application/seed-limits.ts';

const giving = (facts: Partial<Giving> = {}): Giving => ({
  isComplete: true,
  selectedBytes: 1000,
  uploadedBytes: 1500,
  seedingS: 3600,
  own: { seedRatio: null, seedMinutes: null },
  ...facts,
});

type Limits = readonly [number, number];
test.each<[string, Giving, Limits, 'ratio' | 'time' | null]>([
  ['no limit', giving(), [0, 0], null],
  ['a ratio that is reached', giving(), [1.5, 0], 'ratio'],
  ['a ratio that is not', giving(), [1.51, 0], null],
  ['a time that is reached', giving(), [0, 60], 'time'],
  ['a time that is not', giving(), [0, 61], null],
  ['one of two', giving(), [9, 60], 'time'],
  ['not complete', giving({ isComplete: false }), [1, 1], null],
  ['nothing selected', giving({ selectedBytes: 0 }), [1, 1], null],
  ['its own ratio', giving({ own: { seedRatio: 1, seedMinutes: null } }), [9, 0], 'ratio'],
  ['its own, higher', giving({ own: { seedRatio: 9, seedMinutes: null } }), [1, 0], null],
  ['its own never', giving({ own: { seedRatio: 0, seedMinutes: 0 } }), [1, 1], null],
  ['its own never for one', giving({ own: { seedRatio: 0, seedMinutes: null } }), [1, 1], 'time'],
  ['its own time', giving({ own: { seedRatio: null, seedMinutes: 60 } }), [0, 0], 'time'],
])('%s', (_, of, [seedRatio, seedMinutes], expected) => {
  expect(reachedLimit(of, { seedRatio, seedMinutes })?.kind ?? null).toBe(expected);
});

test.each<[string, number, (number | null)[], number]>([
  ['nobody says', 0, [null], 0],
  ['no tracker', 0, [], 0],
  ['a tracker counts us alone', 0, [1, null], 0],
  ['a tracker counts another', 0, [1, 2], 1],
  ['one is connected', 1, [1], 1],
  ['a tracker that has not heard of us yet', 0, [0], 0],
])('other seeds: %s', (_, connected, seeds, expected) => {
  const trackers = seeds.map((count) => ({ seeds: count }));
  expect(otherSeeds(connected, trackers)).toBe(expected);
});

test('says which limit it was, and what to do', () => {
  expect(limitWords({ kind: 'ratio', limit: 1.5, reached: 1.504 })).toMatch(
    /^It has given 1\.50 times its size, and the limit is 1\.5\. Resume it/,
  );
  expect(limitWords({ kind: 'time', limit: 60, reached: 60.9 })).toContain('for 60 min');
});
