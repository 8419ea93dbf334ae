import { LOCALE } from './locale.ts';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;
const formatters = UNITS.map((unit, power) => {
  const options = { style: 'unit', unit, unitDisplay: power === 0 ? 'long' : 'short' } as const;
  return {
    fine: new Intl.NumberFormat(LOCALE, { ...options, maximumFractionDigits: power === 0 ? 0 : 1 }),
    coarse: new Intl.NumberFormat(LOCALE, { ...options, maximumFractionDigits: 0 }),
  };
});

/** Decimal units, one digit after the point below 100: `1.5 GB`, `240 MB`, `0 bytes`. Negative counts as 0. */
export function formatBytes(bytes: number): string {
  let value = Number.isFinite(bytes) ? Math.max(0, bytes) : 0;
  let power = 0;
  // 999.95 would be shown as "1,000": go up one unit where rounding crosses over.
  while (value >= (power === 0 ? 1000 : 999.5) && power < UNITS.length - 1) {
    value /= 1000;
    power += 1;
  }
  const formatter = formatters[power];
  if (!formatter) return '';
  return (value < 99.95 ? formatter.fine : formatter.coarse).format(value);
}
