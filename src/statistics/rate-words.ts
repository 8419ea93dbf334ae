/** A stretch of the rate history in words and in a few rows, for those to whom a graph says nothing. */
import type { RateSeries } from '../../workers/contract/statistics.ts';
import { formatBytes } from '../ui/format-bytes.ts';
import { formatRate } from '../ui/format-rate.ts';
import { LOCALE } from '../ui/locale.ts';

export interface RateRow {
  /** When it began, milliseconds since 1970. */
  readonly startMs: number;
  /** Means of what is known; `null`: nothing is. */
  readonly downloadBps: number | null;
  readonly uploadBps: number | null;
}

/** The series in at most `count` rows of the same length, newest first. */
export function rowsOf(series: RateSeries, count: number): readonly RateRow[] {
  const { downloadBps, uploadBps, periodS } = series;
  const size = Math.ceil(downloadBps.length / count);
  const startMs = Date.parse(series.startAt);
  const rows: RateRow[] = [];
  for (let i = 0; i < downloadBps.length; i += size) {
    rows.push({
      startMs: startMs + i * periodS * 1000,
      downloadBps: meanOf(downloadBps.slice(i, i + size)),
      uploadBps: meanOf(uploadBps.slice(i, i + size)),
    });
  }
  return rows.toReversed();
}

/** What the graph shows, as one or two sentences. `span` says of how long: "5 minutes". */
export function describeRates(
  { downloadBps, uploadBps, periodS }: RateSeries,
  span: string,
): string {
  const down = downloadBps.filter((bps) => bps !== null);
  const up = uploadBps.filter((bps) => bps !== null);
  if (down.length === 0) return `Nothing is known of the last ${span} yet.`;
  const part = (rates: readonly number[]) => {
    const sum = rates.reduce((total, bps) => total + bps, 0);
    return `${formatBytes(sum * periodS)}, at most ${formatRate(Math.max(...rates))}`;
  };
  return `In the last ${span}: ${part(down)} down; ${part(up)} up.`;
}

/** A time of day; with seconds for stretches that are shorter than a minute. */
export function formatTime(ms: number, isFine: boolean): string {
  return (isFine ? fine : coarse).format(ms);
}

const coarse = new Intl.DateTimeFormat(LOCALE, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const fine = new Intl.DateTimeFormat(LOCALE, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

function meanOf(rates: readonly (number | null)[]): number | null {
  const known = rates.filter((bps) => bps !== null);
  return known.length ? known.reduce((sum, bps) => sum + bps, 0) / known.length : null;
}
