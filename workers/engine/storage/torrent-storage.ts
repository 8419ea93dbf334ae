/**
 * Storage on the origin-private file system: one handle pool and one write budget over all torrents.
 *
 * Invariants: a torrent is open at most once; opening waits for a deletion of the same torrent to end, so no new byte
 * falls into a folder that is being removed.
 */
import type { Result } from '../../contract/errors.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { ShelfRecord } from '../../contract/shelf.ts';
import type { StorageSnapshot } from '../../contract/snapshot.ts';
import type { Catalogue } from '../model/catalogue.ts';
import type { QueuedChunkStore } from '../model/chunk-store.ts';
import type { Deps } from '../model/deps.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { Storage } from '../model/storage.ts';
import { openOpfsRoot, readBrowserQuota } from './browser-quota.ts';
import { HandlePool } from './opfs/handle-pool.ts';
import { OpfsChunkStore } from './opfs/opfs-chunk-store.ts';
import { probeOpfs } from './opfs/probe-opfs.ts';
import { writeShelf } from './opfs/shelf-writer.ts';
import { toStorageError } from './storage-errors.ts';
import { TorrentFolders } from './opfs/torrent-folders.ts';
import { WriteBudget } from './queue/write-budget.ts';
import { WriteQueue } from './queue/write-queue.ts';

export interface OpfsStorageDeps {
  readonly clock: Deps['clock'];
  readonly catalogue: Catalogue;
  /** High-water mark of the write queue over all torrents, in bytes. */
  readonly writeQueueBytes: number;
}

export class OpfsStorage implements Storage {
  readonly catalogue: Catalogue;
  readonly #clock: Deps['clock'];
  readonly #folders: TorrentFolders;
  readonly #pool: HandlePool;
  readonly #budget: WriteBudget;
  readonly #open = new Map<InfoHash, QueuedChunkStore>();
  readonly #deletions = new Map<InfoHash, Promise<void>>();

  constructor(deps: OpfsStorageDeps) {
    this.catalogue = deps.catalogue;
    this.#clock = deps.clock;
    this.#folders = new TorrentFolders(openOpfsRoot, deps.clock);
    this.#pool = new HandlePool(this.#folders.openExtent);
    this.#budget = new WriteBudget(deps.writeQueueBytes);
  }

  /** Whether this kind of storage works here, with the reason when not. Dedicated workers only. */
  static probe(): Promise<Result<null>> {
    return probeOpfs(openOpfsRoot);
  }

  /** Creates nothing until the first write. Opening what is open is a broken invariant: it throws. */
  async open(infoHash: InfoHash, map: PieceMap): Promise<QueuedChunkStore> {
    for (let deletion = this.#deletions.get(infoHash); deletion;) {
      await deletion.catch(() => {});
      deletion = this.#deletions.get(infoHash);
    }
    if (this.#open.has(infoHash)) throw new Error(`the store of ${infoHash} is open already`);
    const store = new OpfsChunkStore({
      pool: this.#pool,
      folders: this.#folders,
      infoHash,
      map,
      onClosed: () => this.#open.delete(infoHash),
    });
    const queue = new WriteQueue(store, { map, budget: this.#budget, clock: this.#clock });
    this.#open.set(infoHash, queue);
    return queue;
  }

  async extentSizes(infoHash: InfoHash): Promise<ReadonlyMap<number, number>> {
    try {
      return await this.#folders.extentSizes(infoHash);
    } catch (error) {
      throw toStorageError(error, 'looking at what is stored');
    }
  }

  saveShelf(record: ShelfRecord): Promise<void> {
    return writeShelf(this.#folders, record);
  }

  /** Destroys the torrent's store when it is open. Rejects with StorageError when the browser keeps the files. */
  async deleteTorrent(infoHash: InfoHash): Promise<void> {
    const deletion = this.#delete(infoHash);
    this.#deletions.set(infoHash, deletion);
    try {
      await deletion;
    } finally {
      if (this.#deletions.get(infoHash) === deletion) this.#deletions.delete(infoHash);
    }
  }

  async describe(): Promise<StorageSnapshot> {
    return { backend: 'opfs', ...(await readBrowserQuota()) };
  }

  setWriteQueueBytes(bytes: number): void {
    this.#budget.setLimit(bytes);
  }

  async #delete(infoHash: InfoHash): Promise<void> {
    const open = this.#open.get(infoHash);
    if (open) return open.destroy();
    try {
      await this.#folders.remove(infoHash);
    } catch (error) {
      throw toStorageError(error, 'deleting');
    }
  }
}
