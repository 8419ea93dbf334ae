/**
 * What a stored record must look like to be believed: the database may be older than this code, newer, or damaged. Each
 * version of a record leaves a sample under tests/fixtures/catalogue that today's code must open.
 */
import * as v from 'valibot';
import { toInfoHash, type InfoHash } from '../../../contract/ids.ts';
import type { ResumeRecord, TorrentRecord } from '../../model/catalogue.ts';

const infoHash = v.custom<InfoHash>(
  (value) => typeof value === 'string' && toInfoHash(value) === value,
);
const bytes = v.instance(Uint8Array);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const instant = v.pipe(v.string(), v.isoTimestamp());

const torrent = v.object({
  version: v.literal(1),
  infoHash,
  name: v.string(),
  infoBytes: v.nullable(bytes),
  trackers: v.array(v.string()),
  webSeeds: v.array(v.string()),
  files: v.nullable(v.array(count)),
  isPaused: v.boolean(),
  addedAt: instant,
  completedAt: v.nullable(instant),
  uploadedBytes: count,
}) satisfies v.GenericSchema<unknown, TorrentRecord>;

const resume = v.object({
  version: v.literal(1),
  infoHash,
  generation: count,
  have: bytes,
  at: instant,
}) satisfies v.GenericSchema<unknown, ResumeRecord>;

const settings = v.looseObject({ version: v.literal(1) });

/** The torrent stored under `key`, or `null` when it cannot be read. */
export function readTorrent(key: unknown, stored: unknown): TorrentRecord | null {
  const result = v.safeParse(torrent, stored);
  return result.success && result.output.infoHash === key ? result.output : null;
}

/** The checkpoint stored for the torrent, or `null` when it cannot be read. */
export function readResume(wanted: InfoHash, stored: unknown): ResumeRecord | null {
  const result = v.safeParse(resume, stored);
  return result.success && result.output.infoHash === wanted ? result.output : null;
}

/** The fields of a settings record, not yet checked, or `null` when the record is not one. */
export function readSettingsRecord(stored: unknown): object | null {
  return v.is(settings, stored) ? stored : null;
}
