/** What of a torrent the service worker may serve on its own (contract/shelf.ts). */
import type { ExtentStamp, ShelfRecord } from '../../contract/shelf.ts';
import type { Bitfield } from '../model/bitfield.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';

/** `have`: pieces that are flushed. `wanted`: pieces that are or will be written. `stamps`: of the extents that exist. */
export function shelfOf(
  meta: TorrentMeta,
  map: PieceMap,
  have: Bitfield,
  wanted: Bitfield,
  stamps: ReadonlyMap<number, ExtentStamp>,
): ShelfRecord {
  const isQuiet = Array.from({ length: map.extentCount }, (_, extent) => {
    const { first, last } = map.piecesOfExtent(extent);
    for (let i = first; i <= last; i++) if (wanted.has(i) && !have.has(i)) return false;
    return stamps.has(extent);
  });
  const served = new Set<number>();
  const files = meta.files.map(({ path, lengthBytes, offsetBytes, isPad }) => {
    if (isPad) return { path, lengthBytes, offsetBytes, isFinished: false, isPad };
    const range = map.piecesOf({ offsetBytes, lengthBytes });
    let isFinished = true;
    for (let i = range?.first ?? 0; i <= (range?.last ?? -1) && isFinished; i++) {
      isFinished = have.has(i) && isQuiet[map.extentOf(i)]!;
    }
    if (isFinished && range) {
      for (let e = map.extentOf(range.first); e <= map.extentOf(range.last); e++) served.add(e);
    }
    return { path, lengthBytes, offsetBytes, isFinished };
  });
  return {
    version: 2,
    infoHash: meta.infoHash,
    name: meta.name,
    lengthBytes: meta.lengthBytes,
    extentLengthBytes: map.extentLengthBytes,
    files,
    extents: [...served].sort((a, b) => a - b).map((extent) => stamps.get(extent)!),
  };
}
