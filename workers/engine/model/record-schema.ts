/**
 * What a kept record must look like to be believed, and how one of an older version becomes one of today's: what is read
 * may be older than this code, newer, or damaged. Each version leaves a sample under tests/fixtures/catalogue that
 * today's code must open.
 *
 * A new version: keep the schema it replaces, add the step from that one to the new one at the end of the chain.
 */
import * as v from 'valibot';
import { toInfoHash, type InfoHash } from '../../contract/ids.ts';
import type { ResumeRecord, TorrentRecord } from './catalogue.ts';
import type { StatisticsRecord } from './statistics-record.ts';
import { filePriorities, OWN_DEFAULTS } from './torrent-change.ts';

/** What came of reading a value. `newer`: a later Rill wrote it, and only that one may judge it. */
export type Reading<T> =
  | { readonly kind: 'read'; readonly record: T }
  | { readonly kind: 'newer' }
  /** `problem` says in a few words what is wrong with which field. */
  | { readonly kind: 'damaged'; readonly problem: string };

/** A record of one version made into one of the next; damaged when it is not of that version. */
type Step = (stored: unknown) => Reading<unknown>;

interface Chain<T> {
  /** The step at index i leads from version i + 1 to version i + 2. */
  readonly steps: readonly Step[];
  readonly current: v.GenericSchema<unknown, T>;
}

/** An info hash as it is kept: 40 lower-case hex digits. */
export const infoHash = v.custom<InfoHash>(
  (value) => typeof value === 'string' && toInfoHash(value) === value,
  'must be 40 lower-case hex digits',
);
const bytes = v.instance(Uint8Array, 'must be bytes');
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** A time as ISO 8601, with its zone. */
export const instant = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.check((text) => !Number.isNaN(Date.parse(text)), 'must be a time'),
);

const torrentFields = {
  infoHash,
  name: v.string(),
  infoBytes: v.nullable(bytes),
  webSeeds: v.array(v.string()),
  files: v.nullable(v.array(count)),
  addedAt: instant,
  completedAt: v.nullable(instant),
  uploadedBytes: count,
};
const resumeFields = { infoHash, generation: count, have: bytes, at: instant };

/** Rill 0.1. */
const torrentV1 = v.object({
  version: v.literal(1),
  ...torrentFields,
  trackers: v.array(v.string()),
  isPaused: v.boolean(),
});
const sinceV2 = {
  ...torrentFields,
  pausedBy: v.nullable(v.picklist(['user', 'storage-full', 'evicted'])),
  receivedBytes: count,
  wastedBytes: count,
};
/** Before trackers were kept in their tiers. */
const torrentV2 = v.object({ version: v.literal(2), ...sinceV2, trackers: v.array(v.string()) });
const sinceV3 = { ...sinceV2, trackers: v.array(v.array(v.string())) };
/** Before a torrent had limits and file priorities of its own. */
const torrentV3 = v.object({ version: v.literal(3), ...sinceV3 });
const sinceV4 = { ...sinceV3, filePriorities, superSeeding: v.boolean() };
const limits = { downloadBps: count, uploadBps: count, maxConnections: count };
/** Before there was a queue, seed limits, statistics of a torrent, and torrents that are only watched. */
const torrentV4 = v.object({ version: v.literal(4), ...sinceV4, limits: v.object(limits) });
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const torrentV5 = v.object({
  version: v.literal(5),
  ...sinceV4,
  limits: v.object({ ...limits, seedRatio: v.nullable(amount), seedMinutes: v.nullable(amount) }),
  priority: v.picklist(['high', 'normal', 'low']),
  queueOrder: v.pipe(v.number(), v.finite()),
  isForced: v.boolean(),
  pausedBy: v.nullable(v.picklist(['user', 'storage-full', 'evicted', 'seed-limit'])),
  sequential: v.boolean(),
  keepOffline: v.boolean(),
  lastUsedAt: instant,
  verifiedBytes: count,
  hashFailures: count,
  bans: count,
  activeS: count,
  seedingS: count,
}) satisfies v.GenericSchema<unknown, TorrentRecord>;

/** Rill 0.1. */
const resumeV1 = v.object({ version: v.literal(1), ...resumeFields });
const resumeV2 = v.object({
  version: v.literal(2),
  ...resumeFields,
  extents: v.nullable(
    v.array(
      v.object({ extent: count, sizeBytes: count, modifiedMs: v.pipe(v.number(), v.minValue(0)) }),
    ),
  ),
}) satisfies v.GenericSchema<unknown, ResumeRecord>;

