/**
 * The Storage port over any backend: one write budget and one read cache over all torrents; around each torrent's store
 * the cache of its lines, and around that its write queue.
 *
 * Invariants: a torrent is open at most once; opening waits for a deletion of the same torrent to end, so no new byte
 * falls among those that are being removed.
 */
import type { InfoHash } from '../../contract/ids.ts';
import type { Settings } from '../../contract/settings.ts';
import type { ExtentStamp, ShelfRecord } from '../../contract/shelf.ts';
import type { StorageSnapshot } from '../../contract/snapshot.ts';
import type { Catalogue } from '../model/catalogue.ts';
import type { QueuedChunkStore } from '../model/chunk-store.ts';
import type { CooldownStore } from '../model/cooldown-store.ts';
import type { Deps } from '../model/deps.ts';
import type { MetadataStore } from '../model/metadata-store.ts';
import type { EventStore } from '../model/event-store.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { Storage } from '../model/storage.ts';
import type { StorageBackend } from './backend.ts';
import { readBrowserQuota } from './browser-quota.ts';
import { CachedStore } from './cached-store.ts';
import { NO_EVENTS } from './catalogue/no-events.ts';
import { WriteBudget } from './queue/write-budget.ts';
import { WriteQueue } from './queue/write-queue.ts';
import { ReadCache } from './read-cache.ts';

export interface TorrentStorageDeps {
  readonly clock: Deps['clock'];
  readonly backend: StorageBackend;
  readonly catalogue: Catalogue;
  readonly cooldowns: CooldownStore;
  readonly metadata: MetadataStore;
  /** Where the event log is kept; nothing of it outlives the engine by default. */
  readonly events?: EventStore;
  /** Why it is this backend and not a better one. */
  readonly reason?: string;
}

type StorageSizes = Pick<Settings, 'writeQueueBytes' | 'readCacheBytes'>;

export class TorrentStorage implements Storage {
  readonly catalogue: Catalogue;
  readonly cooldowns: CooldownStore;
  readonly metadata: MetadataStore;
  readonly events: EventStore;
  readonly #clock: Deps['clock'];
  readonly #backend: StorageBackend;
  readonly #reason: string | undefined;
  readonly #budget: WriteBudget;
  readonly #cache: ReadCache;
  readonly #open = new Map<InfoHash, QueuedChunkStore>();
  readonly #deletions = new Map<InfoHash, Promise<void>>();

  constructor(deps: TorrentStorageDeps, sizes: StorageSizes) {
    this.catalogue = deps.catalogue;
    this.cooldowns = deps.cooldowns;
    this.metadata = deps.metadata;
    this.events = deps.events ?? NO_EVENTS;
    this.#clock = deps.clock;
    this.#backend = deps.backend;
    this.#reason = deps.reason;
    this.#budget = new WriteBudget(sizes.writeQueueBytes);
    this.#cache = new ReadCache(sizes.readCacheBytes);
  }

  get cacheBytes(): number {
    return this.#cache.bytes;
  }

  /** Creates nothing until the first write. Opening what is open is a broken invariant: it throws. */
  async open(infoHash: InfoHash, map: PieceMap): Promise<QueuedChunkStore> {
    for (let deletion = this.#deletions.get(infoHash); deletion;) {
      await deletion.catch(() => {});
      deletion = this.#deletions.get(infoHash);
    }
    if (this.#open.has(infoHash)) throw new Error(`the store of ${infoHash} is open already`);
    const store = this.#backend.openStore(infoHash, map, () => this.#open.delete(infoHash));
    const cached = new CachedStore(store, map, this.#cache);
    const queue = new WriteQueue(cached, { map, budget: this.#budget, clock: this.#clock });
    this.#open.set(infoHash, queue);
    return queue;
  }

  extentStamps(
    infoHash: InfoHash,
    map: PieceMap,
    only?: readonly number[],
  ): Promise<ReadonlyMap<number, ExtentStamp>> {
    return this.#backend.extentStamps(infoHash, map, only);
  }

  saveShelf(record: ShelfRecord): Promise<void> {
    return this.#backend.saveShelf(record);
  }

  /** Destroys the torrent's store when it is open. Rejects with StorageError when the browser keeps the files. */
  async deleteTorrent(infoHash: InfoHash): Promise<void> {
    const open = this.#open.get(infoHash);
    const deletion = open ? open.destroy() : this.#backend.remove(infoHash);
    this.#deletions.set(infoHash, deletion);
    try {
      await deletion;
    } finally {
      if (this.#deletions.get(infoHash) === deletion) this.#deletions.delete(infoHash);
    }
  }

  async describe(): Promise<StorageSnapshot> {
    const reason = this.#reason;
    return {
      backend: this.#backend.kind,
      ...(reason && { reason }),
      ...(await readBrowserQuota()),
    };
  }

  freeBytes(upToBytes: number): Promise<number> {
    return this.#backend.freeBytes(upToBytes);
  }

  isIntact(): Promise<boolean> {
    return this.#backend.isIntact();
  }

  configure(settings: StorageSizes): void {
    this.#budget.setLimit(settings.writeQueueBytes);
    this.#cache.setLimit(settings.readCacheBytes);
  }
}
