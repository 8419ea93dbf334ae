// Records of the catalogue as tests want them.
import type { InfoHash } from '../../workers/contract/ids.ts';
import { OWN_DEFAULTS } from '../../workers/engine/model/torrent-change.ts';
import type { ResumeRecord, TorrentRecord } from '../../workers/engine/model/catalogue.ts';
import type { StatisticsRecord } from '../../workers/engine/model/statistics-record.ts';

/** The n-th info hash, the same in each run: 40 hex digits that end in n. */
export function hashOf(n: number): InfoHash {
  return n.toString(16).padStart(40, '0') as InfoHash;
}

export function torrentRecord(change: Partial<TorrentRecord> = {}): TorrentRecord {
  return {
    version: 5,
    infoHash: hashOf(1),
    name: 'A film',
    infoBytes: Uint8Array.of(100, 101),
    trackers: [['wss://tracker.example']],
    webSeeds: [],
    files: null,
    ...OWN_DEFAULTS,
    pausedBy: null,
    addedAt: '2026-11-20T09:00:00.000Z',
    queueOrder: 1_795_165_200_000,
    lastUsedAt: '2026-11-20T09:00:00.000Z',
    completedAt: null,
    uploadedBytes: 7,
    receivedBytes: 8,
    wastedBytes: 9,
    ...change,
  };
}

export function statisticsRecord(change: Partial<StatisticsRecord> = {}): StatisticsRecord {
  return {
    version: 1,
    since: '2026-11-20T09:00:00.000Z',
    totals: {
      downloadedBytes: 5_000_000_000,
      uploadedBytes: 7_000_000_000,
      verifiedBytes: 4_900_000_000,
      wastedBytes: 1_000_000,
      hashFailures: 3,
      bannedPeers: 1,
      activeS: 90_000,
      seedingS: 60_000,
      metadataCacheHits: 4,
      metadataCacheMisses: 6,
      uptimeS: 100_000,
    },
    history: null,
    ...change,
  };
}

export function resumeRecord(change: Partial<ResumeRecord> = {}): ResumeRecord {
  return {
    version: 2,
    infoHash: hashOf(1),
    generation: 1,
    have: Uint8Array.of(1),
    extents: [{ extent: 0, sizeBytes: 100, modifiedMs: 5 }],
    at: '2026-11-20T09:00:00.000Z',
    ...change,
  };
}
