/**
 * The torrents in IndexedDB, one record for each. Remembers what a backup keeps of them, so that a backup does not read
 * all info bytes again.
 *
 * Invariant: reading changes nothing but a damaged record that a backup has, and that only after the damaged value was
 * put aside. What is newer, or damaged beyond help, stays where it is.
 */
import { del, entries, get, set, type UseStore } from 'idb-keyval';
import type { InfoHash } from '../../../contract/ids.ts';
import type { TorrentRecord } from '../../model/catalogue.ts';
import type { Deps } from '../../model/deps.ts';
import { readTorrent } from '../../model/record-schema.ts';
import type { Aside } from './aside.ts';
import { toEntry, type TorrentEntry } from './backup.ts';
import type { Backups } from './backups.ts';
import {
  nameOf,
  torrentNewer,
  torrentRestored,
  torrentUnreadable,
  type LibraryNotice,
} from './notices.ts';

const KIND = 'torrents';

export interface TableDeps {
  readonly store: UseStore;
  readonly aside: Aside;
  readonly backups: Backups;
  readonly log: Deps['log'];
  /** Takes what a person has to hear of it. */
  tell(notice: LibraryNotice): void;
}

/** Every method rejects with the browser's error. */
export class TorrentTable {
  readonly #deps: TableDeps;
  readonly #entries = new Map<InfoHash, TorrentEntry>();
  #isRead = false;

  constructor(deps: TableDeps) {
    this.#deps = deps;
  }

  /** Every torrent that can be read or restored, oldest first; what has to be said of the others is told. */
  async readAll(): Promise<TorrentRecord[]> {
    const { store, aside, tell } = this.#deps;
    const records: TorrentRecord[] = [];
    const damaged = new Map<string, unknown>();
    for (const [key, stored] of await entries(store)) {
      const reading = readTorrent(key, stored);
      if (reading.kind === 'read') records.push(reading.record);
      else aside.note(KIND, String(key));
      if (reading.kind === 'newer') tell(torrentNewer(nameOf(String(key), stored)));
      if (reading.kind === 'damaged') damaged.set(String(key), stored);
    }
    for (const record of records) this.#remember(record);
    for (const [key, stored] of damaged) {
      const record = await this.#restore(key, stored);
      if (record) records.push(record);
    }
    this.#isRead = true;
    return records.sort((a, b) => Date.parse(a.addedAt) - Date.parse(b.addedAt));
  }

  async save(record: TorrentRecord): Promise<void> {
    const { store, aside } = this.#deps;
    await aside.makeWay(KIND, record.infoHash, store);
    await set(record.infoHash, record, store);
    this.#remember(record);
  }

  async remove(infoHash: InfoHash): Promise<void> {
    await del(infoHash, this.#deps.store);
    this.#entries.delete(infoHash);
  }

  /** What a backup keeps of the readable torrents. */
  async entries(): Promise<readonly TorrentEntry[]> {
    if (!this.#isRead) await this.readAll();
    return [...this.#entries.values()];
  }

  async infoBytes(infoHash: InfoHash): Promise<Uint8Array | null> {
    const reading = readTorrent(infoHash, await get(infoHash, this.#deps.store));
    return reading.kind === 'read' ? reading.record.infoBytes : null;
  }

  async #restore(key: string, stored: unknown): Promise<TorrentRecord | null> {
    const { backups, log, tell } = this.#deps;
    log('warning', 'a saved torrent cannot be read', key);
    const found = await backups.find(key);
    if (!found) {
      tell(torrentUnreadable(nameOf(key, stored)));
      return null;
    }
    const { record, at } = found;
    await this.save(record).catch((error: unknown) => {
      // The torrent is there all the same; the damaged value waits for the next save.
      log('warning', 'a restored torrent could not be saved', error);
    });
    tell(torrentRestored(nameOf(key, record), at));
    return record;
  }

  #remember(record: TorrentRecord): void {
    this.#entries.set(record.infoHash, toEntry(record));
  }
}
