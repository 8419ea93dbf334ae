/**
 * One torrent's bytes in the origin-private file system, by sync access handles (dedicated workers only).
 *
 * Invariants: an extent is created by its first write and truncated to its full length before it (holes count against
 * the quota, and writes into a file that has its length are twice as fast); no byte outside a piece's own bounds is
 * touched by its write. A piece that was never written reads as zeroes once its extent exists: who has which piece is
 * the bitfield's business.
 */
import type { InfoHash, PieceIndex } from '../../../contract/ids.ts';
import type { StorageError } from '../../model/chunk-store.ts';
import type { PieceMap } from '../../model/piece-map.ts';
import type { HandlePool, HandleUse } from './handle-pool.ts';
import { checkRun, checkSpan } from '../piece-bounds.ts';
import type { RunStore } from '../run-store.ts';
import {
  bytesMissing,
  errorName,
  storageUnavailable,
  storeClosed,
  toStorageError,
} from '../storage-errors.ts';
import type { ExtentId, SyncHandle } from './sync-handle.ts';
import type { TorrentFolders } from './torrent-folders.ts';

export interface OpfsChunkStoreDeps {
  /** Shared by all torrents; it opens extents through `folders`. */
  readonly pool: HandlePool;
  readonly folders: TorrentFolders;
  readonly infoHash: InfoHash;
  readonly map: PieceMap;
  /** Called when the store has let go of its handles for good. */
  readonly onClosed?: () => void;
}

export class OpfsChunkStore implements RunStore {
  readonly #pool: HandlePool;
  readonly #folders: TorrentFolders;
  readonly #infoHash: InfoHash;
  readonly #map: PieceMap;
  readonly #onClosed: () => void;
  /** Handles of extents that have their length. */
  readonly #fullLength = new WeakSet<SyncHandle>();
  #isClosed = false;

  constructor(deps: OpfsChunkStoreDeps) {
    this.#pool = deps.pool;
    this.#folders = deps.folders;
    this.#infoHash = deps.infoHash;
    this.#map = deps.map;
    this.#onClosed = deps.onClosed ?? (() => {});
  }

  /** Opens the extent while others are written. */
  prepare(index: PieceIndex): void {
    if (!this.#isClosed) this.#pool.use(this.#extentOf(index), 'write', () => {}).catch(() => {});
  }

  write(index: PieceIndex, bytes: Uint8Array): Promise<void> {
    return this.writeRun(index, [bytes]);
  }

  /** A piece of a wrong length, or a run that leaves its extent, is a broken invariant: RangeError, nothing is written. */
  async writeRun(first: PieceIndex, pieces: readonly Uint8Array[]): Promise<void> {
    checkRun(this.#map, first, pieces);
    if (this.#isClosed) throw storeClosed();
    const id = this.#extentOf(first);
    const at = this.#map.offsetInExtent(first);
    const lengthBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const write = (handle: SyncHandle) => {
      this.#giveFullLength(handle, id.extent);
      const bytes = joined(pieces, lengthBytes);
      const written = guarded('writing', bytes.length, () => handle.write(bytes, { at }));
      if (written !== bytes.length) throw shortWrite(written, bytes.length);
    };
    await this.#use(id, 'write', write, lengthBytes);
  }

  /** A span outside the piece is a broken invariant: RangeError. */
  async read(
    index: PieceIndex,
    offsetBytes: number,
    lengthBytes: number,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    checkSpan(this.#map, index, offsetBytes, lengthBytes);
    if (this.#isClosed) throw storeClosed();
    const at = this.#map.offsetInExtent(index) + offsetBytes;
    return this.#use(this.#extentOf(index), 'read', (handle) => {
      const bytes = into?.subarray(0, lengthBytes) ?? new Uint8Array(lengthBytes);
      const got = guarded('reading', 0, () => handle.read(bytes, { at }));
      if (got !== lengthBytes) throw missing(index, got, lengthBytes);
      return bytes;
    });
  }

  async flush(): Promise<void> {
    if (this.#isClosed) throw storeClosed();
    try {
      await this.#pool.flush(this.#infoHash);
    } catch (error) {
      throw toStorageError(error, 'flushing');
    }
  }

  /** Lets go of the handles also when flushing fails; rejects with that failure. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.flush();
    } finally {
      this.#isClosed = true;
      await this.#pool.release(this.#infoHash);
      this.#onClosed();
    }
  }

  /** Also after `close`. Writes and reads under way are refused; when this resolves the space is free. */
  async destroy(): Promise<void> {
    this.#isClosed = true;
    await this.#pool.release(this.#infoHash);
    try {
      await this.#folders.remove(this.#infoHash);
    } catch (error) {
      throw toStorageError(error, 'deleting');
    } finally {
      this.#onClosed();
    }
  }

  async #use<T>(
    id: ExtentId,
    use: HandleUse,
    action: (handle: SyncHandle) => T,
    neededBytes = 0,
  ): Promise<T> {
    try {
      return await this.#pool.use(id, use, action);
    } catch (error) {
      if (use === 'read' && errorName(error) === 'NotFoundError') {
        throw bytesMissing(
          'These bytes are not in storage any more. Check the torrent again to download what is missing.',
          error,
        );
      }
      throw toStorageError(error, 'opening a file', neededBytes);
    }
  }

  #giveFullLength(handle: SyncHandle, extent: number): void {
    // Nobody else can change the length while the handle is open.
    if (this.#fullLength.has(handle)) return;
    const lengthBytes = this.#map.extentLengthOf(extent);
    guarded('making room', lengthBytes, () => {
      if (handle.getSize() !== lengthBytes) handle.truncate(lengthBytes);
    });
    this.#fullLength.add(handle);
  }

  #extentOf(index: PieceIndex): ExtentId {
    return { infoHash: this.#infoHash, extent: this.#map.extentOf(index) };
  }
}

/** One for all stores: a run is joined and written in one go, so no two are in it at a time. */
let scratch = new Uint8Array(0);

/** The pieces one after the other, good until the next call. */
function joined(pieces: readonly Uint8Array[], lengthBytes: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  if (scratch.length < lengthBytes) scratch = new Uint8Array(lengthBytes);
  let at = 0;
  for (const piece of pieces) {
    scratch.set(piece, at);
    at += piece.length;
  }
  return scratch.subarray(0, lengthBytes);
}

function guarded<T>(doing: string, neededBytes: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw toStorageError(error, doing, neededBytes);
  }
}

function shortWrite(written: number, lengthBytes: number): StorageError {
  return storageUnavailable(
    `The browser's storage took ${written} of ${lengthBytes} bytes. Free space on the disk, then resume.`,
  );
}

function missing(index: PieceIndex, got: number, lengthBytes: number): StorageError {
  return bytesMissing(
    `Piece ${index} is cut short in storage (${got} of ${lengthBytes} bytes). ` +
      'Check the torrent again to download what is missing.',
  );
}
