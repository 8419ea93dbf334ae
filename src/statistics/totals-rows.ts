/** The sums as a person reads them. */
import type { StatisticsTotals } from '../../workers/contract/statistics.ts';
import { formatBytes } from '../ui/format-bytes.ts';
import { formatLongDuration } from '../ui/format-duration.ts';
import { formatPercent } from '../ui/format-percent.ts';
import { LOCALE } from '../ui/locale.ts';

export interface TotalsRow {
  readonly label: string;
  readonly session: string;
  readonly lifetime: string;
}

export function totalsRows(session: StatisticsTotals, lifetime: StatisticsTotals): TotalsRow[] {
  const row = (label: string, text: (totals: StatisticsTotals) => string): TotalsRow => ({
    label,
    session: text(session),
    lifetime: text(lifetime),
  });
  return [
    row('Downloaded', (it) => formatBytes(it.downloadedBytes)),
    row('Uploaded', (it) => formatBytes(it.uploadedBytes)),
    row('Ratio', (it) => it.ratio.toFixed(2)),
    row('Checked and good', (it) => formatBytes(it.verifiedBytes)),
    row('Thrown away', (it) => formatBytes(it.wastedBytes)),
    row('Pieces with wrong data', (it) => counted.format(it.hashFailures)),
    row('Banned peers', (it) => counted.format(it.bannedPeers)),
    row('Metadata from the cache', (it) => shareOf(it.metadataCacheHits, it.metadataCacheMisses)),
    row('Fetching or giving', (it) => formatLongDuration(it.activeS)),
    row('Giving only', (it) => formatLongDuration(it.seedingS)),
    row('Running', (it) => formatLongDuration(it.uptimeS)),
  ];
}

function shareOf(hits: number, misses: number): string {
  const all = hits + misses;
  return all ? `${formatPercent(hits / all)} of ${counted.format(all)}` : '–';
}

const counted = new Intl.NumberFormat(LOCALE);
