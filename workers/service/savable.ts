/**
 * What of a torrent can be saved now: whole files, and nothing else. The shelf knows it with no engine; it is written a
 * moment after a file is finished, so where it says "not yet" the engine is asked.
 */
import { fail, ok, type Result } from '../contract/errors.ts';
import type { InfoHash } from '../contract/ids.ts';
import type { ShelfFile, ShelfRecord } from '../contract/shelf.ts';
import type { TorrentDetail } from '../contract/snapshot.ts';
import type { ByteSources } from './file-bytes.ts';
import { readShelf, type Shelf } from './shelf.ts';

export interface SavableFile {
  readonly index: number;
  readonly path: string;
  readonly lengthBytes: number;
  readonly isFinished: boolean;
  /** 0 to 1; `null` where only the shelf could be asked. */
  readonly progress: number | null;
  /** When its bytes were written, milliseconds since 1970. */
  readonly modifiedMs: number;
}

export interface SavableTorrent {
  readonly infoHash: InfoHash;
  readonly name: string;
  /** In the torrent's order; padding is left out, so a file's place is not its index. */
  readonly files: readonly SavableFile[];
  readonly shelf: Shelf | null;
}

export interface SavableQuestion {
  /** Whether the shelf's word is enough: it never says that a file is finished which is not. */
  isEnough(files: readonly SavableFile[]): boolean;
  /** Whether the shelf's word will do while there is no engine. */
  readonly mayBeOld: boolean;
}

/** Finds the torrent on the shelf or, where that is not enough, by the engine, whose failure is then ours. */
export async function findSavable(
  { openRoot, engine }: ByteSources,
  infoHash: InfoHash,
  { isEnough, mayBeOld }: SavableQuestion,
): Promise<Result<SavableTorrent>> {
  const shelf = await readShelf(openRoot, infoHash);
  const shelved = shelf && { infoHash, name: shelf.name, files: shelvedFiles(shelf), shelf };
  if (shelved && isEnough(shelved.files)) return ok(shelved);
  const torrent = await engine.call<TorrentDetail>((calls) => calls.torrent(infoHash));
  if (!torrent.ok) {
    const isAway = torrent.error.kind === 'engine-starting';
    return shelved && mayBeOld && isAway ? ok(shelved) : torrent;
  }
  if (torrent.value.files.length === 0) {
    return fail('not-finished', 'Rill does not know yet what is inside this torrent. Wait for it.');
  }
  return ok({ infoHash, name: torrent.value.name, files: filesOf(torrent.value), shelf });
}

export function fileOf(files: readonly SavableFile[], index: number): SavableFile | undefined {
  return files.find((file) => file.index === index);
}

function shelvedFiles(shelf: ShelfRecord): SavableFile[] {
  const writtenMs = new Map(shelf.extents.map(({ extent, modifiedMs }) => [extent, modifiedMs]));
  const files = shelf.files.map((file, index) => ({
    index,
    path: file.path,
    lengthBytes: file.lengthBytes,
    isFinished: file.isFinished || file.lengthBytes === 0,
    progress: file.isFinished ? 1 : null,
    modifiedMs: writtenMs.get(lastExtentOf(file, shelf.extentLengthBytes)) || Date.now(),
  }));
  return files.filter(({ index }) => !shelf.files[index]!.isPad);
}

function lastExtentOf({ offsetBytes, lengthBytes }: ShelfFile, extentLengthBytes: number): number {
  return Math.floor((offsetBytes + Math.max(lengthBytes, 1) - 1) / extentLengthBytes);
}

function filesOf({ files, completedAt, addedAt }: TorrentDetail): SavableFile[] {
  const modifiedMs = Date.parse(completedAt ?? addedAt) || Date.now();
  return files.map(({ index, path, lengthBytes, progress }) => ({
    index,
    path,
    lengthBytes,
    isFinished: progress >= 1 || lengthBytes === 0,
    progress,
    modifiedMs,
  }));
}
