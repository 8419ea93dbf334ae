/**
 * Commands: what a page, another tab or the service worker may ask of the one engine of this origin. Every port the
 * engine worker is handed serves this same interface (through Comlink, so each call is asynchronous there).
 * Arguments arrive from another context and are validated by the engine, whatever their declared type.
 */
import type { RillError, Result } from './errors.ts';
import type { InfoHash } from './ids.ts';
import type { Settings } from './settings.ts';
import type { EngineSnapshot, Priority, TorrentDetail, TorrentLimits } from './snapshot.ts';
import type { StreamHead, StreamRequest } from './stream.ts';

/** A magnet, a bare info hash (40 hex or 32 base32), an https URL or a `data:` URL of a .torrent; or its bytes. */
export type AddSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'torrent-file'; readonly bytes: Uint8Array };

export interface AddOptions {
  /** Learn what is inside and wait for `start`: no piece is asked for, and a reload forgets the torrent. */
  readonly hold?: boolean;
  /** Add without joining the swarm. */
  readonly paused?: boolean;
  /** Indexes of the files to download; all when absent. */
  readonly files?: readonly number[];
}

export interface Added {
  readonly infoHash: InfoHash;
  /** False when this engine had the torrent already. */
  readonly isNew: boolean;
}

/** What may be changed about a torrent; a field that is left out stays as it is. */
export interface TorrentChange {
  /** Indexes of the files to download. */
  readonly selected?: readonly number[];
  /** By file index; files that are not named keep theirs. */
  readonly filePriorities?: FilePriorities;
  /** 0 means no limit of the torrent's own. */
  readonly limits?: Partial<TorrentLimits>;
  /** Gives each piece out once before any of them twice (BEP 16), once the torrent is complete. */
  readonly superSeeding?: boolean;
  /** Each becomes a tier of its own, after those that are there. */
  readonly addTrackers?: readonly string[];
  readonly removeTrackers?: readonly string[];
  readonly addWebSeeds?: readonly string[];
}

/** Which files come before others and after them, by file index. A file that is not named is `normal`. */
export type FilePriorities = Readonly<Record<string, Priority>>;

export interface LibraryImport {
  readonly added: number;
  /** Torrents of the file that were here already. */
  readonly known: number;
  /** Why entries were left out, for a person. */
  readonly problems: readonly string[];
}

export interface Health {
  readonly status: 'ok' | 'degraded';
  readonly reasons: readonly string[];
  readonly version: string;
  readonly uptimeS: number;
  readonly torrents: {
    readonly active: number;
    readonly queued: number;
    readonly paused: number;
    readonly seeding: number;
    readonly failed: number;
  };
  readonly peers: number;
  readonly connections: EngineSnapshot['connections'];
  readonly storage: EngineSnapshot['storage'];
  readonly memory: {
    readonly queuedWriteBytes: number;
    readonly cacheBytes: number;
    readonly jsHeapBytes?: number;
  };
  readonly backpressure: EngineSnapshot['backpressure'];
  readonly leader: boolean;
}

export interface Engine {
  /** The first call on every port. Fails with `version-mismatch` when the two ends are of different builds. */
  hello(buildVersion: string): Result<{ readonly version: string }>;
  /** Calls back with the newest snapshot at once and then at most four times a second, until the port is closed. */
  watch(listener: (snapshot: EngineSnapshot) => void): void;
  health(): Promise<Health>;
  add(source: AddSource, options?: AddOptions): Promise<Result<Added>>;
  /** Ends a hold: downloads the given files (all when absent). */
  start(infoHash: string, files?: readonly number[]): Promise<Result<null>>;
  /** Stops all payload in both directions and leaves the trackers; what is verified stays, and so do peers, for a while. */
  pause(infoHash: string): Promise<Result<null>>;
  resume(infoHash: string): Promise<Result<null>>;
  /** All of the change is made or, when a field is refused by name, nothing of it. */
  change(infoHash: string, change: TorrentChange): Promise<Result<null>>;
  /** Asks every tracker for peers now, whenever the next time would be. */
  reannounce(infoHash: string): Promise<Result<null>>;
  /** Chooses which files are downloaded, by index. */
  select(infoHash: string, files: readonly number[]): Promise<Result<null>>;
  /** Forgets the torrent; with `data: 'delete'` its bytes are gone from storage when this resolves. */
  remove(infoHash: string, data: 'delete' | 'keep'): Promise<Result<null>>;
  /** Hashes everything that is stored of the torrent; what is bad or missing is fetched again. Pausing pauses it too. */
  recheck(infoHash: string): Promise<Result<null>>;
  torrent(infoHash: string): Result<TorrentDetail>;
  torrents(): readonly TorrentDetail[];
  settings(): Settings;
  /** Changes the given fields; a bad one is refused by name and nothing changes. */
  changeSettings(patch: Partial<Settings>): Promise<Result<Settings>>;
  /** Opens a byte range of one file; the bytes are then pulled over `port` (see stream.ts). */
  openStream(request: StreamRequest, port: MessagePort): Promise<Result<StreamHead>>;
  /** Writes down everything that is verified; resolves when it would survive a crash. */
  checkpoint(): Promise<void>;
  /** The page was frozen or the machine asleep: looks after storage and connections at once. */
  wake(): Promise<void>;
  /** The library (torrents and settings, no content) as one file, to keep or to move to another browser. */
  exportLibrary(): Promise<Result<Uint8Array>>;
  /** Adds the torrents of such a file that are not here, paused; settings are taken over. Nothing here is changed or lost. */
  importLibrary(bytes: Uint8Array): Promise<Result<LibraryImport>>;
  dismissNotice(id: string): void;
  /** Lets a banned peer, web seed or address come back, without a strike. `id` is that of EngineSnapshot.bans. */
  liftBan(id: string): Result<null>;
}

/** Messages a page sends to the engine worker itself, once, around the Comlink ports. */
export type WorkerMessage =
  | {
      readonly kind: 'start';
      readonly buildVersion: string;
      /** Absolute URL of the folder the app is served from, with its trailing slash. */
      readonly baseUrl: string;
      readonly rtcPort: MessagePort;
      /** This many seconds between checkpoints at most. */
      readonly checkpointIntervalS?: number;
      /** What became of the engine that ran in this page before: "stopped answering". */
      readonly restartedBecause?: string;
    }
  | {
      readonly kind: 'connect';
      readonly port: MessagePort;
      /** Name of a Web Lock the client holds while it lives. */
      readonly aliveLock?: string;
    }
  /** What the page hears of the network: a worker does not hear everything (DevTools' conditions, for one). */
  | { readonly kind: 'network'; readonly isOnline: boolean };

/** A worker whose event loop turns says so this often. */
export const BEAT_MS = 1_000;

/** What the engine worker says to the page that made it. */
export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: RillError }
  | { readonly kind: 'beat' };
