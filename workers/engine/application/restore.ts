/**
 * What of a checkpoint is believed at start: pieces whose extent is there in full size. Extents are truncated to their
 * size before the first write, so a wrong size means that the browser or a person took data away.
 */
import type { InfoHash } from '../../contract/ids.ts';
import { Bitfield } from '../model/bitfield.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { Storage } from '../model/storage.ts';

export interface Restored {
  readonly have: Bitfield;
  /** Of the checkpoint; 0 when there was none. */
  readonly generation: number;
}

export async function restoreHave(
  storage: Storage,
  infoHash: InfoHash,
  map: PieceMap,
): Promise<Restored> {
  const record = await storage.catalogue.resume(infoHash);
  const have = new Bitfield(map.pieceCount);
  if (!record) return { have, generation: 0 };
  if (record.have.length !== have.bytes.length) return { have, generation: record.generation };
  const claimed = new Bitfield(map.pieceCount, record.have);
  const sizes = await storage.extentSizes(infoHash);
  for (let i = 0; i < map.pieceCount; i++) {
    const extent = map.extentOf(i);
    if (claimed.has(i) && sizes.get(extent) === map.extentLengthOf(extent)) have.set(i);
  }
  return { have, generation: record.generation };
}
