/**
 * The library as one file, to keep or to move to another browser: torrents and settings as JSON, no content, no passwords
 * (shared-settings.ts). Anybody can have written such a file, so all of it is checked and bounded here, except what only a
 * hash or the host policy can tell: whether info bytes belong to their info hash, and which hosts an address may name.
 *
 * Invariant: what `encodeLibrary` makes, `decodeLibrary` takes.
 */
import * as v from 'valibot';
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { Settings } from '../../contract/settings.ts';
import { base64ToBytes, bytesToBase64 } from './base64.ts';
import type { TorrentRecord } from './catalogue.ts';
import { readTorrent } from './record-schema.ts';
import { readShared, toShared, type SharedSettings } from './shared-settings.ts';
import { uniqueTiers } from './tracker-tiers.ts';

/** A larger file is not opened. */
export const MAX_LIBRARY_BYTES = 64 * 1024 * 1024;
const MAX_TORRENTS = 10_000;
const MAX_URLS = 100;
/** Of a name or an address, in UTF-16 units; a longer address is left out, a longer name cut. */
const MAX_TEXT_LENGTH = 2048;
/** So many problems are told one by one. */
const MAX_PROBLEMS = 20;
const VERSION = 1;

const libraryFile = v.object({
  format: v.literal('rill-library'),
  version: v.number(),
  settings: v.optional(v.unknown()),
  torrents: v.optional(v.unknown()),
});

export interface LibraryContents {
  readonly settings: Settings;
  readonly torrents: readonly TorrentRecord[];
}

export interface DecodedLibrary {
  /** The settings that the file has and that are within their ranges. */
  readonly settings: Partial<SharedSettings>;
  /** No info hash comes twice. Info bytes are not hashed yet, addresses not held against the host policy. */
  readonly torrents: readonly TorrentRecord[];
  /** What was left out and why, for a person. */
  readonly problems: readonly string[];
}

/**
 * `at` is when, ISO 8601. Of a library whose info bytes are more than a file takes the largest are left out: such a
 * torrent is in the file as its magnet would be. So are torrents after the first 10,000.
 */
export function encodeLibrary(library: LibraryContents & { readonly at: string }): Uint8Array {
  const torrents = library.torrents.slice(0, MAX_TORRENTS).map(bounded);
  const bare = toFile(library, torrents, () => null);
  const withInfo = thoseWhoseInfoFits(torrents, MAX_LIBRARY_BYTES - bare.length);
  return toFile(library, torrents, (record) => (withInfo.has(record) ? record.infoBytes : null));
}

function toFile(
  { at, settings }: { readonly at: string; readonly settings: Settings },
  torrents: readonly TorrentRecord[],
  infoOf: (record: TorrentRecord) => Uint8Array | null,
): Uint8Array {
  const entries = torrents.map((record) => {
    const infoBytes = infoOf(record);
    return { ...record, infoBytes: infoBytes && bytesToBase64(infoBytes) };
  });
  const file = {
    format: 'rill-library',
    version: VERSION,
    at,
    settings: toShared(settings),
    torrents: entries,
  };
  return new TextEncoder().encode(JSON.stringify(file));
}

/**
 * Fails with `too-large`, or with `bad-library` when the bytes are not such a file or one of a newer Rill. A single bad
 * entry is left out and named in `problems`.
 */
export function decodeLibrary(bytes: Uint8Array): Result<DecodedLibrary> {
  if (bytes.length > MAX_LIBRARY_BYTES) {
    return fail(
      'too-large',
      'This file is larger than 64 MiB, the most Rill opens. Choose a file that Rill exported.',
    );
  }
  const parsed = v.safeParse(libraryFile, parseJson(bytes));
  if (!parsed.success) {
    return fail(
      'bad-library',
      'This is not a library that Rill exported, or it is damaged. Choose another file.',
    );
  }
  const { version, settings, torrents = [] } = parsed.output;
  if (version !== VERSION || !Array.isArray(torrents)) {
    return fail(
      'bad-library',
      'This library was exported by a newer Rill, or is damaged. Reload this page to update Rill, then try again.',
    );
  }
  const problems: string[] = [];
  const decoded = {
    settings: readShared(settings, problems),
    torrents: readEntries(torrents, problems),
  };
  return ok({ ...decoded, problems: shortened(problems) });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

function readEntries(entries: readonly unknown[], problems: string[]): TorrentRecord[] {
  const torrents = new Map<string, TorrentRecord>();
  entries.slice(0, MAX_TORRENTS).forEach((entry, i) => {
    const read = readEntry(entry);
    if (!read.ok) problems.push(`Torrent ${i + 1} was left out: ${read.error.message}.`);
    else if (torrents.has(read.value.infoHash)) {
      problems.push(`Torrent ${i + 1} was left out: it is in the file twice.`);
    } else torrents.set(read.value.infoHash, read.value);
  });
  if (entries.length > MAX_TORRENTS) {
    problems.push(`Only the first ${MAX_TORRENTS} torrents of the file were read.`);
  }
  return [...torrents.values()];
}

function readEntry(entry: unknown): Result<TorrentRecord> {
  if (typeof entry !== 'object' || entry === null || !('infoHash' in entry)) {
    return fail('bad-library', 'it is not the entry of a torrent');
  }
  const infoBytes = 'infoBytes' in entry ? toInfoBytes(entry.infoBytes) : null;
  const reading = readTorrent(entry.infoHash, { ...entry, infoBytes });
  if (reading.kind === 'newer') return fail('bad-library', 'a newer Rill wrote it');
  if (reading.kind === 'damaged') return fail('bad-library', `it is damaged (${reading.problem})`);
  return ok(bounded(reading.record));
}

/** The record with no more text in it than Rill takes. */
function bounded(record: TorrentRecord): TorrentRecord {
  const short = (urls: readonly string[]) =>
    urls.filter((url) => url.length <= MAX_TEXT_LENGTH).slice(0, MAX_URLS);
  const { name, trackers, webSeeds } = record;
  const kept = new Set(short(trackers.flat()));
  return {
    ...record,
    name: name.slice(0, MAX_TEXT_LENGTH),
    trackers: uniqueTiers(trackers.map((tier) => tier.filter((url) => kept.has(url)))),
    webSeeds: short(webSeeds),
  };
}

/** The bytes, `null` for none, or `undefined` for what is neither: no record is believed with that. */
function toInfoBytes(value: unknown): Uint8Array | null | undefined {
  if (value === null) return null;
  return typeof value === 'string' ? (base64ToBytes(value) ?? undefined) : undefined;
}

/** Small ones first, so that as many as possible have theirs. */
function thoseWhoseInfoFits(
  torrents: readonly TorrentRecord[],
  roomBytes: number,
): ReadonlySet<TorrentRecord> {
  const fitting = new Set<TorrentRecord>();
  let leftBytes = roomBytes;
  for (const record of torrents.toSorted((a, b) => infoLength(a) - infoLength(b))) {
    leftBytes -= Math.ceil(infoLength(record) / 3) * 4;
    if (leftBytes < 0) break;
    fitting.add(record);
  }
  return fitting;
}

function infoLength(record: TorrentRecord): number {
  return record.infoBytes?.length ?? 0;
}

function shortened(problems: readonly string[]): readonly string[] {
  const more = problems.length - MAX_PROBLEMS;
  if (more <= 0) return problems;
  return [...problems.slice(0, MAX_PROBLEMS), `There are ${more} more problems of this kind.`];
}
