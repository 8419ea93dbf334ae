/**
 * What of a checkpoint is believed at start. An extent that is as its stamp says is believed at once, and each piece of it
 * hashed before its first use; one that differs is hashed before anything of it is believed; one that is gone was taken
 * away by the browser or a person. Pieces of padding are here without being anywhere.
 */
import type { InfoHash } from '../../contract/ids.ts';
import type { ExtentStamp } from '../../contract/shelf.ts';
import { Bitfield } from '../model/bitfield.ts';
import type { ResumeRecord } from '../model/catalogue.ts';
import type { PieceMap } from '../model/piece-map.ts';
import type { Storage } from '../model/storage.ts';

export interface Restored {
  /** Pieces in extents that are as the checkpoint left them. */
  readonly have: Bitfield;
  /** Extents to be hashed before any of their pieces counts: changed since the checkpoint, or not known to it. */
  readonly doubtful: readonly number[];
  /** Bytes of pieces the checkpoint speaks of whose extents are gone. */
  readonly evictedBytes: number;
  readonly stamps: ReadonlyMap<number, ExtentStamp>;
  /** All is as the checkpoint says, so that another one would say the same. */
  readonly isAsRecorded: boolean;
  /** Of the checkpoint; 0 when there was none. */
  readonly generation: number;
}

export async function restoreHave(
  storage: Storage,
  infoHash: InfoHash,
  map: PieceMap,
  padding: Bitfield,
): Promise<Restored> {
  // A record of another number of pieces speaks of nothing here; what exists is hashed then.
  const [record, stamps] = await Promise.all([
    storage.catalogue.resume(infoHash),
    storage.extentStamps(infoHash, map),
  ]);
  const ours = record?.have.length === Math.ceil(map.pieceCount / 8) ? record : null;
  const claimed = new Bitfield(map.pieceCount, ours?.have);
  const recorded = recordedStamps(ours);
  const have = new Bitfield(map.pieceCount, padding.bytes);
  for (let i = 0; i < map.pieceCount; i++) if (padding.has(i)) claimed.clear(i);
  const doubtful: number[] = [];
  let evictedBytes = 0;
  for (let extent = 0; extent < map.extentCount; extent++) {
    const stamp = stamps.get(extent);
    if (!stamp) evictedBytes += claimedBytes(claimed, map, extent);
    else if (isAsRecorded(recorded, stamp, map)) copyExtent(claimed, have, map, extent);
    else doubtful.push(extent);
  }
  return {
    have,
    doubtful,
    evictedBytes,
    stamps,
    generation: record?.generation ?? 0,
    isAsRecorded:
      doubtful.length === 0 && evictedBytes === 0 && ours !== null && ours.extents !== null,
  };
}

/** By extent; `null` when the record was made before stamps were kept. */
function recordedStamps(record: ResumeRecord | null): ReadonlyMap<number, ExtentStamp> | null {
  if (record?.extents === null) return null;
  return new Map(record?.extents.map((stamp) => [stamp.extent, stamp]));
}

function isAsRecorded(
  recorded: ReadonlyMap<number, ExtentStamp> | null,
  stamp: ExtentStamp,
  map: PieceMap,
): boolean {
  if (!recorded) return stamp.sizeBytes === map.extentLengthOf(stamp.extent);
  const before = recorded.get(stamp.extent);
  return before?.sizeBytes === stamp.sizeBytes && before.modifiedMs === stamp.modifiedMs;
}

function copyExtent(from: Bitfield, to: Bitfield, map: PieceMap, extent: number): void {
  const { first, last } = map.piecesOfExtent(extent);
  for (let i = first; i <= last; i++) if (from.has(i)) to.set(i);
}

function claimedBytes(claimed: Bitfield, map: PieceMap, extent: number): number {
  const { first, last } = map.piecesOfExtent(extent);
  let bytes = 0;
  for (let i = first; i <= last; i++) if (claimed.has(i)) bytes += map.pieceLengthOf(i);
  return bytes;
}
