import { formatBytes } from './format-bytes.ts';
import { LOCALE } from './locale.ts';

const kilobytes = new Intl.NumberFormat(LOCALE, {
  style: 'unit',
  unit: 'kilobyte',
  unitDisplay: 'short',
  maximumFractionDigits: 1,
});

/** Bytes per second as `1.5 MB/s`, and never less than a tenth of a kilobyte: below that there is no rate to speak of. */
export function formatRate(bytesPerSecond: number): string {
  const text = !(bytesPerSecond >= 1000)
    ? kilobytes.format(Math.max(0, bytesPerSecond || 0) / 1000)
    : formatBytes(bytesPerSecond);
  return `${text}/s`;
}
