import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, type RatePeriod } from '../../../../../workers/contract/settings.ts';
import { ratesAt } from '../../../../../workers/engine/application/rate-schedule.ts';
import { localTimeIn } from '../../../../support/fake-clock.ts';

const SLOW = { downloadBps: 4096, uploadBps: 2048 };
const USUAL = { downloadBps: 9000, uploadBps: 0 };
const [SUN, MON, TUE, FRI, SAT] = [0, 1, 2, 5, 6] as const;
const at = (hour: number, minute = 0) => hour * 60 + minute;
const period = (days: readonly number[], fromMinute: number, toMinute: number): RatePeriod => ({
  days,
  fromMinute,
  toMinute,
});

function isSlow(schedule: readonly RatePeriod[], day: number, minute: number): boolean {
  const alternativeRates = { ...SLOW, schedule };
  const settings = { ...DEFAULT_SETTINGS, ...USUAL, alternativeRates };
  return ratesAt(settings, { day, minute }).source === 'alternative';
}

test.each<[string, RatePeriod[], number, number, boolean]>([
  ['no period', [], MON, at(12), false],
  ['the minute before', [period([MON], at(9), at(17))], MON, at(8, 59), false],
  ['its first minute', [period([MON], at(9), at(17))], MON, at(9), true],
  ['its last minute', [period([MON], at(9), at(17))], MON, at(16, 59), true],
  ['the minute after', [period([MON], at(9), at(17))], MON, at(17), false],
  ['another day', [period([MON], at(9), at(17))], TUE, at(12), false],
  ['one of two periods', [period([TUE], 0, 5), period([MON], at(9), at(17))], MON, at(9), true],
  ['two that overlap', [period([MON], 0, 9), period([MON], 5, 20)], MON, 7, true],
  ['an evening over midnight', [period([FRI], at(22), at(6))], FRI, at(23), true],
  ['the morning after it', [period([FRI], at(22), at(6))], SAT, at(5, 59), true],
  ['the end of that morning', [period([FRI], at(22), at(6))], SAT, at(6), false],
  ['the morning of its own day', [period([FRI], at(22), at(6))], FRI, at(5), false],
  ['from Saturday into Sunday', [period([SAT], at(22), at(6))], SUN, at(1), true],
  ['until midnight', [period([MON], at(22), 0)], MON, at(23, 59), true],
  ['and not beyond', [period([MON], at(22), 0)], TUE, 0, false],
  ['a whole day', [period([MON], at(7), at(7))], MON, at(7), true],
  ['a whole day, until its end', [period([MON], at(7), at(7))], TUE, at(6, 59), true],
  ['a whole day, and no longer', [period([MON], at(7), at(7))], TUE, at(7), false],
  ['all week', [period([0, 1, 2, 3, 4, 5, 6], 0, 0)], TUE, at(3), true],
])('the schedule: %s', (_, schedule, day, minute, expected) => {
  expect(isSlow(schedule, day, minute)).toBe(expected);
});

test('a person goes before the schedule, either way, and the snapshot says who decides', () => {
  const always = period([0, 1, 2, 3, 4, 5, 6], 0, 0);
  const settings = { ...DEFAULT_SETTINGS, ...USUAL };
  const ratesWith = (alternativeSwitch: 'on' | 'off' | 'schedule', schedule: RatePeriod[]) =>
    ratesAt(
      { ...settings, alternativeSwitch, alternativeRates: { ...SLOW, schedule } },
      { day: MON, minute: 0 },
    );
  expect(ratesWith('on', [])).toEqual({
    ...SLOW,
    source: 'alternative',
    switch: 'on',
    hasSchedule: false,
  });
  expect(ratesWith('off', [always])).toEqual({
    ...USUAL,
    source: 'usual',
    switch: 'off',
    hasSchedule: true,
  });
  expect(ratesWith('schedule', [always])).toEqual({
    ...SLOW,
    source: 'alternative',
    switch: 'schedule',
    hasSchedule: true,
  });
});

describe('daylight saving', () => {
  const berlin = localTimeIn('Europe/Berlin');
  /** Minutes of real time that the period holds within the 48 hours from the Saturday before. */
  function heldMinutes(fromUtc: number, of: RatePeriod): number {
    let held = 0;
    for (let passed = 0; passed < 48 * 60; passed++) {
      const { day, minute } = berlin(fromUtc + passed * 60_000);
      if (isSlow([of], day, minute)) held++;
    }
    return held;
  }
  const MARCH = Date.UTC(2026, 2, 28);
  const OCTOBER = Date.UTC(2026, 9, 24);

  test.each<[string, number, RatePeriod, number]>([
    ['forward: the skipped hour is not there', MARCH, period([SUN], at(1), at(4)), 120],
    ['forward: one that begins within it begins after', MARCH, period([SUN], at(2, 30), at(4)), 60],
    ['forward: one wholly within it does not come', MARCH, period([SUN], at(2), at(3)), 0],
    ['forward: a night is an hour shorter', MARCH, period([SAT], at(22), at(6)), 7 * 60],
    ['back: the hour that comes twice counts twice', OCTOBER, period([SUN], at(2), at(3)), 120],
    ['back: a night is an hour longer', OCTOBER, period([SAT], at(22), at(6)), 9 * 60],
  ])('%s', (_, fromUtc, of, expected) => {
    expect(heldMinutes(fromUtc, of)).toBe(expected);
  });
});
