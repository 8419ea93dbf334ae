/**
 * Whether a stored piece is what the torrent says it is (BEP 3: SHA-1 of its bytes).
 *
 * A check reads gigabytes. A fresh buffer for each piece made it less than half as fast as hashing is: memory is given page by
 * page as it is first written to. So buffers are kept for the next piece.
 */
import { pieceIndex } from '../../contract/ids.ts';
import { StorageError, type ChunkStore } from '../model/chunk-store.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';

/** As many as a check has lanes. */
const MAX_SPARE = 2;
/** Larger pieces are rare, and their buffers too much to keep for nothing. */
const MAX_SPARE_BYTES = 4 * 1024 * 1024;

const spare: Uint8Array<ArrayBuffer>[] = [];

/**
 * Reads the whole piece and hashes it. False also when its bytes are missing; rejects with StorageError when storage itself
 * fails, which says nothing of the piece.
 */
export async function isPieceIntact(
  store: Pick<ChunkStore, 'read'>,
  meta: TorrentMeta,
  map: PieceMap,
  index: number,
): Promise<boolean> {
  const lengthBytes = map.pieceLengthOf(index);
  const buffer = takeBuffer(lengthBytes);
  try {
    const bytes = await readPiece(store, index, lengthBytes, buffer);
    if (!bytes) return false;
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
    if (bytes.buffer !== buffer.buffer) free(bytes);
    const expected = meta.pieceHashes.subarray(index * 20, index * 20 + 20);
    return digest.every((byte, i) => byte === expected[i]);
  } finally {
    giveBuffer(buffer);
  }
}

async function readPiece(
  store: Pick<ChunkStore, 'read'>,
  index: number,
  lengthBytes: number,
  into: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await store.read(pieceIndex(index), 0, lengthBytes, into);
  } catch (error) {
    if (error instanceof StorageError && error.isMissing) return null;
    throw error;
  }
}

function takeBuffer(lengthBytes: number): Uint8Array<ArrayBuffer> {
  const buffer = spare.pop();
  if (buffer && buffer.length >= lengthBytes) return buffer;
  if (buffer) free(buffer);
  return new Uint8Array(lengthBytes);
}

function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  if (buffer.length <= MAX_SPARE_BYTES && spare.length < MAX_SPARE) spare.push(buffer);
  else free(buffer);
}

/** At once: V8 lets some 64 MiB of buffers gather before it looks (docs/decisions/0005). */
function free({ buffer }: Uint8Array<ArrayBuffer>): void {
  buffer.transfer?.(0);
}
