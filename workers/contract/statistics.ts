/**
 * What was moved and how it went: sums and rates over time (API.md: `GET /api/statistics`). Plain data; bytes, bytes per
 * second, seconds; times are ISO 8601. "Session": since this engine started. "Lifetime": over all sessions in this browser.
 */

/** Counts that only grow, of one torrent or of all that there ever were. */
export interface TransferFigures {
  /** Payload received, what was thrown away included. */
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Received in pieces whose hash was right, and stored. */
  readonly verifiedBytes: number;
  /** Received and thrown away: pieces whose hash was wrong, and blocks that came twice. */
  readonly wastedBytes: number;
  /** Pieces whose hash was wrong. */
  readonly hashFailures: number;
  /** Bans of peers, web seeds and addresses that gave wrong data; one that was lifted still counts. */
  readonly bannedPeers: number;
  /** Seconds fetching or giving: on, neither waiting its turn nor cut off from the network. Of all: seconds in which any torrent was. */
  readonly activeS: number;
  /** Of those, seconds complete and giving. */
  readonly seedingS: number;
}

export interface TorrentStatistics {
  readonly session: TransferFigures;
  readonly lifetime: TransferFigures;
}

export interface StatisticsTotals extends TransferFigures {
  /** Uploaded ÷ downloaded; 0 while nothing was downloaded. */
  readonly ratio: number;
  readonly metadataCacheHits: number;
  readonly metadataCacheMisses: number;
  readonly uptimeS: number;
}

/** Mean rates of equal stretches of time, oldest first. */
export interface RateSeries {
  /** How long each stretch is, in seconds. */
  readonly periodS: number;
  /** When the first stretch began. Stretch i began `i × periodS` later; the last one may still be under way. */
  readonly startAt: string;
  /** `null`: nothing is known, as Rill did not run. Both lists are of one length. */
  readonly downloadBps: readonly (number | null)[];
  readonly uploadBps: readonly (number | null)[];
}

export interface Statistics {
  /** When lifetime begins: the first start of a Rill that counts. */
  readonly since: string;
  readonly session: StatisticsTotals;
  readonly lifetime: StatisticsTotals;
  /** Over all torrents, finest first: 5 minutes by the second, an hour by ten seconds, a day by five minutes. */
  readonly history: readonly RateSeries[];
}
