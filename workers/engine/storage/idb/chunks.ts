/**
 * A stored piece is cut into chunks of CHUNK_BYTES, the last of which may be shorter, so that a small read does not load a
 * piece of 16 MiB. A chunk's key is `[infoHash, piece, chunk]`: keys are ordered element by element, so a torrent, an
 * extent and a piece are each one range of keys.
 */
import type { PieceMap, PieceRange } from '../../model/piece-map.ts';
import type { StoredBytes } from '../stored-extents.ts';

/** Larger is hardly faster (README.md has the numbers), and a read of 16 KiB loads this much. */
export const CHUNK_BYTES = 256 * 1024;

export type ChunkKey = [infoHash: string, piece: number, chunk: number];

/** How many bytes of a piece its chunk has. */
export function chunkLengthOf(map: PieceMap, piece: number, chunk: number): number {
  return Math.min(CHUNK_BYTES, map.pieceLengthOf(piece) - chunk * CHUNK_BYTES);
}

/** Copies a piece into its chunks, one at a time: a view would be stored with the whole buffer behind it. */
export function* toChunks(
  infoHash: string,
  piece: number,
  bytes: Uint8Array,
): Generator<[ChunkKey, Uint8Array<ArrayBuffer>]> {
  for (let chunk = 0; chunk * CHUNK_BYTES < bytes.length; chunk++) {
    const at = chunk * CHUNK_BYTES;
    yield [[infoHash, piece, chunk], new Uint8Array(bytes.subarray(at, at + CHUNK_BYTES))];
  }
}

/** The keys of the chunks that hold any of `lengthBytes` bytes from `offsetBytes` of the piece. */
export function chunkKeys(
  infoHash: string,
  piece: number,
  offsetBytes: number,
  lengthBytes: number,
): ChunkKey[] {
  const first = Math.floor(offsetBytes / CHUNK_BYTES);
  const end = Math.ceil((offsetBytes + lengthBytes) / CHUNK_BYTES);
  const count = lengthBytes > 0 ? end - first : 0;
  return Array.from({ length: count }, (_, i) => [infoHash, piece, first + i]);
}

/** Every chunk of the torrent, or of some of its pieces. */
export function chunkRange(infoHash: string, pieces?: PieceRange): IDBKeyRange {
  // An array is after every number, and an array that begins another is before it.
  return pieces
    ? IDBKeyRange.bound([infoHash, pieces.first], [infoHash, pieces.last, []])
    : IDBKeyRange.bound([infoHash], [infoHash, []]);
}

/** How many bytes the chunk under this key has; `null` when the key is not one of a chunk of this torrent. */
export function storedUnder(key: IDBValidKey, map: PieceMap): StoredBytes | null {
  if (!Array.isArray(key)) return null;
  const [, piece, chunk] = key;
  if (typeof piece !== 'number' || typeof chunk !== 'number') return null;
  const lengthBytes = piece < map.pieceCount ? chunkLengthOf(map, piece, chunk) : 0;
  return lengthBytes > 0 ? { piece, lengthBytes } : null;
}
