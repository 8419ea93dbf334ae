/**
 * Cuts a stream of bytes into blocks as they come.
 *
 * Invariant: each block is a buffer of its own, given once and whole, in order; bytes beyond the last block are dropped.
 */
export class BlockCutter {
  #index = 0;
  #filledBytes = 0;
  #block: Uint8Array<ArrayBuffer> | null = null;

  /** `onBlock` may keep the block. */
  constructor(
    readonly lengthsBytes: readonly number[],
    readonly onBlock: (index: number, bytes: Uint8Array<ArrayBuffer>) => void,
  ) {}

  /** The next bytes; they are copied. */
  take(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && this.#index < this.lengthsBytes.length) {
      const lengthBytes = this.lengthsBytes[this.#index]!;
      this.#block ??= new Uint8Array(lengthBytes);
      const part = bytes.subarray(at, at + lengthBytes - this.#filledBytes);
      this.#block.set(part, this.#filledBytes);
      this.#filledBytes += part.length;
      at += part.length;
      if (this.#filledBytes === lengthBytes) this.#finish(this.#block);
    }
  }

  /** So many zero bytes come next. */
  takeZeros(lengthBytes: number): void {
    for (let left = lengthBytes; left > 0; left -= ZEROS.length) {
      this.take(ZEROS.subarray(0, left));
    }
  }

  #finish(block: Uint8Array<ArrayBuffer>): void {
    const index = this.#index++;
    this.#filledBytes = 0;
    this.#block = null;
    this.onBlock(index, block);
  }
}

const ZEROS = new Uint8Array(16 * 1024);
