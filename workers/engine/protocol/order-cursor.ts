/**
 * Finds the first piece that two sets have in common, again and again, without beginning at 0 each time.
 *
 * Invariant: before the cursor of a rank there is no piece of that rank in common. So a search goes on from there, eight
 * pieces at a look, and over a whole download each piece is passed once; whoever makes a piece eligible again says so with
 * `rewind`, which is all that ever moves a cursor back.
 */
import type { Bitfield } from '../model/bitfield.ts';

export class OrderCursor {
  /** By rank. */
  readonly #at: number[] = [];

  /** The first of the pieces that both have, or -1. `rank` names the set `pieces` (availability-index.ts). */
  first(rank: number, pieces: Bitfield, others: Bitfield): number {
    const from = this.#at[rank] ?? 0;
    // The bits of the first byte that lie before the cursor are left out.
    let mask = 0xff >> (from & 7);
    for (let at = from >> 3; at < pieces.bytes.length; at++) {
      const common = pieces.bytes[at]! & others.bytes[at]! & mask;
      mask = 0xff;
      if (!common) continue;
      const index = at * 8 + Math.clz32(common) - 24;
      this.#at[rank] = index;
      return index;
    }
    this.#at[rank] = pieces.length;
    return -1;
  }

  /** The piece may be found again, whatever its rank. */
  rewind(index: number): void {
    for (let rank = 0; rank < this.#at.length; rank++) {
      if ((this.#at[rank] ?? 0) > index) this.#at[rank] = index;
    }
  }
}
