/**
 * Buffers that pieces are assembled in, used again: a piece lives long enough for the collector to promote its buffer, and
 * promoted buffers wait for a full collection, some 64 MiB later (docs/decisions/0005).
 */

/** Spare buffers beyond this are left to the collector. */
const MAX_SPARE_BYTES = 8 * 1024 * 1024;

export class PieceBuffers {
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #spareBytes = 0;

  /** A buffer of exactly that length. It may hold old bytes: a piece is used only when every block of it was put. */
  take(lengthBytes: number): Uint8Array<ArrayBuffer> {
    const at = this.#spare.findIndex((bytes) => bytes.length === lengthBytes);
    if (at < 0) return new Uint8Array(lengthBytes);
    this.#spareBytes -= lengthBytes;
    return this.#spare.splice(at, 1)[0]!;
  }

  /** Gives a buffer back that nothing refers to any more. */
  give(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#spareBytes + bytes.length > MAX_SPARE_BYTES) return;
    this.#spare.push(bytes);
    this.#spareBytes += bytes.length;
  }
}
