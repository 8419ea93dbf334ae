/** A chunk store that can take several contiguous pieces in one write. */
import type { PieceIndex } from '../../contract/ids.ts';
import type { ChunkStore } from '../model/chunk-store.ts';

export interface RunStore extends ChunkStore {
  /** The piece will be written soon: what takes time before its extent can be may begin. Never fails: the write will say. */
  prepare?(index: PieceIndex): void;
  /**
   * Stores the whole verified pieces `first`, `first + 1`, …, all of one extent, in one write. Resolves and rejects as
   * `write` does, for all of them together.
   */
  writeRun(first: PieceIndex, pieces: readonly Uint8Array[]): Promise<void>;
}

export function isRunStore(store: ChunkStore): store is RunStore {
  return 'writeRun' in store;
}
