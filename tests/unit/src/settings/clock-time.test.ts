import { expect, test } from 'vitest';
import { minuteOf, timeOf } from '../../../../src/settings/clock-time.ts';

test.each([
  [0, '00:00'],
  [5, '00:05'],
  [22 * 60 + 5, '22:05'],
  [1439, '23:59'],
])('%i minutes are %s, and back', (minute, time) => {
  expect(timeOf(minute)).toBe(time);
  expect(minuteOf(time)).toBe(minute);
});

test('an empty field is no time', () => {
  expect(minuteOf('')).toBeNaN();
});
