/**
 * What the engine tells the world: frozen, plain data, at most four times a second. `TorrentSummary` is cheap for a
 * torrent of any size; `TorrentDetail` adds what grows with it (files, peers, trackers) and is asked for.
 * Units are bytes, bytes per second and seconds; times are ISO 8601 (shared with API.md).
 */
import type { CoolingTorrent } from './cooldown.ts';
import type { InfoHash } from './ids.ts';
import type { TorrentStatistics } from './statistics.ts';
import type { AlternativeSwitch } from './settings.ts';

export type TorrentState =
  'queued' | 'metadata' | 'checking' | 'downloading' | 'seeding' | 'complete' | 'paused' | 'failed';

export type Priority = 'high' | 'normal' | 'low';

/**
 * - `waiting`: it began or went on a moment ago, and nothing has come yet;
 * - `no-peers`: nobody is connected, and the trackers know of nobody or have not been asked for long;
 * - `only-native-peers`: nobody is connected though somebody is known of, or all trackers are for apps that are no web page;
 * - `tracker-unreachable`: nobody is connected, and no tracker can be reached;
 * - `no-seeds`: pieces are missing that none of the connected peers has;
 * - `stalled`: peers are connected and nothing has come for `Settings.healthCheckIntervalS`;
 * - `slow-disk`: storage takes longer than the network;
 * - `storage-full`, `storage`, `evicted`: there is no room; writing failed; the browser took stored bytes away;
 * - `offline`: the network is away, or neither peers nor trackers that were there can be reached any more;
 * - `verifying`: what is stored is being hashed;
 * - `failed`: it cannot go on without a person.
 */
export type HealthKind =
  | 'ok'
  | 'waiting'
  | 'no-peers'
  | 'no-seeds'
  | 'only-native-peers'
  | 'tracker-unreachable'
  | 'stalled'
  | 'slow-disk'
  | 'storage'
  | 'storage-full'
  | 'evicted'
  | 'offline'
  | 'verifying'
  | 'failed';

export interface TorrentHealth {
  readonly kind: HealthKind;
  /** What is going on and what to do, for a person. Empty when it is `ok`. */
  readonly message: string;
  /** When it came to be of this kind, as far as this engine has seen. */
  readonly since: string;
  /** What that is concluded from: at most 8 short facts, for a person. */
  readonly evidence: readonly string[];
  /** For `storage-full`: the room the rest of the torrent needs. For `evicted`: the bytes the browser took away. */
  readonly neededBytes?: number;
  /** For `storage-full`: bytes that were to be had when it was last tried. */
  readonly freeBytes?: number;
}

/** Stored pieces being hashed again, on request or because storage changed behind our back. */
export interface CheckSnapshot {
  /** 0 to 1. */
  readonly progress: number;
  readonly isPaused: boolean;
}

/** The description of a torrent that is known by its link alone, on its way from peers. */
export interface MetadataSnapshot {
  readonly receivedBytes: number;
  /** As peers say; what they say may be wrong. */
  readonly sizeBytes: number;
}

export interface TorrentSummary {
  readonly infoHash: InfoHash;
  readonly name: string;
  readonly magnet: string;
  readonly state: TorrentState;
  /** Joined only to learn what is inside; nothing is downloaded until `start`. Never listed in the library. */
  readonly isHeld: boolean;
  /** 0 to 1, of the selected bytes. */
  readonly progress: number;
  /** 0 while the metadata is not known. */
  readonly lengthBytes: number;
  readonly selectedBytes: number;
  /** Verified bytes of the selection. */
  readonly downloadedBytes: number;
  /** Room the torrent takes in storage: extents are made whole, so this runs ahead of what is verified. */
  readonly storedBytes: number;
  readonly uploadedBytes: number;
  /** Received and thrown away: hash failures and duplicates. */
  readonly wastedBytes: number;
  readonly downloadBps: number;
  readonly uploadBps: number;
  readonly ratio: number;
  readonly etaS: number | null;
  readonly pieceLength: number;
  readonly pieceCount: number;
  readonly piecesHave: number;
  readonly priority: Priority;
  /** A person started it beside the limits of the queue. */
  readonly isForced: boolean;
  /** Place among those that wait for the same (metadata, download, or sharing when complete): 1 is the next; 0 when it waits for no turn. */
  readonly queuePosition: number;
  /**
   * False: opened only to be watched, and removed when it was not used for `EngineSnapshot.cleanupIdleS`. True also while it is
   * shared by choice (super-seeded, forced to run).
   */
  readonly keepOffline: boolean;
  readonly addedAt: string;
  readonly completedAt: string | null;
  readonly isPrivate: boolean;
  readonly health: TorrentHealth;
  /** `null` when it is known, or while nobody who is connected says that they have it. */
  readonly metadata: MetadataSnapshot | null;
  /** `null` when nothing is being checked. */
  readonly check: CheckSnapshot | null;
  readonly peerCounts: {
    readonly connected: number;
    readonly seeds: number;
    readonly snubbed: number;
    readonly banned: number;
  };
  readonly fileCount: number;
  /** Index of the file a person most likely wants to play, or `null`. */
  readonly mainFileIndex: number | null;
}

