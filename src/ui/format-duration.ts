import { LOCALE } from './locale.ts';

const STEPS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const;

type Unit = (typeof STEPS)[number]['unit'];

function formatUnit(value: number, unit: Unit): string {
  return new Intl.NumberFormat(LOCALE, { style: 'unit', unit, unitDisplay: 'narrow' }).format(
    value,
  );
}

/** The two largest units, `2h 5m`; seconds only below ten minutes. Over 30 days, and unknown, is an empty text. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds) || seconds < 0) return '';
  if (seconds > 30 * 86_400) return '';
  let rest = seconds >= 600 ? Math.round(seconds / 60) * 60 : Math.ceil(seconds);
  const parts: string[] = [];
  for (const { unit, seconds: size } of STEPS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(formatUnit(count, unit));
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || formatUnit(0, 'second');
}

/** As `formatDuration`, and where that would be empty for being long, whole days: `45 days`. */
export function formatLongDuration(seconds: number): string {
  return formatDuration(seconds) || days.format(Math.floor(seconds / 86_400));
}

const days = new Intl.NumberFormat(LOCALE, { style: 'unit', unit: 'day', unitDisplay: 'long' });
