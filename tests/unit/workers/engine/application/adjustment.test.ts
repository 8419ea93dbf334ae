/** What the machine bears: marks, steps, and that nothing swings. */
import { expect, test } from 'vitest';
import {
  adjustedWords,
  Adjustment,
  CALM_MS,
  changeWords,
  HOLD_MS,
  type Adjustable,
  type Readings,
} from '../../../../../workers/engine/application/adjustment.ts';
import { between, seededRandom } from '../../../../support/seeded-random.ts';

const SETTINGS = { maxInFlightPieces: 20, maxConnections: 60, maxActiveDownloads: 3 };
const CALM: Readings = { writeMs: 5, memoryPart: 0.3, heapPart: null, lagMs: 2 };
const SLOW_DISK: Readings = { ...CALM, writeMs: 340 };

/** Reads once a second; returns the seconds at which something changed. */
function run(adjustment: Adjustment, seconds: readonly Readings[], fromS = 0): number[] {
  return seconds.flatMap((readings, i) =>
    adjustment.read(readings, (fromS + i) * 1000) ? [fromS + i] : [],
  );
}
const times = (count: number, readings: Readings) => Array.from({ length: count }, () => readings);

test('calm or not known, the settings hold', () => {
  const adjustment = new Adjustment(SETTINGS);
  expect(run(adjustment, times(100, CALM))).toEqual([]);
  expect(adjustment.adjusted).toBeNull();
  expect(adjustment.values).toEqual(SETTINGS);
});

test.each<[string, Partial<Readings>, 'disk' | 'memory' | 'busy' | null]>([
  ['slow writes', { writeMs: 251 }, 'disk'],
  ['writes at the mark', { writeMs: 250 }, null],
  ['full memory', { memoryPart: 0.91 }, 'memory'],
  ['memory at the mark', { memoryPart: 0.9 }, null],
  ['a full heap', { heapPart: 0.95 }, 'memory'],
  ['a late event loop', { lagMs: 201 }, 'busy'],
  ['all of it: the disk is what one can do something about', { writeMs: 999, lagMs: 999 }, 'disk'],
])('over its mark for three seconds: %s', (_, readings, reason) => {
  const adjustment = new Adjustment(SETTINGS);
  const changes = run(adjustment, times(9, { ...CALM, ...readings }));
  expect(changes).toEqual(reason ? [3] : []);
  expect(adjustment.adjusted?.reason ?? null).toBe(reason);
});

test('a bad second or two are nothing', () => {
  const adjustment = new Adjustment(SETTINGS);
  const hiccups = Array.from({ length: 60 }, (_, i) => (i % 4 === 3 ? CALM : SLOW_DISK));
  expect(run(adjustment, hiccups)).toEqual([]);
});

test('goes down step by step to the floors, and not below', () => {
  const adjustment = new Adjustment(SETTINGS);
  const seen: Adjustable[] = [];
  for (let s = 0; s < 120; s++) {
    if (adjustment.read(SLOW_DISK, s * 1000)) seen.push(adjustment.values);
  }
  expect(seen).toEqual([
    { maxInFlightPieces: 12, maxConnections: 36, maxActiveDownloads: 2 },
    { maxInFlightPieces: 7, maxConnections: 22, maxActiveDownloads: 1 },
    { maxInFlightPieces: 4, maxConnections: 13, maxActiveDownloads: 1 },
    { maxInFlightPieces: 4, maxConnections: 10, maxActiveDownloads: 1 },
  ]);
});

test('goes up again one step for each half minute of calm, and says nothing then', () => {
  const adjustment = new Adjustment(SETTINGS);
  run(adjustment, times(14, SLOW_DISK));
  expect(adjustment.values.maxInFlightPieces).toBe(7);
  expect(run(adjustment, times(100, CALM), 14)).toEqual([44, 74]);
  expect(adjustment.adjusted).toBeNull();
  expect(adjustment.values).toEqual(SETTINGS);
});

