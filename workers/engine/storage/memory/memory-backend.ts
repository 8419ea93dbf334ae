/** Keeps torrents in memory, for browsers that keep nothing: up to a cap over all of them, until the engine ends. */
import type { InfoHash } from '../../../contract/ids.ts';
import type { ExtentStamp } from '../../../contract/shelf.ts';
import type { PieceMap } from '../../model/piece-map.ts';
import type { StorageBackend } from '../backend.ts';
import type { RunStore } from '../run-store.ts';
import { stampsOf } from '../stored-extents.ts';
import { MemoryChunkStore } from './memory-chunk-store.ts';
import { PieceMemory } from './piece-memory.ts';

/** More would risk the tab on a phone. */
export const MEMORY_CAP_BYTES = 512 * 1024 * 1024;

export class MemoryBackend implements StorageBackend {
  readonly kind = 'memory';
  readonly #memory: PieceMemory;

  /** `capBytes` holds over all torrents. */
  constructor(capBytes = MEMORY_CAP_BYTES) {
    this.#memory = new PieceMemory(capBytes);
  }

  openStore(infoHash: InfoHash, map: PieceMap, onClosed: () => void): RunStore {
    return new MemoryChunkStore({ memory: this.#memory, infoHash, map, onClosed });
  }

  async extentStamps(
    infoHash: InfoHash,
    map: PieceMap,
    only?: readonly number[],
  ): Promise<ReadonlyMap<number, ExtentStamp>> {
    const stored = this.#memory.stored(infoHash);
    const isAsked = (piece: number) => only === undefined || only.includes(map.extentOf(piece));
    return stampsOf(
      map,
      stored.filter(({ piece }) => isAsked(piece)),
    );
  }

  /** The service worker has no way into this memory: a finished file is served while the engine runs. */
  async saveShelf(): Promise<void> {}

  async remove(infoHash: InfoHash): Promise<void> {
    this.#memory.remove(infoHash);
  }

  async freeBytes(upToBytes: number): Promise<number> {
    return Math.max(0, Math.min(upToBytes, this.#memory.freeBytes));
  }

  /** Memory goes only with the engine. */
  async isIntact(): Promise<boolean> {
    return true;
  }
}
