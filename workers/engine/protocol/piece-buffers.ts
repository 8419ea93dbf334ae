/**
 * Buffers that pieces are assembled in, used again: a piece lives long enough for the collector to promote its buffer, and
 * promoted buffers wait for a full collection, some 64 MiB later (docs/decisions/0005).
 */
import { MAX_SPARE_BYTES } from '../model/swarm.ts';

export class PieceBuffers {
  /** Oldest first. */
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #spareBytes = 0;
  #maxSpareBytes = MAX_SPARE_BYTES;

  /** Of all spare buffers. */
  get spareBytes(): number {
    return this.#spareBytes;
  }

  /** Spare buffers beyond this are left to the collector, from now on. */
  keepAtMost(maxSpareBytes: number): void {
    this.#maxSpareBytes = maxSpareBytes;
    while (this.#spareBytes > maxSpareBytes) this.#spareBytes -= this.#spare.shift()!.length;
  }

  /** A buffer of exactly that length. It may hold old bytes: a piece is used only when every block of it was put. */
  take(lengthBytes: number): Uint8Array<ArrayBuffer> {
    const at = this.#spare.findIndex((bytes) => bytes.length === lengthBytes);
    if (at < 0) return new Uint8Array(lengthBytes);
    this.#spareBytes -= lengthBytes;
    return this.#spare.splice(at, 1)[0]!;
  }

  /** Gives a buffer back that nothing refers to any more. The oldest make room: they may be of lengths that nobody takes again. */
  give(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length > this.#maxSpareBytes) return;
    this.#spare.push(bytes);
    this.#spareBytes += bytes.length;
    this.keepAtMost(this.#maxSpareBytes);
  }
}
