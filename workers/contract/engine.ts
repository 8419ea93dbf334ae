/**
 * Commands: what a page, another tab or the service worker may ask of the one engine of this origin. Every port the
 * engine worker is handed serves this same interface (through Comlink, so each call is asynchronous there).
 * Arguments arrive from another context and are validated by the engine, whatever their declared type.
 */
import type { CoolingTorrent, Origin, RateLimitState } from './cooldown.ts';
import type { RillError, Result } from './errors.ts';
import type { EventPage } from './events.ts';
import type { InfoHash } from './ids.ts';
import type { Settings } from './settings.ts';
import type {
  EngineSnapshot,
  Priority,
  SnapshotUpdate,
  TorrentDetail,
  TorrentLimits,
} from './snapshot.ts';
import type { RateSeries, Statistics } from './statistics.ts';
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
  /** Which torrents have their turn before it and after it; `normal` when absent. */
  readonly priority?: Priority;
  /** False: opened only to be watched, see `StartOptions`. */
  readonly keepOffline?: boolean;
}

export interface StartOptions {
  /**
   * True when absent. False: only to be watched. What plays is fetched, in order; the torrent goes with its data when it has not
   * been used for `Settings.cleanupIdleS`.
   */
  readonly keepOffline?: boolean;
}

/** Where a torrent goes among those of its kind and priority. */
export type QueueMove = 'top' | 'up' | 'down' | 'bottom';

export interface Added {
  readonly infoHash: InfoHash;
  /** False when this engine had the torrent already. */
  readonly isNew: boolean;
  /** What is left of the limits that the request counted for; none for a person's. */
  readonly rateLimits?: readonly RateLimitState[];
}

/** What may be changed about a torrent; a field that is left out stays as it is. */
export interface TorrentChange {
  /** Indexes of the files to download. */
  readonly selected?: readonly number[];
  /** By file index; files that are not named keep theirs. */
  readonly filePriorities?: FilePriorities;
  /** 0 means no limit of the torrent's own; what TorrentLimits says of the seed limits. */
  readonly limits?: Partial<TorrentLimits>;
  /** Gives each piece out once before any of them twice (BEP 16), once the torrent is complete. */
  readonly superSeeding?: boolean;
  /** Which torrents have their turn before it and after it. */
  readonly priority?: Priority;
  /** Runs beside the limits of the queue and takes nobody's place, until it is complete or told otherwise. */
  readonly isForced?: boolean;
  /** Fetches pieces in their order instead of the rarest first. */
  readonly sequential?: boolean;
  /** False: it is removed with its data when it has not been used for `Settings.cleanupIdleS`. */
  readonly keepOffline?: boolean;
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
    readonly pieceBufferBytes: number;
    readonly jsHeapBytes?: number;
  };
  readonly backpressure: EngineSnapshot['backpressure'];
  readonly leader: boolean;
}