test('between the marks nothing moves', () => {
  const adjustment = new Adjustment(SETTINGS);
  run(adjustment, times(4, SLOW_DISK));
  expect(run(adjustment, times(300, { ...CALM, writeMs: 150 }), 4)).toEqual([]);
  expect(adjustment.values.maxInFlightPieces).toBe(12);
});

test('settings that change count at once, with as many steps less', () => {
  const adjustment = new Adjustment(SETTINGS);
  run(adjustment, times(4, SLOW_DISK));
  adjustment.configure({ ...SETTINGS, maxInFlightPieces: 100 });
  expect(adjustment.values.maxInFlightPieces).toBe(60);
  adjustment.configure({ ...SETTINGS, maxInFlightPieces: 3 });
  expect(adjustment.values.maxInFlightPieces).toBe(3);
});

test('says what is slow, with its figure', () => {
  const words = (reason: 'disk' | 'memory' | 'busy', readings: Partial<Readings>) =>
    adjustedWords({ values: SETTINGS, reason, readings: { ...CALM, ...readings } });
  expect(words('disk', { writeMs: 340.4 })).toBe('Slowed down: the disk takes 340 ms a write');
  expect(words('memory', { heapPart: 0.953 })).toContain('95 % of the memory');
  expect(words('busy', { lagMs: 420 })).toContain('420 ms');
});

test('says which way a step went', () => {
  const adjusted = { values: SETTINGS, reason: 'disk', readings: SLOW_DISK } as const;
  expect(changeWords('down', adjusted)).toBe('Slowed down: the disk takes 340 ms a write.');
  expect(changeWords('up', adjusted)).toContain('a step back towards the settings');
  expect(changeWords('up', null)).toContain('the settings hold again');
});

test('whatever the load, values stay from floor to setting, nothing swings, and calm brings all back', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    const settings = {
      maxInFlightPieces: between(random, 2, 200),
      maxConnections: between(random, 2, 400),
      maxActiveDownloads: between(random, 1, 20),
    };
    const adjustment = new Adjustment(settings);
    const changes: { readonly atMs: number; readonly isDown: boolean }[] = [];
    let nowMs = 0;
    const total = () => Object.values(adjustment.values).reduce((sum, value) => sum + value, 0);
    let before = total();
    let badUntilMs = 0;
    let isWithin = true;
    const step = (readings: Readings) => {
      nowMs += between(random, 900, 1_400);
      const change = adjustment.read(readings, nowMs);
      const { values } = adjustment;
      for (const field of Object.keys(settings) as (keyof Adjustable)[]) {
        const floor = { maxInFlightPieces: 4, maxConnections: 10, maxActiveDownloads: 1 }[field];
        const least = Math.min(floor, settings[field]);
        isWithin &&= values[field] >= least && values[field] <= settings[field];
      }
      if (change) {
        changes.push({ atMs: nowMs, isDown: change === 'down' });
        expect(total() < before).toBe(change === 'down');
      }
      before = total();
    };
    for (let i = 0; i < 1_500; i++) {
      if (random() < 0.02) badUntilMs = nowMs + between(random, 0, 40_000);
      const isBad = nowMs < badUntilMs;
      step({
        writeMs: random() * (isBad ? 600 : 260),
        memoryPart: random() * (isBad ? 1 : 0.8),
        heapPart: random() < 0.5 ? null : random() * 0.95,
        lagMs: random() * (isBad ? 500 : 90),
      });
    }
    expect(isWithin).toBe(true);
    changes.forEach((change, i) => {
      const gapMs = change.atMs - (changes[i - 1]?.atMs ?? -Infinity);
      expect(gapMs).toBeGreaterThanOrEqual(change.isDown ? HOLD_MS : CALM_MS);
    });
    for (let i = 0; i < 600; i++) step(CALM);
    expect(adjustment.values).toEqual(settings);
    expect(adjustment.adjusted).toBeNull();
  }
});
