/** Keeps torrents in the origin-private file system: one handle pool over all of them. Dedicated workers only. */
import type { InfoHash } from '../../../contract/ids.ts';
import type { ExtentStamp, ShelfRecord } from '../../../contract/shelf.ts';
import type { Clock } from '../../model/deps.ts';
import type { PieceMap } from '../../model/piece-map.ts';
import type { StorageBackend } from '../backend.ts';
import { openOpfsRoot } from '../browser-quota.ts';
import type { RunStore } from '../run-store.ts';
import { toStorageError } from '../storage-errors.ts';
import { measureFreeBytes } from './free-bytes.ts';
import { HandlePool, MAX_HANDLES } from './handle-pool.ts';
import { Marker } from './marker.ts';
import { OpfsChunkStore } from './opfs-chunk-store.ts';
import { writeShelf } from './shelf-writer.ts';
import { TorrentFolders } from './torrent-folders.ts';

export class OpfsBackend implements StorageBackend {
  readonly kind = 'opfs';
  readonly #folders: TorrentFolders;
  readonly #pool: HandlePool;
  readonly #marker = new Marker(openOpfsRoot);
  #measuring: Promise<unknown> = Promise.resolve();

  constructor(clock: Pick<Clock, 'now' | 'after'>) {
    this.#folders = new TorrentFolders(openOpfsRoot, clock);
    const { openExtent, makeClosable } = this.#folders;
    this.#pool = new HandlePool(openExtent, MAX_HANDLES, makeClosable);
  }

  openStore(infoHash: InfoHash, map: PieceMap, onClosed: () => void): RunStore {
    return new OpfsChunkStore({
      pool: this.#pool,
      folders: this.#folders,
      infoHash,
      map,
      onClosed,
    });
  }

  async extentStamps(
    infoHash: InfoHash,
    _map: PieceMap,
    only?: readonly number[],
  ): Promise<ReadonlyMap<number, ExtentStamp>> {
    try {
      return await this.#folders.extentStamps(infoHash, only);
    } catch (error) {
      throw toStorageError(error, 'looking at what is stored');
    }
  }

  saveShelf(record: ShelfRecord): Promise<void> {
    return writeShelf(this.#folders, record);
  }

  async remove(infoHash: InfoHash): Promise<void> {
    try {
      await this.#folders.remove(infoHash);
    } catch (error) {
      throw toStorageError(error, 'deleting');
    }
  }

  /** One at a time: each takes up the room that it finds. */
  freeBytes(upToBytes: number): Promise<number> {
    const measured = this.#measuring.then(() => measureFreeBytes(openOpfsRoot, upToBytes));
    this.#measuring = measured;
    return measured;
  }

  isIntact(): Promise<boolean> {
    return this.#marker.isThere();
  }
}
