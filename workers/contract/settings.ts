/** A relay of the person's own, for networks that let no direct connection through (RFC 7065). */
export interface TurnServer {
  /** `turn:` or `turns:`, a host, and if need be a port and `?transport=udp` or `tcp`. */
  readonly url: string;
  readonly username: string;
  readonly credential: string;
}

export interface CooldownSettings {
  readonly noPeers: number;
  readonly timeout: number;
  readonly connection: number;
}

export interface RateLimitSettings {
  readonly addsPerMinute: number;
  /** Of those, the ones whose content peers have to tell first: a magnet, a bare info hash. */
  readonly metadataPerMinute: number;
}

/** When the alternative rates hold: on each of `days` from one minute of the day to another, by the wall clock. */
export interface RatePeriod {
  /** 0 is Sunday, 6 Saturday: the days on which it begins. None twice. */
  readonly days: readonly number[];
  /** Minutes since midnight: 0 to 1439. */
  readonly fromMinute: number;
  /** 0 to 1439; not after `fromMinute`: on the next day, so that one that begins as it ends lasts a whole day. */
  readonly toMinute: number;
}

/** Rates instead of the usual ones: bytes per second, as `downloadBps` and `uploadBps`, and when they hold. */
export interface AlternativeRates {
  readonly downloadBps: number;
  readonly uploadBps: number;
  /** At most 20. */
  readonly schedule: readonly RatePeriod[];
}

/** `on` and `off`: a person has switched by hand; `schedule`: as the periods say. */
export type AlternativeSwitch = 'on' | 'off' | 'schedule';

/** What a person can change about the engine. Every field is validated against its range before anything changes. */
export interface Settings {
  /** `wss://` (and, from loopback, `ws://`) trackers added to every torrent that is not private. Empty: none. */
  readonly trackers: readonly string[];
  /** Every tier of trackers is announced to at once; else tiers in turn, a later one when all before it fail (BEP 12). */
  readonly announceToAllTiers: boolean;
  /** `stun:` URLs used to find this browser's own address. Empty: none. */
  readonly stunServers: readonly string[];
  /** TURN servers, used when there is no direct way to a peer; at most 5. Empty: none. */
  readonly turnServers: readonly TurnServer[];
  /** Peers are reached through the TURN servers alone and never learn this browser's own addresses. Needs one of them. */
  readonly relayOnly: boolean;
  /** PeerConnections over all torrents, open and pending: 2 to 400. Those over a smaller number are closed. */
  readonly maxConnections: number;
  /** PeerConnections of one torrent, open and pending, unless it has a limit of its own: 1 to 400. */
  readonly maxConnectionsPerTorrent: number;
  /** Torrents that download, share, or learn what is inside at once; others wait their turn: 1 to 500 each. */
  readonly maxActiveDownloads: number;
  readonly maxActiveSeeds: number;
  readonly maxActiveMetadata: number;
  /** Verified bytes that may wait for storage: 1 MiB to 512 MiB. */
  readonly writeQueueBytes: number;
  /** Bytes of stored pieces kept in memory for uploads and small reads: 0 to 512 MiB. */
  readonly readCacheBytes: number;
  /** Pieces being downloaded at once over the engine: 2 to 200. */
  readonly maxInFlightPieces: number;
  /** Peers of one torrent that are uploaded to at once, beside one that is tried out: 1 to 50. */
  readonly uploadSlots: number;
  /** Payload received and sent over all torrents, bytes per second: 1 KiB to 1 GiB; 0: no limit. */
  readonly downloadBps: number;
  readonly uploadBps: number;
  /** A download of which nothing has come for so long is stalled, and is helped: 5 s to 1 hour. */
  readonly healthCheckIntervalS: number;
  /**
   * Tries before something is given up for a while, 1 to 20: steps to get a stalled download going again, and times in a row
   * that a piece comes out wrong.
   */
  readonly maxRetries: number;
  /** Each wait after a try is so many times as long as the one before, an hour at most: 1 to 10. */
  readonly retryBackoffFactor: number;
  /** Seconds before a torrent that failed is tried again by itself, by reason (contract/cooldown.ts): each 1 s to 24 h. A shorter time holds for rests that have begun, a longer one for the next. */
  readonly cooldownS: CooldownSettings;
  /** Seconds that peers are looked for, or have, to give what is in a magnet, before it rests: 5 s to 1 h. */
  readonly metadataTimeoutS: number;
  /** Requests in any minute that no person's click asked for (the local API): each 1 to 1,000. */
  readonly rateLimits: RateLimitSettings;
  /** What holds instead of these two while it is switched on or its schedule says so. */
  readonly alternativeRates: AlternativeRates;
  readonly alternativeSwitch: AlternativeSwitch;
  /** Nothing is transferred while the browser says that the connection is paid for by the byte. */
  readonly pauseOnMetered: boolean;
  /** Given ÷ the selection's size after which a complete torrent gives no more: up to 1000; 0: never. */
  readonly seedRatio: number;
  /** Minutes of giving after which it gives no more: up to a year; 0: never. */
  readonly seedMinutes: number;
  /** These two end nothing while nobody else is known to have all of it. */
  readonly seedUntilOthers: boolean;
  /** What write queue, read cache and buffers of pieces may take together: 16 MiB to 2 GiB; they shrink to fit. */
  readonly memoryBytes: number;
  /** At a start of the app what ran goes on; else it stays paused until a person resumes it. */
  readonly autoResume: boolean;
  /** Hash everything that is stored at each start, instead of each piece before its first use. */
  readonly verifyOnResume: boolean;
  /** How long the description of a torrent that is not in the library is kept after its last use: 0 to 2,592,000 s (30 days). */
  readonly metadataCacheS: number;
  /** Unused for so long, what was opened only to be watched is removed: 60 to 2,592,000 s (30 days); 0: never. */
  readonly cleanupIdleS: number;
}

/** Public `wss` trackers seen alive on 2026-11 (FACTS.md). */
export const DEFAULT_SETTINGS: Settings = {
  trackers: [
    'wss://tracker.webtorrent.dev',
    'wss://tracker.openwebtorrent.com',
    'wss://open.ftorrent.com',
    'wss://tracker.novage.com.ua',
  ],
  announceToAllTiers: true,
  stunServers: ['stun:stun.l.google.com:19302', 'stun:global.stun.twilio.com:3478'],
  turnServers: [],
  relayOnly: false,
  maxConnections: 60,
  maxConnectionsPerTorrent: 50,
  maxActiveDownloads: 3,
  maxActiveSeeds: 5,
  maxActiveMetadata: 3,
  writeQueueBytes: 32 * 1024 * 1024,
  readCacheBytes: 16 * 1024 * 1024,
  maxInFlightPieces: 20,
  uploadSlots: 4,
  downloadBps: 0,
  uploadBps: 0,
  healthCheckIntervalS: 30,
  maxRetries: 4,
  retryBackoffFactor: 2,
  cooldownS: { noPeers: 300, timeout: 600, connection: 120 },
  metadataTimeoutS: 180,
  rateLimits: { addsPerMinute: 15, metadataPerMinute: 10 },
  alternativeRates: { downloadBps: 512 * 1024, uploadBps: 128 * 1024, schedule: [] },
  alternativeSwitch: 'schedule',
  pauseOnMetered: false,
  seedRatio: 0,
  seedMinutes: 0,
  seedUntilOthers: false,
  memoryBytes: 96 * 1024 * 1024,
  autoResume: true,
  verifyOnResume: false,
  metadataCacheS: 30 * 60,
  cleanupIdleS: 30 * 60,
};
