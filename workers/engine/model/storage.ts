/** The port to storage as a whole: what the session needs to open, list and describe it. */
import type { InfoHash } from '../../contract/ids.ts';
import type { Settings } from '../../contract/settings.ts';
import type { ExtentStamp, ShelfRecord } from '../../contract/shelf.ts';
import type { StorageSnapshot } from '../../contract/snapshot.ts';
import type { Catalogue } from './catalogue.ts';
import type { EventStore } from './event-store.ts';
import type { QueuedChunkStore } from './chunk-store.ts';
import type { CooldownStore } from './cooldown-store.ts';
import type { MetadataStore } from './metadata-store.ts';
import type { PieceMap } from './piece-map.ts';

export interface Storage {
  readonly catalogue: Catalogue;
  readonly cooldowns: CooldownStore;
  /** Descriptions of torrents that are not in the library. */
  readonly metadata: MetadataStore;
  readonly events: EventStore;
  /** Bytes of stored pieces that the read cache holds, over all torrents. */
  readonly cacheBytes: number;
  /** Opens (or creates) the store of one torrent behind its write queue and the read cache. */
  open(infoHash: InfoHash, map: PieceMap): Promise<QueuedChunkStore>;
  /**
   * The extents that exist, or those of `only` that do, by index: what a checkpoint is checked against. Call after `flush`
   * for stamps that stay true until the next write.
   */
  extentStamps(
    infoHash: InfoHash,
    map: PieceMap,
    only?: readonly number[],
  ): Promise<ReadonlyMap<number, ExtentStamp>>;
  /** Replaces the torrent's shelf record in one step. Call after `flush`. */
  saveShelf(record: ShelfRecord): Promise<void>;
  /** Deletes everything stored for the torrent, also when it was never opened. */
  deleteTorrent(infoHash: InfoHash): Promise<void>;
  /** What the browser says of its storage. Never rejects. */
  describe(): Promise<StorageSnapshot>;
  /** Bytes that could be stored now, tried out rather than believed, at most `upToBytes`. Never rejects. */
  freeBytes(upToBytes: number): Promise<number>;
  /**
   * False when all that was stored has been taken away while the engine ran ("clear site data"): open stores then go on
   * "succeeding" and keep nothing. Never rejects.
   */
  isIntact(): Promise<boolean>;
  /** Takes over the sizes of the write queue and the read cache. */
  configure(settings: Pick<Settings, 'writeQueueBytes' | 'readCacheBytes'>): void;
}
