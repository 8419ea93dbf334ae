/**
 * The pieces of all torrents, in memory.
 *
 * Invariants: what is kept never passes the cap; a run is kept whole or not at all; bytes are copied when they come in and
 * when they go out, because callers use their buffers again.
 */
import { StorageError } from '../../model/chunk-store.ts';
import type { StoredBytes } from '../stored-extents.ts';

const MEBIBYTE = 1024 * 1024;

export class PieceMemory {
  readonly #capBytes: number;
  readonly #torrents = new Map<string, Map<number, Uint8Array<ArrayBuffer>>>();
  #usedBytes = 0;

  constructor(capBytes: number) {
    this.#capBytes = capBytes;
  }

  /** Bytes that may still be kept. */
  get freeBytes(): number {
    return this.#capBytes - this.#usedBytes;
  }

  /** Keeps copies of the pieces `first`, `first + 1`, …; throws StorageError `storage-full` when they find no room. */
  put(infoHash: string, first: number, pieces: readonly Uint8Array[]): void {
    const torrent = this.#torrents.get(infoHash) ?? new Map<number, Uint8Array<ArrayBuffer>>();
    const lengthBytes = sumOf(pieces);
    const replaced = pieces.flatMap((_, i) => torrent.get(first + i) ?? []);
    const grownBytes = lengthBytes - sumOf(replaced);
    if (grownBytes > this.freeBytes) throw this.#full(lengthBytes);
    const copies = this.#copied(pieces, lengthBytes);
    copies.forEach((bytes, i) => torrent.set(first + i, bytes));
    this.#torrents.set(infoHash, torrent);
    this.#usedBytes += grownBytes;
  }

  /** A copy of the span, or `null` when the piece is not here. */
  read(
    infoHash: string,
    piece: number,
    offsetBytes: number,
    lengthBytes: number,
  ): Uint8Array<ArrayBuffer> | null {
    const bytes = this.#torrents.get(infoHash)?.get(piece);
    return bytes?.slice(offsetBytes, offsetBytes + lengthBytes) ?? null;
  }

  /** What is kept of the torrent. */
  stored(infoHash: string): StoredBytes[] {
    const pieces = this.#torrents.get(infoHash) ?? [];
    return [...pieces].map(([piece, { length }]) => ({ piece, lengthBytes: length }));
  }

  remove(infoHash: string): void {
    this.#usedBytes -= sumOf([...(this.#torrents.get(infoHash)?.values() ?? [])]);
    this.#torrents.delete(infoHash);
  }

  #copied(pieces: readonly Uint8Array[], lengthBytes: number): Uint8Array<ArrayBuffer>[] {
    try {
      return pieces.map((piece) => piece.slice());
    } catch (error) {
      // The device may have less memory than the cap allows: a RangeError that says so, of no interest to a person.
      throw this.#full(lengthBytes, error);
    }
  }

  #full(neededBytes: number, cause?: unknown): StorageError {
    const toMebibytes = (bytes: number) => Math.max(1, Math.ceil(bytes / MEBIBYTE));
    const message =
      `There is no room for ${toMebibytes(neededBytes)} MiB more: downloads are kept in memory here, ` +
      `at most ${toMebibytes(this.#capBytes)} MiB. ` +
      'Save finished files and remove their torrents, or open Rill in a normal window.';
    return new StorageError({ kind: 'storage-full', message, neededBytes }, { cause });
  }
}

function sumOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
