import { LOCALE } from './locale.ts';

const formatter = new Intl.NumberFormat(LOCALE, { style: 'percent', maximumFractionDigits: 0 });

/** 0 to 1 as `42%`. Rounded down, so that only what is finished says 100%. */
export function formatPercent(fraction: number): string {
  const percent = Number.isFinite(fraction) ? Math.min(Math.max(fraction, 0), 1) : 0;
  return formatter.format(Math.floor(percent * 100 + 1e-9) / 100);
}
