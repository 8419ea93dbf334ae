/** What a store is asked must lie within a piece, or within a run of whole pieces of one extent; else the caller is broken. */
import { pieceIndex } from '../../contract/ids.ts';
import type { PieceMap } from '../model/piece-map.ts';

/** Throws RangeError unless the span lies within the piece. */
export function checkSpan(
  map: PieceMap,
  index: number,
  offsetBytes: number,
  lengthBytes: number,
): void {
  const isPiece = pieceIndex(index) < map.pieceCount;
  if (
    !isPiece ||
    !(offsetBytes >= 0 && lengthBytes >= 0) ||
    offsetBytes + lengthBytes > map.pieceLengthOf(index)
  ) {
    throw new RangeError(`no bytes ${offsetBytes}+${lengthBytes} in piece ${index}`);
  }
}

/** Throws RangeError unless `pieces` are whole pieces from `first` on, all of one extent. */
export function checkRun(map: PieceMap, first: number, pieces: readonly Uint8Array[]): void {
  const last = pieceIndex(first) + pieces.length - 1;
  const isInside = last >= first && last < map.pieceCount;
  if (!isInside || map.extentOf(first) !== map.extentOf(last)) {
    throw new RangeError(`pieces ${first} to ${last} are not a run within one extent`);
  }
  pieces.forEach((bytes, i) => {
    const lengthBytes = map.pieceLengthOf(first + i);
    if (bytes.length !== lengthBytes) {
      throw new RangeError(`piece ${first + i} has ${lengthBytes} bytes, not ${bytes.length}`);
    }
  });
}
