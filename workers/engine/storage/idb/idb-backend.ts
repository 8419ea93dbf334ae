/** Keeps torrents in IndexedDB, for browsers that keep no files. Slower than files, and the service worker cannot serve it. */
import { promisifyRequest, update, type UseStore } from 'idb-keyval';
import type { InfoHash } from '../../../contract/ids.ts';
import type { ExtentStamp } from '../../../contract/shelf.ts';
import type { PieceMap } from '../../model/piece-map.ts';
import type { StorageBackend } from '../backend.ts';
import { readBrowserQuota } from '../browser-quota.ts';
import type { RunStore } from '../run-store.ts';
import { toStorageError } from '../storage-errors.ts';
import { stampsOf } from '../stored-extents.ts';
import { MARKER_KEY, openByteDatabase } from './byte-database.ts';
import { chunkRange, storedUnder } from './chunks.ts';
import { IdbChunkStore, removeChunks } from './idb-chunk-store.ts';
import { tryRecord } from './try-record.ts';

const MEBIBYTE = 1024 * 1024;

export class IdbBackend implements StorageBackend {
  readonly kind = 'indexeddb';
  readonly #database: UseStore;
  #isMarked = false;

  constructor(database: UseStore = openByteDatabase()) {
    this.#database = database;
  }

  openStore(infoHash: InfoHash, map: PieceMap, onClosed: () => void): RunStore {
    return new IdbChunkStore({ database: this.#database, infoHash, map, onClosed });
  }

  /** From the keys alone: no stored byte is read. */
  async extentStamps(
    infoHash: InfoHash,
    map: PieceMap,
    only?: readonly number[],
  ): Promise<ReadonlyMap<number, ExtentStamp>> {
    const ranges = only
      ?.filter((extent) => extent < map.extentCount)
      .map((extent) => chunkRange(infoHash, map.piecesOfExtent(extent))) ?? [chunkRange(infoHash)];
    const listKeys = (records: IDBObjectStore) =>
      Promise.all(ranges.map((range) => promisifyRequest(records.getAllKeys(range))));
    try {
      const keys = (await this.#database('readonly', listKeys)).flat();
      return stampsOf(
        map,
        keys.flatMap((key) => storedUnder(key, map) ?? []),
      );
    } catch (error) {
      throw toStorageError(error, 'looking at what is stored');
    }
  }

  /** The service worker reads files, and here are none: a finished file is served while the engine runs. */
  async saveShelf(): Promise<void> {}

  remove(infoHash: InfoHash): Promise<void> {
    return removeChunks(this.#database, infoHash);
  }

  /**
   * What the browser says is left, believed only when a record of up to 1 MiB can be written; all of `upToBytes` when the
   * browser says nothing but takes the record.
   */
  async freeBytes(upToBytes: number): Promise<number> {
    const trial = await tryRecord(this.#database, Math.min(upToBytes, MEBIBYTE));
    if (!trial.ok) return 0;
    const { usedBytes, quotaBytes } = await readBrowserQuota();
    if (quotaBytes === 0) return upToBytes;
    return Math.max(0, Math.min(upToBytes, quotaBytes - usedBytes));
  }

  /** False once when the marker has gone since it was set; trouble of any other kind says nothing about a loss. */
  async isIntact(): Promise<boolean> {
    let isFound = true;
    const mark = (marker: unknown) => {
      isFound = !this.#isMarked || marker !== undefined;
      return true;
    };
    try {
      await update(MARKER_KEY, mark, this.#database);
      this.#isMarked = true;
      return isFound;
    } catch {
      return true;
    }
  }
}