export interface Engine {
  /** The first call on every port. Fails with `version-mismatch` when the two ends are of different builds. */
  hello(buildVersion: string): Result<{ readonly version: string }>;
  /** Calls back with the newest snapshot at once and then with what is new of it at most four times a second, until the port is closed. */
  watch(listener: (update: SnapshotUpdate) => void): void;
  /**
   * What happened after the event of id `since` (`null`: from now on) and is still in the log, at most `limit` (1 to 2,000)
   * at once. With `waitMs` (to 30,000) the answer waits that long for a first one: asked again and again with the `next` of
   * the last answer this is the log as it grows. A caller that goes away leaves nothing behind.
   */
  events(since: number | null, limit: number, waitMs?: number): Promise<Result<EventPage>>;
  health(): Promise<Health>;
  add(source: AddSource, options?: AddOptions): Promise<Result<Added>>;
  /** Ends a hold: downloads the given files (all when absent). */
  start(infoHash: string, files?: readonly number[], options?: StartOptions): Promise<Result<null>>;
  /** A person plays something of it right now. Players say so every minute: what is finished plays without the engine. */
  played(infoHash: string): Promise<Result<null>>;
  /** Stops all payload in both directions and leaves the trackers; what is verified stays, and so do peers, for a while. */
  pause(infoHash: string): Promise<Result<null>>;
  resume(infoHash: string): Promise<Result<null>>;
  /** All of the change is made or, when a field is refused by name, nothing of it. */
  change(infoHash: string, change: TorrentChange): Promise<Result<null>>;
  /** Asks every tracker for peers now, whenever the next time would be. */
  reannounce(infoHash: string): Promise<Result<null>>;
  /** Moves it in the queue. Priority comes before place: the top is that of its own priority. */
  moveInQueue(infoHash: string, to: QueueMove): Promise<Result<null>>;
  /** Chooses which files are downloaded, by index. */
  select(infoHash: string, files: readonly number[]): Promise<Result<null>>;
  /** Forgets the torrent; with `data: 'delete'` its bytes are gone from storage when this resolves. */
  remove(infoHash: string, data: 'delete' | 'keep'): Promise<Result<null>>;
  /** Hashes everything that is stored of the torrent; what is bad or missing is fetched again. Pausing pauses it too. */
  recheck(infoHash: string): Promise<Result<null>>;
  torrent(infoHash: string): Result<TorrentDetail>;
  torrents(): readonly TorrentDetail[];
  /** Sums of all that was moved, and the rates of the last day. */
  statistics(): Statistics;
  /** The torrent's own rates of the last five minutes, by the second. */
  torrentRates(infoHash: string): Result<RateSeries>;
  settings(): Settings;
  /** Changes the given fields; a bad one is refused by name and nothing changes. */
  changeSettings(patch: Partial<Settings>): Promise<Result<Settings>>;
  /** Opens a byte range of one file; the bytes are then pulled over `port` (see stream.ts). */
  openStream(request: StreamRequest, port: MessagePort): Promise<Result<StreamHead>>;
  /** Writes down everything that is verified; resolves when it would survive a crash. */
  checkpoint(): Promise<void>;
  /** The page was frozen or the machine asleep: looks after storage and connections at once. */
  wake(): Promise<void>;
  /**
   * The library (torrents and settings, no content, no passwords of TURN servers) as one file, to keep or to move to another
   * browser.
   */
  exportLibrary(): Promise<Result<Uint8Array>>;
  /**
   * Adds the torrents of such a file that are not here, paused; settings are taken over, but for TURN servers without a password.
   * No torrent and no TURN server that is here is changed or lost.
   */
  importLibrary(bytes: Uint8Array): Promise<Result<LibraryImport>>;
  /** What failed and rests (`cooldown` is the answer to a script that asks for one of them), next to be tried first. */
  cooling(): readonly CoolingTorrent[];
  /** Ends the rest of one torrent, or of all: those of the library are tried at once. One that does not rest is no failure. */
  clearCooldown(infoHash?: string): Result<null>;
  dismissNotice(id: string): void;
  /** Lets a banned peer, web seed or address come back, without a strike. `id` is that of EngineSnapshot.bans. */
  liftBan(id: string): Result<null>;
}

/** What was before an engine that is no start of the app: then it goes on with what ran, whatever `autoResume` says. */
export interface EngineBefore {
  /** What became of the engine that ran in this page before: "stopped answering". */
  readonly restartedBecause?: string;
  /** The app ran in another tab until now. */
  readonly isTakeover?: boolean;
}

/** Messages a page sends to the engine worker itself, once, around the Comlink ports. */
export type WorkerMessage =
  | ({
      readonly kind: 'start';
      readonly buildVersion: string;
      /** Absolute URL of the folder the app is served from, with its trailing slash. */
      readonly baseUrl: string;
      readonly rtcPort: MessagePort;
      /** This many seconds between checkpoints at most. */
      readonly checkpointIntervalS?: number;
      /** This many seconds between looks for what was only watched and may go. */
      readonly cleanupPeriodS?: number;
    } & EngineBefore)
  | {
      readonly kind: 'connect';
      readonly port: MessagePort;
      /** Name of a Web Lock the client holds while it lives. */
      readonly aliveLock?: string;
      /** Whose commands come over it; a person's when absent. */
      readonly origin?: Origin;
    }
  /** What the page hears of the network: a worker does not hear everything (DevTools' conditions, for one). */
  | { readonly kind: 'network'; readonly isOnline: boolean }
  /** Whether the connection is paid for by the byte, or the person saves data; `null`: the browser does not say. */
  | { readonly kind: 'metered'; readonly isMetered: boolean | null };

/** A worker whose event loop turns says so this often. */
export const BEAT_MS = 1_000;

/** What the engine worker says to the page that made it. */
export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: RillError }
  | { readonly kind: 'beat' };
