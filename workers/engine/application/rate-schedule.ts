/**
 * Which rates hold now: the usual ones, or the alternative ones of the settings: pure.
 *
 * Invariants:
 * - a person's switch goes before the schedule, and stays until it is set back to it;
 * - a period belongs to the day it begins on: one over midnight holds on the morning after, whatever that day is;
 * - it holds from its first minute up to but not including its last; one that ends as it begins lasts a whole day.
 *
 * Daylight saving: what counts is what the wall clock shows. In the night when clocks go forward the minutes that are skipped
 * belong to no period: one that would begin within them holds from the moment after, one that lies wholly within them does not
 * come. In the night when they go back the minutes that come twice count twice.
 */
import type { RatePeriod, Settings } from '../../contract/settings.ts';
import type { RatesSnapshot } from '../../contract/snapshot.ts';
import type { LocalTime } from '../model/deps.ts';

type RateSettings = Pick<
  Settings,
  'downloadBps' | 'uploadBps' | 'alternativeRates' | 'alternativeSwitch'
>;

export function ratesAt(settings: RateSettings, now: LocalTime): RatesSnapshot {
  const { alternativeRates, alternativeSwitch } = settings;
  const isAlternative =
    alternativeSwitch === 'on' ||
    (alternativeSwitch === 'schedule' &&
      alternativeRates.schedule.some((period) => holdsAt(period, now)));
  const { downloadBps, uploadBps } = isAlternative ? alternativeRates : settings;
  const source = isAlternative ? 'alternative' : 'usual';
  const hasSchedule = alternativeRates.schedule.length > 0;
  return { downloadBps, uploadBps, source, switch: alternativeSwitch, hasSchedule };
}

function holdsAt({ days, fromMinute, toMinute }: RatePeriod, { day, minute }: LocalTime): boolean {
  const isToday = days.includes(day);
  if (fromMinute < toMinute) return isToday && minute >= fromMinute && minute < toMinute;
  const wasYesterday = days.includes((day + 6) % 7);
  return (isToday && minute >= fromMinute) || (wasYesterday && minute < toMinute);
}
