/** A torrent's description from sizes alone: files end to end, no real hashes. */
import { toInfoHash } from '../../../../../workers/contract/ids.ts';
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';
import type { TorrentMeta } from '../../../../../workers/engine/model/torrent-meta.ts';

export const HASH = toInfoHash('ab'.repeat(20))!;

export function metaOf(
  files: readonly { readonly lengthBytes: number; readonly isPad?: boolean }[],
  pieceLength: number,
): TorrentMeta {
  let lengthBytes = 0;
  return {
    infoHash: HASH,
    name: 'things',
    rawName: 'things',
    isPrivate: false,
    isMultiFile: true,
    pieceLength,
    files: files.map((file, i) => {
      const offsetBytes = lengthBytes;
      lengthBytes += file.lengthBytes;
      const { isPad = false } = file;
      return {
        path: `things/${i}`,
        rawPath: [`${i}`],
        lengthBytes: file.lengthBytes,
        offsetBytes,
        isPad,
      };
    }),
    lengthBytes,
    pieceHashes: new Uint8Array(20 * Math.ceil(lengthBytes / pieceLength)),
    infoBytes: new Uint8Array(),
  };
}

export function bitsOf(length: number, set: readonly number[]): Bitfield {
  const bits = new Bitfield(length);
  for (const index of set) bits.set(index);
  return bits;
}

export function indexesOf(bits: Bitfield): number[] {
  return Array.from({ length: bits.length }, (_, i) => i).filter((i) => bits.has(i));
}
