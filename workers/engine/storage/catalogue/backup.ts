/** One backup: the library as it was at one time, as JSON. Info bytes are kept beside it, once for all backups. */
import * as v from 'valibot';
import type { InfoHash } from '../../../contract/ids.ts';
import type { Settings } from '../../../contract/settings.ts';
import type { TorrentRecord } from '../../model/catalogue.ts';
import { infoHash, instant, readTorrent } from '../../model/record-schema.ts';
import { readSettings } from '../../model/settings-schema.ts';

export type TorrentEntry = Omit<TorrentRecord, 'infoBytes'> & { readonly hasInfo: boolean };

export interface Backup {
  /** When, ISO 8601. */
  readonly at: string;
  /** What the names of the databases it was made from begin with. */
  readonly names: string;
  /** Torrents removed while the usual databases did not open, which may still hold them. */
  readonly removed: readonly InfoHash[];
  /** `null` when none were ever saved. */
  readonly settings: Settings | null;
  readonly torrents: readonly TorrentEntry[];
}

const VERSION = 1;

const file = v.object({
  format: v.literal('rill-backup'),
  version: v.literal(VERSION),
  at: instant,
  names: v.string(),
  removed: v.array(infoHash),
  settings: v.nullable(v.looseObject({})),
  torrents: v.array(v.looseObject({ infoHash, hasInfo: v.boolean() })),
});

/** What a backup keeps of a record; the fields are always in this order, so equal entries are equal as text. */
export function toEntry(record: TorrentRecord): TorrentEntry {
  return {
    version: record.version,
    infoHash: record.infoHash,
    name: record.name,
    trackers: record.trackers,
    webSeeds: record.webSeeds,
    files: record.files,
    filePriorities: record.filePriorities,
    limits: record.limits,
    superSeeding: record.superSeeding,
    priority: record.priority,
    queueOrder: record.queueOrder,
    isForced: record.isForced,
    sequential: record.sequential,
    keepOffline: record.keepOffline,
    lastUsedAt: record.lastUsedAt,
    pausedBy: record.pausedBy,
    addedAt: record.addedAt,
    completedAt: record.completedAt,
    uploadedBytes: record.uploadedBytes,
    receivedBytes: record.receivedBytes,
    wastedBytes: record.wastedBytes,
    verifiedBytes: record.verifiedBytes,
    hashFailures: record.hashFailures,
    bans: record.bans,
    activeS: record.activeS,
    seedingS: record.seedingS,
    hasInfo: record.infoBytes !== null,
  };
}

/** A backup as it lies in its file: its entries are not read yet. */
export type BackupFile = v.InferOutput<typeof file>;

export function encodeBackup(backup: Backup | BackupFile): Uint8Array<ArrayBuffer> {
  const text = JSON.stringify({ format: 'rill-backup', version: VERSION, ...backup });
  return new TextEncoder().encode(text);
}

/** `null` when the bytes are none of ours, of a newer Rill, or damaged. */
export function parseFile(bytes: Uint8Array): BackupFile | null {
  const parsed = v.safeParse(file, parseJson(bytes));
  return parsed.success ? parsed.output : null;
}

/** The backup without the entries that cannot be read, or `null` as for `parseFile`. */
export function decodeBackup(bytes: Uint8Array): Backup | null {
  const parsed = parseFile(bytes);
  if (!parsed) return null;
  const { at, names, removed, settings, torrents } = parsed;
  return {
    at,
    names,
    removed,
    settings: settings && readSettings(settings).settings,
    torrents: torrents.flatMap((entry) => {
      const reading = readTorrent(entry.infoHash, { ...entry, infoBytes: null });
      if (reading.kind !== 'read') return [];
      return [{ ...toEntry(reading.record), hasInfo: entry.hasInfo }];
    }),
  };
}

/** Equal for two backups that differ only in what changes all the time or is carried on from one to the next. */
export function fingerprint({ names, settings, torrents }: Omit<Backup, 'at' | 'removed'>): string {
  const lasting = torrents
    .map((entry) => ({ ...entry, uploadedBytes: 0, activeS: 0, seedingS: 0 }))
    .toSorted((a, b) => (a.infoHash < b.infoHash ? -1 : 1));
  return JSON.stringify([names, settings && readSettings(settings).settings, lasting]);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}
