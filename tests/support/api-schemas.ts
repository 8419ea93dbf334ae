/**
 * The answers of the local API as strict schemas: a field that is missing, of another type or not in the contract fails. The
 * types of the contract are what `satisfies` holds them to, so a field that is added there has to be added here.
 */
import * as v from 'valibot';
import { transfer } from './statistics-schema.ts';
import type { CoolingTorrent } from '../../workers/contract/cooldown.ts';
import type { Health } from '../../workers/contract/engine.ts';
import type { InfoHash } from '../../workers/contract/ids.ts';
import type { Settings } from '../../workers/contract/settings.ts';
import type {
  PeerSnapshot,
  TorrentDetail,
  TorrentFile,
  TrackerSnapshot,
} from '../../workers/contract/snapshot.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const rate = v.pipe(v.number(), v.finite(), v.minValue(0));
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const time = v.pipe(v.string(), v.isoTimestamp());
const infoHash = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{40}$/),
  v.transform((text) => text as InfoHash),
);
const priority = v.picklist(['high', 'normal', 'low']);

const health = v.strictObject({
  kind: v.picklist([
    'ok',
    'waiting',
    'no-peers',
    'no-seeds',
    'only-native-peers',
    'tracker-unreachable',
    'stalled',
    'slow-disk',
    'verifying',
    'offline',
    'storage',
    'storage-full',
    'evicted',
    'failed',
  ]),
  message: v.string(),
  since: time,
  evidence: v.array(v.string()),
  neededBytes: v.exactOptional(count),
  freeBytes: v.exactOptional(count),
});

const file = v.strictObject({
  index: count,
  path: v.pipe(v.string(), v.nonEmpty()),
  lengthBytes: count,
  downloadedBytes: count,
  progress: fraction,
  selected: v.boolean(),
  priority,
  isStreamable: v.boolean(),
  canPlay: v.picklist(['native', 'remux', 'no']),
  streamUrl: v.pipe(v.string(), v.startsWith('/')),
}) satisfies v.GenericSchema<unknown, TorrentFile>;

const peer = v.strictObject({
  id: v.string(),
  client: v.string(),
  kind: v.picklist(['webrtc', 'webseed']),
  address: v.nullable(v.string()),
  downloadBps: rate,
  uploadBps: rate,
  downloadedBytes: count,
  uploadedBytes: count,
  progress: fraction,
  isChoking: v.boolean(),
  isInterested: v.boolean(),
  amChoking: v.boolean(),
  amInterested: v.boolean(),
  isSnubbed: v.boolean(),
  strikes: count,
  requestsInFlight: count,
}) satisfies v.GenericSchema<unknown, PeerSnapshot>;

const tracker = v.strictObject({
  url: v.pipe(v.string(), v.url()),
  tier: count,
  state: v.picklist(['working', 'announcing', 'waiting', 'unreachable', 'unsupported']),
  seeds: v.nullable(count),
  leechers: v.nullable(count),
  failure: v.nullable(v.picklist(['refused', 'silent', 'closed', 'garbage', 'rejected'])),
  lastError: v.nullable(v.string()),
  nextAnnounceAt: v.nullable(time),
}) satisfies v.GenericSchema<unknown, TrackerSnapshot>;

const figures = v.strictObject(transfer);

export const torrentSchema = v.strictObject({
  infoHash,
  name: v.string(),
  magnet: v.pipe(v.string(), v.startsWith('magnet:?xt=urn:btih:')),
  state: v.picklist([
    'queued',
    'metadata',
    'checking',
    'downloading',
    'seeding',
    'complete',
    'paused',
    'failed',
  ]),
  isHeld: v.literal(false),
  progress: fraction,
  lengthBytes: count,
  selectedBytes: count,
  downloadedBytes: count,
  storedBytes: count,
  uploadedBytes: count,
  wastedBytes: count,
  downloadBps: rate,
  uploadBps: rate,
  ratio: rate,
  etaS: v.nullable(count),
  pieceLength: count,
  pieceCount: count,
  piecesHave: count,
  priority,
  queuePosition: count,
  addedAt: time,
  completedAt: v.nullable(time),
  isPrivate: v.boolean(),
  health,
  metadata: v.nullable(v.strictObject({ receivedBytes: count, sizeBytes: count })),
  check: v.nullable(v.strictObject({ progress: fraction, isPaused: v.boolean() })),
  peerCounts: v.strictObject({ connected: count, seeds: count, snubbed: count, banned: count }),
  fileCount: count,
  mainFileIndex: v.nullable(count),
  limits: v.strictObject({
    downloadBps: count,
    uploadBps: count,
    maxConnections: count,
    seedRatio: v.nullable(rate),
    seedMinutes: v.nullable(rate),
  }),
  superSeeding: v.boolean(),
  statistics: v.strictObject({ session: figures, lifetime: figures }),
  isForced: v.boolean(),
  sequential: v.boolean(),
  keepOffline: v.boolean(),
  files: v.array(file),
  peers: v.array(peer),
  trackers: v.array(tracker),
  errors: v.array(v.strictObject({ at: time, message: v.string() })),
}) satisfies v.GenericSchema<unknown, TorrentDetail>;

