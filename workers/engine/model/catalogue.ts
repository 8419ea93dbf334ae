/** The port to what the engine remembers between starts: torrents, their progress, settings. */
import type { FilePriorities } from '../../contract/engine.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { Notice, Priority, TorrentLimits } from '../../contract/snapshot.ts';
import type { Settings } from '../../contract/settings.ts';
import type { ExtentStamp } from '../../contract/shelf.ts';
import type { StatisticsRecord } from './statistics-record.ts';
import type { TrackerTiers } from './tracker-tiers.ts';

/**
 * Why a torrent does nothing: a person said so, storage did and it goes on by itself or on request, or it has given what it
 * was to give (application/seed-limits.ts).
 */
export type PausedBy = 'user' | 'storage-full' | 'evicted' | 'seed-limit';

export interface TorrentRecord {
  readonly version: 5;
  readonly infoHash: InfoHash;
  readonly name: string;
  /** The raw bytes of `info`, or `null` while only the magnet is known. */
  readonly infoBytes: Uint8Array | null;
  /** Its own: those that a page may reach, and those of kinds that no page can (application/add-source.ts). */
  readonly trackers: TrackerTiers;
  readonly webSeeds: readonly string[];
  /** Indexes of the files to download, or `null` for all. */
  readonly files: readonly number[] | null;
  readonly filePriorities: FilePriorities;
  readonly limits: TorrentLimits;
  readonly superSeeding: boolean;
  /** Its place in the queue: priority first, then the smaller `queueOrder`. Milliseconds of `addedAt` until a person moves it. */
  readonly priority: Priority;
  readonly queueOrder: number;
  /** Runs whatever the queue's limits are. */
  readonly isForced: boolean;
  /** Pieces are fetched in order, not rarest first. */
  readonly sequential: boolean;
  /** A person wants to have it. False for one that was opened only to be watched: cleaned up when it has not been used for a while. */
  readonly keepOffline: boolean;
  /** When a person last did something with it, or played it. */
  readonly lastUsedAt: string;
  readonly pausedBy: PausedBy | null;
  readonly addedAt: string;
  readonly completedAt: string | null;
  /** Payload over all sessions: given, received, and of that thrown away. */
  readonly uploadedBytes: number;
  readonly receivedBytes: number;
  readonly wastedBytes: number;
  /** Over all sessions: bytes whose hash was right, pieces whose hash was not, bans it brought about. */
  readonly verifiedBytes: number;
  readonly hashFailures: number;
  readonly bans: number;
  /** Over all sessions, seconds: fetching or giving, and of those complete and giving. */
  readonly activeS: number;
  readonly seedingS: number;
}

/** A checkpoint: which pieces were verified, written and flushed when it was made. */
export interface ResumeRecord {
  readonly version: 2;
  readonly infoHash: InfoHash;
  /** Grows by one with each checkpoint of the torrent; two generations are kept. */
  readonly generation: number;
  /** BEP 3 bit order. */
  readonly have: Uint8Array;
  /** Every extent that existed, as the flush left it; `null` when the record was made by a version that kept no stamps. */
  readonly extents: readonly ExtentStamp[] | null;
  readonly at: string;
}

export interface Catalogue {
  /** Every readable torrent, oldest first; what cannot be read is taken from the newest backup that has it. */
  torrents(): Promise<LibraryState>;
  saveTorrent(record: TorrentRecord): Promise<void>;
  /**
   * Forgets the torrent. Its checkpoints go with `progress: 'forget'`; with `keep` they wait beside the kept bytes, so that
   * the torrent goes on from there when it is added again.
   */
  removeTorrent(infoHash: InfoHash, progress: 'forget' | 'keep'): Promise<void>;
  /** The newest checkpoint that is readable, or `null`. */
  resume(infoHash: InfoHash): Promise<ResumeRecord | null>;
  saveResume(record: ResumeRecord): Promise<void>;
  /** The saved settings, each field checked; what is missing or unreadable has its default. */
  settings(): Promise<Settings>;
  saveSettings(settings: Settings): Promise<void>;
  /** What was saved last; `null` when there is none that can be read. */
  statistics(): Promise<StatisticsRecord | null>;
  saveStatistics(record: StatisticsRecord): Promise<void>;
  /** Keeps the library as it is now as the newest of five backups, unless the newest one is the same. */
  backUp(): Promise<void>;
}

export interface LibraryState {
  readonly records: readonly TorrentRecord[];
  /** What had to be said about reading them: which were restored, and which could not be. */
  readonly notices: readonly Pick<Notice, 'kind' | 'message'>[];
}