export interface TorrentFile {
  readonly index: number;
  /** Made safe for any file system, `/` between elements, the torrent's folder first when it has one. */
  readonly path: string;
  readonly lengthBytes: number;
  readonly downloadedBytes: number;
  readonly progress: number;
  readonly selected: boolean;
  readonly priority: Priority;
  /** A media type that the stream answers inline. */
  readonly isStreamable: boolean;
  readonly canPlay: 'native' | 'remux' | 'no';
  readonly streamUrl: string;
}

export interface PeerSnapshot {
  readonly id: string;
  readonly client: string;
  readonly kind: 'webrtc' | 'webseed';
  /** Where it is, with its port if that is known; `null` for a web seed, and where the browser does not tell. */
  readonly address: string | null;
  readonly downloadBps: number;
  readonly uploadBps: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly progress: number;
  readonly isChoking: boolean;
  readonly isInterested: boolean;
  readonly amChoking: boolean;
  readonly amInterested: boolean;
  readonly isSnubbed: boolean;
  readonly strikes: number;
  readonly requestsInFlight: number;
}

/**
 * How a tracker failed. `refused`: no connection came about, and that was said at once; `silent`: it did not open, or does
 * not answer announces; `closed`: it opened and was lost; `garbage`: it talks nonsense; `rejected`: it says no itself.
 */
export type TrackerFailure = 'refused' | 'silent' | 'closed' | 'garbage' | 'rejected';

export interface TrackerSnapshot {
  readonly url: string;
  readonly tier: number;
  readonly state: 'working' | 'announcing' | 'waiting' | 'unreachable' | 'unsupported';
  readonly seeds: number | null;
  readonly leechers: number | null;
  /** `null` when it works, or has not been heard of. */
  readonly failure: TrackerFailure | null;
  /** For a person: what went wrong, or why the tracker is of no use to a page. */
  readonly lastError: string | null;
  readonly nextAnnounceAt: string | null;
}

export interface TorrentEvent {
  readonly at: string;
  readonly message: string;
}

/** The torrent's own, beside those of the engine; 0: none. */
export interface TorrentLimits {
  /** Payload, bytes per second; 0: no limit but the common one (`Settings`). */
  readonly downloadBps: number;
  readonly uploadBps: number;
  readonly maxConnections: number;
  /** Given ÷ the selection's size, and minutes of giving, after which it stops; `null`: as in the settings, 0: never. */
  readonly seedRatio: number | null;
  readonly seedMinutes: number | null;
}

export interface TorrentDetail extends TorrentSummary {
  readonly limits: TorrentLimits;
  /** Asked for: it takes effect when the torrent is complete. */
  readonly superSeeding: boolean;
  /** Pieces are fetched in their order, not the rarest first. */
  readonly sequential: boolean;
  readonly files: readonly TorrentFile[];
  readonly peers: readonly PeerSnapshot[];
  readonly trackers: readonly TrackerSnapshot[];
  /** Newest first, bounded. */
  readonly errors: readonly TorrentEvent[];
  readonly statistics: TorrentStatistics;
}

export interface BackpressureSnapshot {
  readonly inFlightPieces: number;
  readonly queuedPieces: number;
  readonly queuedBytes: number;
  readonly averageWriteMs: number;
  readonly isBackpressured: boolean;
}

