/** The library out to one file and in from one: to keep it, or to move it to another browser. */
import type { LibraryImport } from '../../contract/engine.ts';
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { Settings } from '../../contract/settings.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import { decodeLibrary, encodeLibrary } from '../model/library-file.ts';
import type { Storage } from '../model/storage.ts';
import { readInfo } from '../readers/torrent-info.ts';
import { allowedWebSeeds, keptTrackers, type HostPolicy } from './add-source.ts';
import type { SharedCalls } from './shared-calls.ts';
import type { TorrentList } from './torrent-list.ts';

export interface LibraryContext {
  readonly torrents: TorrentList;
  readonly storage: Storage;
  readonly policy: HostPolicy;
  /** What adds and removes a torrent, one after the other. */
  readonly calls: Pick<SharedCalls, 'inTurn'>;
  changeSettings(patch: Partial<Settings>): Promise<Result<Settings>>;
}

export function exportLibrary(torrents: TorrentList, settings: Settings, at: string): Uint8Array {
  return encodeLibrary({ at, settings, torrents: torrents.listed().map(({ record }) => record) });
}

/** Adds what is not here, paused: a file starts no download. Fails with `bad-library` or `too-large`. */
export async function importLibrary(
  context: LibraryContext,
  bytes: unknown,
): Promise<Result<LibraryImport>> {
  if (!(bytes instanceof Uint8Array)) {
    return fail('bad-request', 'A library is imported from the bytes of its file.');
  }
  const decoded = decodeLibrary(bytes);
  if (!decoded.ok) return decoded;
  const { settings, torrents } = decoded.value;
  const problems = [...decoded.value.problems];
  const changed = await context.changeSettings(settings);
  if (!changed.ok) problems.push(`The settings were left as they are: ${changed.error.message}`);
  const counts = { added: 0, known: 0, wrong: 0 };
  for (const record of torrents) {
    const outcome = await context.calls.inTurn(record.infoHash, () => addRecord(context, record));
    counts[outcome]++;
    if (outcome === 'wrong') {
      problems.push(`${record.name}: its metadata does not match its info hash. Add it again.`);
    }
  }
  const { added, known } = counts;
  return ok({ added, known, problems });
}

/** `wrong`: the metadata in the file is not that of the torrent. */
async function addRecord(
  context: LibraryContext,
  record: TorrentRecord,
): Promise<'added' | 'known' | 'wrong'> {
  const { torrents, storage, policy } = context;
  if (torrents.get(record.infoHash)) return 'known';
  const read = record.infoBytes ? await readInfo(record.infoBytes, record.infoHash) : null;
  if (read && !read.ok) return 'wrong';
  const checked: TorrentRecord = {
    ...record,
    trackers: keptTrackers(record.trackers, policy),
    webSeeds: allowedWebSeeds(record.webSeeds, policy),
    pausedBy: 'user',
    // What a person brings along is to stay.
    keepOffline: true,
    completedAt: null,
  };
  await storage.catalogue.saveTorrent(checked);
  await torrents.enter(checked, read?.value ?? null, false).begin();
  return 'added';
}
