/** One torrent's bytes in memory: found again by the next store of the same backend, and gone with the engine. */
import type { InfoHash, PieceIndex } from '../../../contract/ids.ts';
import type { PieceMap } from '../../model/piece-map.ts';
import { checkRun, checkSpan } from '../piece-bounds.ts';
import type { RunStore } from '../run-store.ts';
import { bytesMissing, storeClosed } from '../storage-errors.ts';
import type { PieceMemory } from './piece-memory.ts';

export interface MemoryChunkStoreDeps {
  /** Shared by all torrents. */
  readonly memory: PieceMemory;
  readonly infoHash: InfoHash;
  readonly map: PieceMap;
  /** Called when the store was closed or destroyed. */
  readonly onClosed: () => void;
}

export class MemoryChunkStore implements RunStore {
  readonly #memory: PieceMemory;
  readonly #infoHash: InfoHash;
  readonly #map: PieceMap;
  readonly #onClosed: () => void;
  #isClosed = false;

  constructor(deps: MemoryChunkStoreDeps) {
    this.#memory = deps.memory;
    this.#infoHash = deps.infoHash;
    this.#map = deps.map;
    this.#onClosed = deps.onClosed;
  }

  write(index: PieceIndex, bytes: Uint8Array): Promise<void> {
    return this.writeRun(index, [bytes]);
  }

  /** A piece of a wrong length, or a run that leaves its extent, is a broken invariant: RangeError, nothing is kept. */
  async writeRun(first: PieceIndex, pieces: readonly Uint8Array[]): Promise<void> {
    checkRun(this.#map, first, pieces);
    if (this.#isClosed) throw storeClosed();
    this.#memory.put(this.#infoHash, first, pieces);
  }

  /** A span outside the piece is a broken invariant: RangeError. */
  async read(
    index: PieceIndex,
    offsetBytes: number,
    lengthBytes: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    checkSpan(this.#map, index, offsetBytes, lengthBytes);
    if (this.#isClosed) throw storeClosed();
    const bytes = this.#memory.read(this.#infoHash, index, offsetBytes, lengthBytes);
    if (bytes) return bytes;
    throw bytesMissing(
      `Piece ${index} is not in memory. Check the torrent again to download what is missing.`,
    );
  }

  /** Nothing in memory survives a crash, so there is nothing to do. */
  async flush(): Promise<void> {
    if (this.#isClosed) throw storeClosed();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#onClosed();
  }

  /** Also after `close`. */
  async destroy(): Promise<void> {
    this.#memory.remove(this.#infoHash);
    await this.close();
  }
}
