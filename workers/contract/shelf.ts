/**
 * The shelf is what the service worker needs to serve a finished file with no engine running: one small JSON file
 * beside each torrent's extents in the origin-private file system. The engine writes it, after the bytes it speaks of
 * are flushed; the service worker only reads it.
 *
 * A torrent's bytes are one line, cut into extents of `extentLengthBytes`; extent k is the file
 * `torrents/<infoHash>/<k>`. A file of the torrent is an interval of that line.
 */
export const SHELF_ROOT = 'torrents';
export const SHELF_FILE = 'shelf.json';

export interface ShelfFile {
  readonly path: string;
  readonly lengthBytes: number;
  /** Where the file begins in the torrent's line of bytes. */
  readonly offsetBytes: number;
  /** All of it is verified and flushed, and no extent that holds a byte of it is still being written. */
  readonly isFinished: boolean;
  /** Padding (BEP 47): there so that every file keeps its index, and never given to anybody. */
  readonly isPad?: boolean;
}

/** An extent as it was when the record was written: another size or time means that somebody else changed it. */
export interface ExtentStamp {
  readonly extent: number;
  readonly sizeBytes: number;
  /** `File.lastModified`, milliseconds since 1970; 0 where the backend has no such time. */
  readonly modifiedMs: number;
}

export interface ShelfRecord {
  readonly version: 2;
  readonly infoHash: string;
  readonly name: string;
  readonly lengthBytes: number;
  readonly extentLengthBytes: number;
  readonly files: readonly ShelfFile[];
  /** Of every extent that holds a byte of a finished file. */
  readonly extents: readonly ExtentStamp[];
}
