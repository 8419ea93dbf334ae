/** What of a torrent the service worker may serve on its own (contract/shelf.ts). */
import type { ShelfRecord } from '../../contract/shelf.ts';
import type { Bitfield } from '../model/bitfield.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';

/** `have`: pieces that are flushed. `wanted`: pieces that are or will be written. */
export function shelfOf(
  meta: TorrentMeta,
  map: PieceMap,
  have: Bitfield,
  wanted: Bitfield,
): ShelfRecord {
  const isQuiet = Array.from({ length: map.extentCount }, (_, extent) => {
    const { first, last } = map.piecesOfExtent(extent);
    for (let i = first; i <= last; i++) if (wanted.has(i) && !have.has(i)) return false;
    return true;
  });
  return {
    version: 1,
    infoHash: meta.infoHash,
    name: meta.name,
    lengthBytes: meta.lengthBytes,
    extentLengthBytes: map.extentLengthBytes,
    files: meta.files.map(({ path, lengthBytes, offsetBytes }) => {
      const range = map.piecesOf({ offsetBytes, lengthBytes });
      let isFinished = true;
      for (let i = range?.first ?? 0; i <= (range?.last ?? -1) && isFinished; i++) {
        isFinished = have.has(i) && isQuiet[map.extentOf(i)]!;
      }
      return { path, lengthBytes, offsetBytes, isFinished };
    }),
  };
}
