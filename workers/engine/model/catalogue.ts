/** The port to what the engine remembers between starts: torrents, their progress, settings. */
import type { InfoHash } from '../../contract/ids.ts';
import type { Settings } from '../../contract/settings.ts';

export interface TorrentRecord {
  readonly version: 1;
  readonly infoHash: InfoHash;
  readonly name: string;
  /** The raw bytes of `info`, or `null` while only the magnet is known. */
  readonly infoBytes: Uint8Array | null;
  readonly trackers: readonly string[];
  readonly webSeeds: readonly string[];
  /** Indexes of the files to download, or `null` for all. */
  readonly files: readonly number[] | null;
  readonly isPaused: boolean;
  readonly addedAt: string;
  readonly completedAt: string | null;
  readonly uploadedBytes: number;
}

/** A checkpoint: which pieces were verified, written and flushed when it was made. */
export interface ResumeRecord {
  readonly version: 1;
  readonly infoHash: InfoHash;
  /** Grows by one with each checkpoint of the torrent; two generations are kept. */
  readonly generation: number;
  /** BEP 3 bit order. */
  readonly have: Uint8Array;
  readonly at: string;
}

export interface Catalogue {
  /** Every readable torrent, oldest first; an unreadable record is left alone and named in `unreadable`. */
  torrents(): Promise<{
    readonly records: readonly TorrentRecord[];
    readonly unreadable: readonly string[];
  }>;
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
}
