/**
 * What keeps the bytes: one of these stands behind TorrentStorage, chosen at start (choose-storage.ts). Everything that
 * is the same whatever keeps them (queue, cache, one store for each torrent) is around it, not in it.
 */
import type { InfoHash } from '../../contract/ids.ts';
import type { ExtentStamp, ShelfRecord } from '../../contract/shelf.ts';
import type { StorageSnapshot } from '../../contract/snapshot.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { RunStore } from './run-store.ts';

export interface StorageBackend {
  readonly kind: Exclude<StorageSnapshot['backend'], 'none'>;
  /** A store of one torrent; creates nothing until its first write. `onClosed`: it has let go of everything for good. */
  openStore(infoHash: InfoHash, map: PieceMap, onClosed: () => void): RunStore;
  /** As Storage.extentStamps. */
  extentStamps(
    infoHash: InfoHash,
    map: PieceMap,
    only?: readonly number[],
  ): Promise<ReadonlyMap<number, ExtentStamp>>;
  /** As Storage.saveShelf; does nothing where the service worker cannot read what is kept. */
  saveShelf(record: ShelfRecord): Promise<void>;
  /** Deletes everything kept for a torrent that is not open. */
  remove(infoHash: InfoHash): Promise<void>;
  /** As Storage.freeBytes. */
  freeBytes(upToBytes: number): Promise<number>;
  /** As Storage.isIntact. */
  isIntact(): Promise<boolean>;
}
