/** What a backend without files says of its extents: how many bytes of each are there. */
import type { ExtentStamp } from '../../contract/shelf.ts';
import type { PieceMap } from '../model/piece-map.ts';

/** Some bytes of a piece that are stored. */
export interface StoredBytes {
  readonly piece: number;
  readonly lengthBytes: number;
}

/** One stamp for each extent of which anything is stored, by index; there is no time of change, so it is 0. */
export function stampsOf(map: PieceMap, stored: Iterable<StoredBytes>): Map<number, ExtentStamp> {
  const stamps = new Map<number, ExtentStamp>();
  for (const { piece, lengthBytes } of stored) {
    const extent = map.extentOf(piece);
    const sizeBytes = (stamps.get(extent)?.sizeBytes ?? 0) + lengthBytes;
    stamps.set(extent, { extent, sizeBytes, modifiedMs: 0 });
  }
  return stamps;
}
