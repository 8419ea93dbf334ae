/**
 * The catalogue in IndexedDB; the one file that knows idb-keyval, whose `createStore` makes one object store per
 * database, so each kind of record has a database.
 *
 * Invariants: a record that cannot be read is reported and left where it is (a newer Rill, or a person with a debugger,
 * may still read it); a checkpoint never overwrites the newest one, so a torn write costs one generation; bytes are
 * copied when they are handed in, so what changes later is not what is stored.
 */
import { createStore, del, delMany, entries, get, getMany, set, type UseStore } from 'idb-keyval';
import type { InfoHash } from '../../../contract/ids.ts';
import type { Settings } from '../../../contract/settings.ts';
import type { Catalogue, ResumeRecord, TorrentRecord } from '../../model/catalogue.ts';
import type { Deps } from '../../model/deps.ts';
import { readSettings } from '../../model/settings-schema.ts';
import { readResume, readSettingsRecord, readTorrent } from './catalogue-schema.ts';
import { toStorageError } from '../storage-errors.ts';

const SETTINGS_KEY = 'settings';

/** Every method rejects with StorageError when IndexedDB fails. */
export class IdbCatalogue implements Catalogue {
  readonly #torrents: UseStore;
  readonly #resume: UseStore;
  readonly #settings: UseStore;
  readonly #log: Deps['log'];

  /** `prefix` begins the names of the databases. */
  constructor(log: Deps['log'], prefix = 'rill') {
    this.#log = log;
    this.#torrents = createStore(`${prefix}-torrents`, 'torrents');
    this.#resume = createStore(`${prefix}-resume`, 'resume');
    this.#settings = createStore(`${prefix}-settings`, 'settings');
  }

  async torrents(): ReturnType<Catalogue['torrents']> {
    const records: TorrentRecord[] = [];
    const unreadable: string[] = [];
    for (const [key, stored] of await guarded('reading the library', entries(this.#torrents))) {
      const record = readTorrent(key, stored);
      if (record) records.push(record);
      else unreadable.push(String(key));
    }
    if (unreadable.length > 0) {
      this.#log('warning', 'torrent records that cannot be read were left alone', unreadable);
    }
    records.sort((a, b) => Date.parse(a.addedAt) - Date.parse(b.addedAt));
    return { records, unreadable };
  }

  saveTorrent(record: TorrentRecord): Promise<void> {
    const stored = { ...record, infoBytes: record.infoBytes && new Uint8Array(record.infoBytes) };
    return guarded('saving a torrent', set(record.infoHash, stored, this.#torrents));
  }

  async removeTorrent(infoHash: InfoHash, progress: 'forget' | 'keep'): Promise<void> {
    // Checkpoints first: one that outlived its bytes would be believed if the torrent came back.
    if (progress === 'forget') {
      await guarded('forgetting a torrent', delMany(resumeKeys(infoHash), this.#resume));
    }
    await guarded('forgetting a torrent', del(infoHash, this.#torrents));
  }

  async resume(infoHash: InfoHash): Promise<ResumeRecord | null> {
    const keys = resumeKeys(infoHash);
    const stored = await guarded('reading a checkpoint', getMany(keys, this.#resume));
    let newest: ResumeRecord | null = null;
    stored.forEach((value: unknown, i) => {
      if (value === undefined) return;
      const record = readResume(infoHash, value);
      if (!record) this.#log('warning', 'a checkpoint that cannot be read was left alone', keys[i]);
      else if (!newest || record.generation > newest.generation) newest = record;
    });
    return newest;
  }

  saveResume(record: ResumeRecord): Promise<void> {
    const stored = { ...record, have: new Uint8Array(record.have) };
    const key = resumeKeys(record.infoHash)[record.generation % 2]!;
    return guarded('saving a checkpoint', set(key, stored, this.#resume));
  }

  async settings(): Promise<Settings> {
    const stored: unknown = await guarded(
      'reading the settings',
      get(SETTINGS_KEY, this.#settings),
    );
    const record = readSettingsRecord(stored);
    if (stored !== undefined && !record) {
      this.#log('warning', 'the stored settings cannot be read; the defaults are used');
    }
    const { settings, bad } = readSettings(record);
    if (bad.length > 0)
      this.#log('warning', 'stored settings out of range have their default', bad);
    return settings;
  }

  saveSettings(settings: Settings): Promise<void> {
    return guarded(
      'saving the settings',
      set(SETTINGS_KEY, { version: 1, ...settings }, this.#settings),
    );
  }
}

/** Where the two newest checkpoints are, by the parity of their generation. */
function resumeKeys(infoHash: InfoHash): [string, string] {
  return [`${infoHash}/0`, `${infoHash}/1`];
}

async function guarded<T>(doing: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw toStorageError(error, doing);
  }
}
