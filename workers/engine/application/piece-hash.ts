/** Whether a stored piece is what the torrent says it is (BEP 3: SHA-1 of its bytes). */
import { pieceIndex } from '../../contract/ids.ts';
import { StorageError, type ChunkStore } from '../model/chunk-store.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';

/**
 * Reads the whole piece and hashes it. False also when its bytes are missing; rejects with StorageError when storage itself
 * fails, which says nothing of the piece.
 */
export async function isPieceIntact(
  store: ChunkStore,
  meta: TorrentMeta,
  map: PieceMap,
  index: number,
): Promise<boolean> {
  const bytes = await readPiece(store, map, index);
  if (!bytes) return false;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
  // Freed at once: a check reads gigabytes, and V8 lets some 64 MiB of buffers gather before it looks (docs/decisions/0005).
  bytes.buffer.transfer?.(0);
  const expected = meta.pieceHashes.subarray(index * 20, index * 20 + 20);
  return digest.every((byte, i) => byte === expected[i]);
}

async function readPiece(store: ChunkStore, map: PieceMap, index: number) {
  try {
    return await store.read(pieceIndex(index), 0, map.pieceLengthOf(index));
  } catch (error) {
    if (error instanceof StorageError && error.isMissing) return null;
    throw error;
  }
}
