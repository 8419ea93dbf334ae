/**
 * One torrent's bytes in IndexedDB, for browsers that keep no files: as chunks of its pieces (chunks.ts).
 *
 * Invariants: a run is stored in one transaction, so each of its pieces is there whole or not at all; transactions that
 * write run in the order in which they were asked for, so a deletion takes every write before it along.
 */
import { get, getMany, promisifyRequest, type UseStore } from 'idb-keyval';
import type { InfoHash, PieceIndex } from '../../../contract/ids.ts';
import type { StorageError } from '../../model/chunk-store.ts';
import type { PieceMap } from '../../model/piece-map.ts';
import { checkRun, checkSpan } from '../piece-bounds.ts';
import type { RunStore } from '../run-store.ts';
import { bytesMissing, errorName, storeClosed, toStorageError } from '../storage-errors.ts';
import { MARKER_KEY } from './byte-database.ts';
import {
  CHUNK_BYTES,
  chunkKeys,
  chunkLengthOf,
  chunkRange,
  toChunks,
  type ChunkKey,
} from './chunks.ts';

export interface IdbChunkStoreDeps {
  /** Its one object store holds the chunks of all torrents. */
  readonly database: UseStore;
  readonly infoHash: InfoHash;
  readonly map: PieceMap;
  /** Called when nothing more will be asked of IndexedDB. */
  readonly onClosed: () => void;
}

export class IdbChunkStore implements RunStore {
  readonly #database: UseStore;
  readonly #infoHash: InfoHash;
  readonly #map: PieceMap;
  readonly #onClosed: () => void;
  #isClosed = false;

  constructor(deps: IdbChunkStoreDeps) {
    this.#database = deps.database;
    this.#infoHash = deps.infoHash;
    this.#map = deps.map;
    this.#onClosed = deps.onClosed;
  }

  write(index: PieceIndex, bytes: Uint8Array): Promise<void> {
    return this.writeRun(index, [bytes]);
  }

  /** A piece of a wrong length, or a run that leaves its extent, is a broken invariant: RangeError, nothing is written. */
  async writeRun(first: PieceIndex, pieces: readonly Uint8Array[]): Promise<void> {
    checkRun(this.#map, first, pieces);
    if (this.#isClosed) throw storeClosed();
    const lengthBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    await guarded(
      'writing',
      this.#database('readwrite', (chunks) => this.#putRun(chunks, first, pieces)),
      lengthBytes,
    );
  }

  /** A span outside the piece is a broken invariant: RangeError. */
  async read(
    index: PieceIndex,
    offsetBytes: number,
    lengthBytes: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    checkSpan(this.#map, index, offsetBytes, lengthBytes);
    if (this.#isClosed) throw storeClosed();
    const keys = chunkKeys(this.#infoHash, index, offsetBytes, lengthBytes);
    const found = await this.#get(keys, index);
    const bytes = new Uint8Array(lengthBytes);
    keys.forEach((key, i) => {
      const chunk = this.#whole(key, found[i]);
      const at = key[2] * CHUNK_BYTES - offsetBytes;
      bytes.set(chunk.subarray(Math.max(0, -at), lengthBytes - at), Math.max(0, at));
    });
    return bytes;
  }

  /** Every write is on the disk when it ends, so this waits for those under way, behind which a read has to queue. */
  async flush(): Promise<void> {
    if (this.#isClosed) throw storeClosed();
    await guarded('flushing', get(MARKER_KEY, this.#database));
  }

  /** Refuses everything from now on, also when flushing fails; rejects with that failure. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    const flushing = this.flush();
    this.#isClosed = true;
    try {
      await flushing;
    } finally {
      this.#onClosed();
    }
  }

  /** Also after `close`. Writes under way end before the deletion begins. */
  async destroy(): Promise<void> {
    this.#isClosed = true;
    try {
      await removeChunks(this.#database, this.#infoHash);
    } finally {
      this.#onClosed();
    }
  }

  #putRun(chunks: IDBObjectStore, first: PieceIndex, pieces: readonly Uint8Array[]): Promise<void> {
    try {
      pieces.forEach((piece, i) => {
        for (const [key, bytes] of toChunks(this.#infoHash, first + i, piece))
          chunks.put(bytes, key);
      });
    } catch (error) {
      // What was put before it would be committed: this is why it is not idb-keyval's `setMany`.
      chunks.transaction.abort();
      throw error;
    }
    return promisifyRequest(chunks.transaction);
  }

  async #get(keys: ChunkKey[], piece: PieceIndex): Promise<unknown[]> {
    try {
      return await getMany<unknown>(keys, this.#database);
    } catch (error) {
      throw isLoss(error) ? damaged(piece, error) : toStorageError(error, 'reading');
    }
  }

  #whole([, piece, chunk]: ChunkKey, stored: unknown): Uint8Array {
    const lengthBytes = chunkLengthOf(this.#map, piece, chunk);
    if (stored instanceof Uint8Array && stored.length === lengthBytes) return stored;
    if (stored !== undefined) throw damaged(piece);
    throw bytesMissing(
      `Piece ${piece} is not in storage. Check the torrent again to download what is missing.`,
    );
  }
}

/** What Chromium says when the file that it kept a large value in is gone, and when it is cut short (both tried out). */
function isLoss(error: unknown): boolean {
  return (
    errorName(error) === 'NotReadableError' ||
    (error instanceof Error && error.message.includes('read large IndexedDB value'))
  );
}

function damaged(piece: number, cause?: unknown): StorageError {
  return bytesMissing(
    `Piece ${piece} is damaged in storage. Check the torrent again to download what is missing.`,
    cause,
  );
}

/** Deletes every chunk of the torrent; rejects with StorageError. */
export async function removeChunks(database: UseStore, infoHash: InfoHash): Promise<void> {
  const remove = (store: IDBObjectStore) => {
    store.delete(chunkRange(infoHash));
    return promisifyRequest(store.transaction);
  };
  await guarded('deleting', database('readwrite', remove));
}

async function guarded<T>(doing: string, request: Promise<T>, neededBytes = 0): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw toStorageError(error, doing, neededBytes);
  }
}