export interface StorageSnapshot {
  readonly backend: 'opfs' | 'indexeddb' | 'memory' | 'none';
  /** Why this backend and not a better one. */
  readonly reason?: string;
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly persisted: boolean;
}

export interface ConnectionsSnapshot {
  readonly open: number;
  readonly pending: number;
  readonly budget: number;
  /** For a person: why no peer can be reached and what to do, when many were tried and none was; else `null`. */
  readonly problem: string | null;
}

/** Somebody who gave wrong data three times: refused in every torrent until the engine ends or a person lifts the ban. */
export interface Ban {
  /** Peer id as hex, URL of a web seed, or the address: what `liftBan` takes. */
  readonly id: string;
  readonly kind: 'peer' | 'webseed' | 'address';
  /** What it calls itself, or ''. */
  readonly client: string;
  /** Where it was, when that is known. */
  readonly address: string | null;
  /** Why, for a person. */
  readonly reason: string;
  readonly at: string;
  /** The torrent in which it lied last. */
  readonly infoHash: InfoHash;
}

/** Something that happened to the library as a whole and that a person should hear of once. */
export interface Notice {
  readonly id: string;
  readonly kind:
    | 'record-restored'
    | 'record-unreadable'
    | 'record-newer'
    | 'library-rebuilt'
    | 'storage-cleared'
    | 'cleaned'
    | 'engine-restarted';
  /** What happened and what to do. */
  readonly message: string;
  readonly at: string;
}

/** The rates over all torrents that hold now: bytes per second, 0 for no limit. */
export interface RatesSnapshot {
  readonly downloadBps: number;
  readonly uploadBps: number;
  readonly source: 'usual' | 'alternative';
  /** Who decides: the person by hand, or the schedule. */
  readonly switch: AlternativeSwitch;
  /** Whether the schedule has any hours. */
  readonly hasSchedule: boolean;
}

/** The session takes less than its settings allow, because the machine cannot bear more (application/adjustment.ts). */
export interface AdjustedSnapshot {
  readonly maxInFlightPieces: number;
  readonly maxConnections: number;
  readonly maxActiveDownloads: number;
  readonly reason: 'disk' | 'memory' | 'busy';
  /** For a person: what is too slow or too full, with its figure. */
  readonly message: string;
}

export interface MeterSnapshot {
  /** `null`: this browser does not say. */
  readonly isMetered: boolean | null;
  /** Transfers wait for another connection. */
  readonly isHolding: boolean;
}

export interface EngineSnapshot {
  readonly version: string;
  /** Grows by one with every snapshot of one engine. */
  readonly sequence: number;
  readonly uptimeS: number;
  readonly torrents: readonly TorrentSummary[];
  readonly downloadBps: number;
  readonly uploadBps: number;
  readonly connections: ConnectionsSnapshot;
  readonly storage: StorageSnapshot;
  readonly backpressure: BackpressureSnapshot;
  /** Bytes of stored pieces kept in memory by the read cache. */
  readonly cacheBytes: number;
  /** Bytes of the pieces under way and of the buffers kept for the next ones. */
  readonly pieceBufferBytes: number;
  /** Settings.cleanupIdleS: seconds unused after which a torrent that is not kept is removed; 0: never. */
  readonly cleanupIdleS: number;
  /** Oldest first; each stays until it is dismissed or the engine ends. */
  readonly notices: readonly Notice[];
  /** Over all torrents, oldest first, bounded. */
  readonly bans: readonly Ban[];
  /** Torrents that failed and rest, the next to be tried first; some may not be in the library. */
  readonly cooling: readonly CoolingTorrent[];
  readonly rates: RatesSnapshot;
  /** `null`: the settings hold as they are. */
  readonly adjusted: AdjustedSnapshot | null;
  readonly meter: MeterSnapshot;
}

/**
 * A snapshot as it is said over a port to one that was told the snapshot before: most torrents are as they were, and to copy
 * and compare them all costs more than all else that a page does with them.
 */
export interface SnapshotUpdate extends Omit<EngineSnapshot, 'torrents'> {
  /** Torrents that are new or not as they were: all of them in the first update of a port. */
  readonly changed: readonly TorrentSummary[];
  /** Every torrent of the snapshot, in its order; `null`: the same torrents as before in the same order. */
  readonly order: readonly InfoHash[] | null;
}
