/** What is kept of all that was ever moved, whether its torrents are still here or not: one small record. */
import type { StatisticsTotals } from '../../contract/statistics.ts';

/** Sums over all sessions; ratios follow from them. */
export type KeptTotals = Omit<StatisticsTotals, 'ratio'>;

/** A ring of rates (application/rate-history.ts): bytes, and the milliseconds they took, of each slot, oldest first. */
export interface SavedRates {
  readonly periodS: number;
  /** Slot n is the stretch from `n × periodS` seconds since 1970 on; this is the number of the last one. */
  readonly newestSlot: number;
  /** The three are of one length. */
  readonly downloadedBytes: readonly number[];
  readonly uploadedBytes: readonly number[];
  readonly coveredMs: readonly number[];
}

export interface StatisticsRecord {
  readonly version: 1;
  /** When counting began. */
  readonly since: string;
  readonly totals: KeptTotals;
  /** `null` while nothing was measured. */
  readonly history: SavedRates | null;
}
