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
}

export interface ShelfRecord {
  readonly version: 1;
  readonly infoHash: string;
  readonly name: string;
  readonly lengthBytes: number;
  readonly extentLengthBytes: number;
  readonly files: readonly ShelfFile[];
}
