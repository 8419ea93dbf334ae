/**
 * A store whose small reads are served from lines of 256 KiB: peers ask for 16 KiB at a time, and a read of a line costs
 * hardly more than that of a block (FACTS.md, Storage). It stands between the write queue and the backend, so what waits
 * to be written is not cached twice.
 *
 * Invariants: a read gives what the backend holds, in a buffer of its own; a line whose piece was written since its read
 * began is neither kept nor given to anybody who asks after that write; each line is read once however many ask at once.
 * Reads of a line or more, and of whole pieces (verification), go to the backend and leave the cache alone.
 */
import type { PieceIndex } from '../../contract/ids.ts';
import type { PieceMap } from '../model/piece-map.ts';
import { checkSpan } from './piece-bounds.ts';
import type { ReadCache } from './read-cache.ts';
import type { RunStore } from './run-store.ts';

/** Lines begin at multiples of this within their piece; the last of a piece is as short as the piece leaves it. */
export const LINE_BYTES = 256 * 1024;

export class CachedStore implements RunStore {
  readonly #store: RunStore;
  readonly #map: PieceMap;
  readonly #cache: ReadCache;
  readonly #linesPerPiece: number;
  /** Line reads that no write of their piece has ended since they began. */
  readonly #underWay = new Map<number, Promise<Uint8Array>>();

  /** `cache` is shared by all torrents; a limit smaller than a line turns it off. */
  constructor(store: RunStore, map: PieceMap, cache: ReadCache) {
    this.#store = store;
    this.#map = map;
    this.#cache = cache;
    this.#linesPerPiece = Math.ceil(map.pieceLength / LINE_BYTES);
  }

  prepare(index: PieceIndex): void {
    this.#store.prepare?.(index);
  }

  write(index: PieceIndex, bytes: Uint8Array): Promise<void> {
    return this.#changing(index, 1, this.#store.write(index, bytes));
  }

  writeRun(first: PieceIndex, pieces: readonly Uint8Array[]): Promise<void> {
    return this.#changing(first, pieces.length, this.#store.writeRun(first, pieces));
  }

  async read(
    index: PieceIndex,
    offsetBytes: number,
    lengthBytes: number,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    checkSpan(this.#map, index, offsetBytes, lengthBytes);
    const isWhole = lengthBytes === this.#map.pieceLengthOf(index);
    const isSmall = lengthBytes > 0 && lengthBytes < LINE_BYTES && !isWhole;
    if (!isSmall || this.#cache.limitBytes < LINE_BYTES) {
      return this.#store.read(index, offsetBytes, lengthBytes, into);
    }
    try {
      return await this.#readLines(index, offsetBytes, lengthBytes);
    } catch {
      // Where a line is cut short, the bytes that were asked for may still be there.
      return this.#store.read(index, offsetBytes, lengthBytes);
    }
  }

  flush(): Promise<void> {
    return this.#store.flush();
  }

  close(): Promise<void> {
    return this.#ending(this.#store.close());
  }

  destroy(): Promise<void> {
    return this.#ending(this.#store.destroy());
  }

  /** A short span lies in one line, or in two that meet in it. */
  async #readLines(
    index: PieceIndex,
    offsetBytes: number,
    lengthBytes: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const endBytes = offsetBytes + lengthBytes;
    const first = Math.floor(offsetBytes / LINE_BYTES);
    const last = Math.floor((endBytes - 1) / LINE_BYTES);
    const lines = [this.#line(index, first), ...(last > first ? [this.#line(index, last)] : [])];
    const bytes = new Uint8Array(lengthBytes);
    let at = 0;
    for (const line of await Promise.all(lines)) {
      const lineStart = at === 0 ? first * LINE_BYTES : last * LINE_BYTES;
      const part = line.subarray(offsetBytes + at - lineStart, endBytes - lineStart);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  /** The line `line` of the piece, to be copied from and left as it is. */
  #line(index: PieceIndex, line: number): Uint8Array | Promise<Uint8Array> {
    const number = index * this.#linesPerPiece + line;
    const cached = this.#cache.get(this, number) ?? this.#underWay.get(number);
    if (cached) return cached;
    const offsetBytes = line * LINE_BYTES;
    const lengthBytes = Math.min(LINE_BYTES, this.#map.pieceLengthOf(index) - offsetBytes);
    const reading = this.#store.read(index, offsetBytes, lengthBytes);
    this.#underWay.set(number, reading);
    const end = (bytes: Uint8Array | null) => {
      if (this.#underWay.get(number) !== reading) return;
      this.#underWay.delete(number);
      if (bytes) this.#cache.put(this, number, bytes);
    };
    void reading.then(end, () => end(null));
    return reading;
  }

  /** Forgets once the write is over, also one that failed: what was read until then may be the old bytes. */
  async #changing(first: number, count: number, writing: Promise<void>): Promise<void> {
    try {
      await writing;
    } finally {
      this.#forget(first, count);
    }
  }

  async #ending(ending: Promise<void>): Promise<void> {
    try {
      await ending;
    } finally {
      this.#underWay.clear();
      this.#cache.dropOwner(this);
    }
  }

  #forget(first: number, count: number): void {
    const end = (first + count) * this.#linesPerPiece;
    for (let number = first * this.#linesPerPiece; number < end; number++) {
      this.#underWay.delete(number);
      this.#cache.drop(this, number);
    }
  }
}
