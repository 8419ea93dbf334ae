/**
 * The reader's side of the shelf (contract/shelf.ts): finished files straight from the origin-private file system,
 * with no engine. Nothing is kept between requests: a `File` taken before a later write stops being readable, so
 * each request takes its own.
 *
 * Invariant: a byte is answered from here only out of an extent that has the size and the time it had when the engine
 * wrote the record. Any other extent was touched since, and only the engine can verify it.
 */
import * as v from 'valibot';
import {
  SHELF_FILE,
  SHELF_ROOT,
  type ExtentStamp,
  type ShelfFile,
  type ShelfRecord,
} from '../contract/shelf.ts';

/** `navigator.storage.getDirectory`; it rejects where the file system is refused (private windows). */
export type OpenRoot = () => Promise<FileSystemDirectoryHandle>;

/** A record, and the folder that it speaks of: each handle is a round trip, and held by the browser until we collect. */
export interface Shelf extends ShelfRecord {
  readonly folder: FileSystemDirectoryHandle;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const shelfRecord = v.object({
  version: v.literal(2),
  infoHash: v.string(),
  name: v.string(),
  lengthBytes: count,
  extentLengthBytes: v.pipe(count, v.minValue(1)),
  files: v.array(
    v.object({
      path: v.string(),
      lengthBytes: count,
      offsetBytes: count,
      isFinished: v.boolean(),
      isPad: v.exactOptional(v.boolean()),
    }),
  ),
  extents: v.array(v.object({ extent: count, sizeBytes: count, modifiedMs: v.number() })),
});

/** Returns the record as typed, or `null` when it is not one of this torrent or speaks of bytes outside it. */
export function toShelfRecord(value: unknown, infoHash: string): ShelfRecord | null {
  const parsed = v.safeParse(shelfRecord, value);
  if (!parsed.success || parsed.output.infoHash !== infoHash) return null;
  const { files, lengthBytes } = parsed.output;
  const isInside = (file: ShelfFile) => file.offsetBytes + file.lengthBytes <= lengthBytes;
  return files.every(isInside) ? parsed.output : null;
}

/** Reads the shelf of a torrent; `null` when there is none, it is damaged, or storage is refused. */
export async function readShelf(openRoot: OpenRoot, infoHash: string): Promise<Shelf | null> {
  try {
    const torrents = await (await openRoot()).getDirectoryHandle(SHELF_ROOT);
    const folder = await torrents.getDirectoryHandle(infoHash);
    const file = await (await folder.getFileHandle(SHELF_FILE)).getFile();
    const record = toShelfRecord(JSON.parse(await file.text()), infoHash);
    return record && { ...record, folder };
  } catch {
    // Missing, half written, refused: to the reader all of these mean "ask the engine".
    return null;
  }
}

/**
 * Bytes `startByte` to `endByte` (one past the last) of a file, stitched from slices of its extents. Returns `null`
 * when the file is not finished or its bytes cannot be read as the record says: the engine knows better then.
 */
export async function readFinishedFile(
  shelf: Shelf,
  fileIndex: number,
  startByte: number,
  endByte: number,
): Promise<Blob | null> {
  const file = shelf.files[fileIndex];
  if (!file) return null;
  if (file.lengthBytes === 0) return new Blob([]);
  if (!file.isFinished) return null;
  try {
    const slices = slicesOf(shelf, file.offsetBytes + startByte, file.offsetBytes + endByte);
    const stamps = new Map(shelf.extents.map((stamp) => [stamp.extent, stamp]));
    const parts = await Promise.all(
      slices.map((slice) => readSlice(shelf.folder, slice, stamps.get(slice.extent))),
    );
    // No finished file's extent is being written, but the torrent may be taken away, checked anew or extended by
    // another file in this moment: one byte read now shows NotReadableError while there is still a choice.
    await parts[0]?.slice(0, 1).arrayBuffer();
    return new Blob(parts);
  } catch {
    return null;
  }
}

interface ExtentSlice {
  readonly extent: number;
  readonly startByte: number;
  readonly endByte: number;
}

function slicesOf(record: ShelfRecord, startByte: number, endByte: number): ExtentSlice[] {
  const slices: ExtentSlice[] = [];
  for (let at = startByte; at < endByte;) {
    const extent = Math.floor(at / record.extentLengthBytes);
    const extentStart = extent * record.extentLengthBytes;
    const until = Math.min(endByte, extentStart + record.extentLengthBytes);
    slices.push({ extent, startByte: at - extentStart, endByte: until - extentStart });
    at = until;
  }
  return slices;
}

async function readSlice(
  folder: FileSystemDirectoryHandle,
  slice: ExtentSlice,
  stamp: ExtentStamp | undefined,
): Promise<Blob> {
  const file = await (await folder.getFileHandle(String(slice.extent))).getFile();
  const isUntouched = file.size === stamp?.sizeBytes && file.lastModified === stamp.modifiedMs;
  if (!isUntouched || file.size < slice.endByte) {
    throw new RangeError(`extent ${slice.extent} is not as the record says`);
  }
  return file.slice(slice.startByte, slice.endByte);
}