const slots = v.pipe(v.array(count), v.maxLength(10_000));
const statisticsV1 = v.object({
  version: v.literal(1),
  since: instant,
  totals: v.object({
    downloadedBytes: count,
    uploadedBytes: count,
    verifiedBytes: count,
    wastedBytes: count,
    hashFailures: count,
    bannedPeers: count,
    activeS: count,
    seedingS: count,
    metadataCacheHits: count,
    metadataCacheMisses: count,
    uptimeS: count,
  }),
  history: v.nullable(
    v.pipe(
      v.object({
        periodS: count,
        newestSlot: count,
        downloadedBytes: slots,
        uploadedBytes: slots,
        coveredMs: slots,
      }),
      v.check(
        ({ downloadedBytes, uploadedBytes, coveredMs: { length } }) =>
          downloadedBytes.length === length && uploadedBytes.length === length,
        'must have as many slots of each kind',
      ),
    ),
  ),
}) satisfies v.GenericSchema<unknown, StatisticsRecord>;

const torrents: Chain<TorrentRecord> = {
  steps: [
    step(torrentV1, ({ isPaused, ...kept }) => ({
      ...kept,
      version: 2,
      pausedBy: isPaused ? 'user' : null,
      receivedBytes: 0,
      wastedBytes: 0,
    })),
    step(torrentV2, ({ trackers, ...kept }) => ({
      ...kept,
      version: 3,
      trackers: trackers.map((url) => [url]),
    })),
    step(torrentV3, (kept) => ({
      ...kept,
      version: 4,
      filePriorities: {},
      limits: { downloadBps: 0, uploadBps: 0, maxConnections: 0 },
      superSeeding: false,
    })),
    step(torrentV4, (kept) => ({
      ...OWN_DEFAULTS,
      ...kept,
      version: 5,
      limits: { ...OWN_DEFAULTS.limits, ...kept.limits },
      queueOrder: Date.parse(kept.addedAt),
      lastUsedAt: kept.completedAt ?? kept.addedAt,
    })),
  ],
  current: torrentV5,
};
const resumes: Chain<ResumeRecord> = {
  steps: [step(resumeV1, (kept) => ({ ...kept, version: 2, extents: null }))],
  current: resumeV2,
};
const statistics: Chain<StatisticsRecord> = { steps: [], current: statisticsV1 };
const settings: Chain<object> = {
  steps: [],
  current: v.looseObject({ version: v.literal(1) }),
};

/** The torrent that was kept under `key`. */
export function readTorrent(key: unknown, stored: unknown): Reading<TorrentRecord> {
  return ofTorrent(key, readVersioned(torrents, stored));
}

/** The checkpoint that was kept for the torrent `wanted`. */
export function readResume(wanted: InfoHash, stored: unknown): Reading<ResumeRecord> {
  return ofTorrent(wanted, readVersioned(resumes, stored));
}

/** A settings record; its fields are not yet checked (settings-schema.ts). */
export function readSettingsRecord(stored: unknown): Reading<object> {
  return readVersioned(settings, stored);
}

/** The sums of all sessions. */
export function readStatistics(stored: unknown): Reading<StatisticsRecord> {
  return readVersioned(statistics, stored);
}

function readVersioned<T>({ steps, current }: Chain<T>, stored: unknown): Reading<T> {
  const version = versionOf(stored);
  if (version === null) return { kind: 'damaged', problem: 'has no version' };
  if (version > steps.length + 1) return { kind: 'newer' };
  let value = stored;
  for (const upgrade of steps.slice(version - 1)) {
    const upgraded = upgrade(value);
    if (upgraded.kind !== 'read') return upgraded;
    value = upgraded.record;
  }
  return parse(current, value);
}

function step<Old>(schema: v.GenericSchema<unknown, Old>, toNext: (old: Old) => object): Step {
  return (stored) => {
    const reading = parse(schema, stored);
    return reading.kind === 'read' ? { kind: 'read', record: toNext(reading.record) } : reading;
  };
}

function parse<T>(schema: v.GenericSchema<unknown, T>, value: unknown): Reading<T> {
  const result = v.safeParse(schema, value);
  if (result.success) return { kind: 'read', record: result.output };
  const [issue] = result.issues;
  return { kind: 'damaged', problem: `${v.getDotPath(issue) ?? 'it'}: ${issue.message}` };
}

function ofTorrent<T extends { readonly infoHash: InfoHash }>(
  key: unknown,
  reading: Reading<T>,
): Reading<T> {
  if (reading.kind !== 'read' || reading.record.infoHash === key) return reading;
  return { kind: 'damaged', problem: 'infoHash: is that of another torrent' };
}

function versionOf(stored: unknown): number | null {
  if (typeof stored !== 'object' || stored === null || !('version' in stored)) return null;
  const { version } = stored;
  return typeof version === 'number' && Number.isSafeInteger(version) && version > 0
    ? version
    : null;
}