export const torrentsSchema = v.strictObject({ torrents: v.array(torrentSchema) });

export const healthSchema = v.strictObject({
  status: v.picklist(['ok', 'degraded']),
  reasons: v.array(v.string()),
  version: v.string(),
  uptimeS: count,
  torrents: v.strictObject({
    active: count,
    queued: count,
    paused: count,
    seeding: count,
    failed: count,
  }),
  peers: count,
  connections: v.strictObject({
    open: count,
    pending: count,
    budget: count,
    problem: v.nullable(v.string()),
  }),
  storage: v.strictObject({
    backend: v.picklist(['opfs', 'indexeddb', 'memory', 'none']),
    reason: v.exactOptional(v.string()),
    usedBytes: count,
    quotaBytes: count,
    persisted: v.boolean(),
  }),
  memory: v.strictObject({
    queuedWriteBytes: count,
    cacheBytes: count,
    pieceBufferBytes: count,
    jsHeapBytes: v.exactOptional(count),
  }),
  backpressure: v.strictObject({
    inFlightPieces: count,
    queuedPieces: count,
    queuedBytes: count,
    averageWriteMs: rate,
    isBackpressured: v.boolean(),
  }),
  leader: v.literal(true),
}) satisfies v.GenericSchema<unknown, Health>;

export const settingsSchema = v.strictObject({
  trackers: v.array(v.string()),
  announceToAllTiers: v.boolean(),
  stunServers: v.array(v.string()),
  turnServers: v.array(
    v.strictObject({ url: v.string(), username: v.string(), credential: v.string() }),
  ),
  relayOnly: v.boolean(),
  maxConnections: count,
  maxConnectionsPerTorrent: count,
  writeQueueBytes: count,
  readCacheBytes: count,
  maxInFlightPieces: count,
  uploadSlots: count,
  maxActiveDownloads: count,
  maxActiveSeeds: count,
  maxActiveMetadata: count,
  metadataCacheS: count,
  cleanupIdleS: count,
  alternativeRates: v.strictObject({
    downloadBps: count,
    uploadBps: count,
    schedule: v.array(v.strictObject({ days: v.array(count), fromMinute: count, toMinute: count })),
  }),
  alternativeSwitch: v.picklist(['on', 'off', 'schedule']),
  pauseOnMetered: v.boolean(),
  seedRatio: rate,
  seedMinutes: count,
  seedUntilOthers: v.boolean(),
  memoryBytes: count,
  autoResume: v.boolean(),
  downloadBps: count,
  uploadBps: count,
  cooldownS: v.strictObject({ noPeers: count, timeout: count, connection: count }),
  metadataTimeoutS: count,
  healthCheckIntervalS: count,
  maxRetries: count,
  retryBackoffFactor: rate,
  rateLimits: v.strictObject({ addsPerMinute: count, metadataPerMinute: count }),
  verifyOnResume: v.boolean(),
}) satisfies v.GenericSchema<unknown, Settings>;

export const failedSchema = v.array(
  v.strictObject({
    infoHash,
    name: v.string(),
    reason: v.picklist(['no-peers', 'timeout', 'connection']),
    retryAfterS: v.pipe(count, v.minValue(1)),
    attempts: v.pipe(count, v.minValue(1)),
    since: time,
  }),
) satisfies v.GenericSchema<unknown, readonly CoolingTorrent[]>;

/** The body of every failure: `message` tells a person what to do next. */
export const errorSchema = v.strictObject({
  error: v.strictObject({
    kind: v.pipe(v.string(), v.regex(/^[a-z-]+$/)),
    message: v.pipe(v.string(), v.regex(/\w.+[.?]$/)),
    field: v.exactOptional(v.string()),
    retryAfterS: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
    neededBytes: v.exactOptional(count),
    freeBytes: v.exactOptional(count),
  }),
});

/** What of an answer is not as its schema says, one line each; nothing when all is. */
export function violationsOf(schema: v.GenericSchema, body: unknown): readonly string[] {
  const parsed = v.safeParse(schema, body);
  if (parsed.success) return [];
  return parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'body'}: ${issue.message}`);
}
