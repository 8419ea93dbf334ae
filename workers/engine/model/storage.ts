/** The port to storage as a whole: what the session needs to open, list and describe it. */
import type { InfoHash } from '../../contract/ids.ts';
import type { ShelfRecord } from '../../contract/shelf.ts';
import type { StorageSnapshot } from '../../contract/snapshot.ts';
import type { Catalogue } from './catalogue.ts';
import type { QueuedChunkStore } from './chunk-store.ts';
import type { PieceMap } from './piece-map.ts';

export interface Storage {
  readonly catalogue: Catalogue;
  /** Opens (or creates) the store of one torrent behind its write queue. */
  open(infoHash: InfoHash, map: PieceMap): Promise<QueuedChunkStore>;
  /** Sizes in bytes of the extents that exist, by index: what a checkpoint is checked against. */
  extentSizes(infoHash: InfoHash): Promise<ReadonlyMap<number, number>>;
  /** Replaces the torrent's shelf record in one step. Call after `flush`. */
  saveShelf(record: ShelfRecord): Promise<void>;
  /** Deletes everything stored for the torrent, also when it was never opened. */
  deleteTorrent(infoHash: InfoHash): Promise<void>;
  /** What the browser says of its storage. Never rejects. */
  describe(): Promise<StorageSnapshot>;
  /** Bytes that may wait in the write queue of all torrents together. */
  setWriteQueueBytes(bytes: number): void;
}
