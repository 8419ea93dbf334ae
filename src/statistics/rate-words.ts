/** A stretch of the rate history in words and in a few rows, for those to whom a graph says nothing. */
import type { RateSeries } from '../../workers/contract/statistics.ts';
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

/**
 * What the graph shows, in a sentence. `span` says of how long: "5 minutes". Not how much was moved: a stretch in which Rill
 * ran for a part only has the rate of that part.
 */
export function describeRates({ downloadBps, uploadBps }: RateSeries, span: string): string {
  const part = (rates: readonly (number | null)[], direction: string) => {
    const most = Math.max(...rates.map((bps) => bps ?? 0));
    const mean = formatRate(meanOf(rates) ?? 0);
    return `${mean} ${direction} on average, ${formatRate(most)} at most`;
  };
  if (meanOf(downloadBps) === null) return `Nothing is known of the last ${span} yet.`;
  return `In the last ${span}: ${part(downloadBps, 'down')}; ${part(uploadBps, 'up')}.`;
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
