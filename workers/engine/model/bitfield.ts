/** How many bits are set in each byte. */
const BITS = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let left = byte; left; left &= left - 1) bits++;
  return bits;
});

/** One bit for each piece, in BitTorrent's order: piece 0 is the highest bit of byte 0 (BEP 3). Counts what is set. */
export class Bitfield {
  readonly bytes: Uint8Array;
  #count = 0;

  /** `bytes` is copied; bits past `length` are cleared. A wrong size throws. */
  constructor(
    readonly length: number,
    bytes?: Uint8Array,
  ) {
    const size = Math.ceil(length / 8);
    if (bytes && bytes.length !== size) {
      throw new RangeError(`a bitfield of ${length} pieces has ${size} bytes, not ${bytes.length}`);
    }
    this.bytes = new Uint8Array(size);
    for (let i = 0; bytes && i < length; i++) if (bytes[i >> 3]! & (128 >> (i & 7))) this.set(i);
  }

  /** How many bits are set. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.length;
  }

  has(index: number): boolean {
    return index < this.length && (this.bytes[index >> 3]! & (128 >> (index & 7))) !== 0;
  }

  set(index: number): void {
    if (index < 0 || index >= this.length || this.has(index)) return;
    this.bytes[index >> 3]! |= 128 >> (index & 7);
    this.#count++;
  }

  clear(index: number): void {
    if (!this.has(index)) return;
    this.bytes[index >> 3]! &= ~(128 >> (index & 7));
    this.#count--;
  }

  /** How many bits are set in both; `other` is as long as this. */
  overlap(other: Bitfield): number {
    let count = 0;
    for (let at = 0; at < this.bytes.length; at++) {
      count += BITS[this.bytes[at]! & other.bytes[at]!]!;
    }
    return count;
  }
}
