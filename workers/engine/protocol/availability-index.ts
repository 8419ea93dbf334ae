/**
 * The pieces that may be started, laid out so that the rarest is at hand: for each priority, one bucket for each number of
 * peers that have them, and one for all that `COMMON` peers have or more: those are not rare, whatever their number is.
 *
 * Invariants:
 * - a piece's availability is the number of counted peers that have it, whether it may be started or not. A peer that has
 *   everything makes no piece rarer than another and is not counted, so it costs nothing;
 * - a piece that may be started is in one bucket, that of its priority and rarity (its availability up to `COMMON`); any other is
 *   in none. So a HAVE of a common piece only counts: its neighbours in the bucket, in no cache among many, are not touched;
 * - a piece leaves its bucket by changing places with the last one there, so all but `pick` and `clear` cost the same however
 *   many pieces there are;
 * - what `pick` returns has the highest priority that the peer can give, and is the rarest of that, ties by chance. A peer
 *   that has everything has the first piece that is looked at; another has it after as many looks as there are pieces to each
 *   one it has. Where it lacks the `MAX_PROBES` rarest of a priority, its pieces and those are laid over each other, eight at
 *   a time, and the rarest of the first `SAMPLE` in common is taken: less exact, and short even when the peer has one of all.
 */
import { Bitfield } from '../model/bitfield.ts';
import type { PeerHoldings } from './peer-holdings.ts';

export type Priority = 'low' | 'normal' | 'high';

const AVAILABILITY_STEP = 4;
const NONE = 0;
/** So many peers have a piece that it cannot get lost, and that who fetches it need not be told which is rarer. */
const COMMON = 32;
const RANKS = { low: 1, normal: 2, high: 3 } as const satisfies Record<Priority, number>;
/** So many pieces of one priority are looked at one by one. */
const MAX_PROBES = 512;
/** So many candidates are compared when that found nothing. */
const SAMPLE = 64;

interface Level {
  readonly pieces: Bitfield;
  /** By rarity. */
  readonly buckets: number[][];
}

export class AvailabilityIndex {
  /**
   * By piece: its availability, times AVAILABILITY_STEP, plus the rank that it is in a bucket with, or NONE. Two bytes each, which
   * is enough for 16,383 peers, as every HAVE looks up one of them: four would double what the caches have to hold.
   */
  readonly #standings: Uint16Array;
  /** By piece: where in its bucket it is. */
  readonly #slots: Uint32Array;
  /** By rank; the one for NONE stays empty. */
  readonly #levels: readonly Level[];

  constructor(
    readonly pieceCount: number,
    readonly maxProbes = MAX_PROBES,
  ) {
    this.#standings = new Uint16Array(pieceCount);
    this.#slots = new Uint32Array(pieceCount);
    this.#levels = Array.from({ length: RANKS.high + 1 }, () => ({
      pieces: new Bitfield(pieceCount),
      buckets: [],
    }));
  }

  /** How many pieces may be started. */
  get count(): number {
    return this.#levels.reduce((sum, { pieces }) => sum + pieces.count, 0);
  }

  /** Whether the piece may be started. */
  has(index: number): boolean {
    return this.#rank(index) !== NONE;
  }

  /** How many of `pieces` may be started. */
  overlap(pieces: Bitfield): number {
    return this.#levels.reduce(
      (sum, level) => sum + (level.pieces.count ? level.pieces.overlap(pieces) : 0),
      0,
    );
  }

  /** One more counted peer has the piece, or with -1 one fewer. */
  shift(index: number, by: 1 | -1): void {
    const before = this.#availability(index);
    const isMoved = rarityOf(before) !== rarityOf(before + by) && this.has(index);
    if (isMoved) this.#unlist(index);
    this.#standings[index]! += by * AVAILABILITY_STEP;
    if (isMoved) this.#list(index);
  }

  /** The piece may be started from now on; it was not before. */
  add(index: number, priority: Priority): void {
    this.#standings[index]! += RANKS[priority];
    this.#levels[RANKS[priority]]!.pieces.set(index);
    this.#list(index);
  }

  /** The piece may not be started any more; it was before. */
  remove(index: number): void {
    this.#unlist(index);
    const rank = this.#rank(index);
    this.#levels[rank]!.pieces.clear(index);
    this.#standings[index]! -= rank;
  }

  /** No piece may be started; who has what stays known. */
  clear(): void {
    for (let index = 0; index < this.pieceCount; index++) if (this.has(index)) this.remove(index);
  }

  /** The piece to start with this peer, or -1. `chance`, from 0 up to but not including 1, decides between equals. */
  pick(peer: PeerHoldings, chance: number): number {
    for (let rank = RANKS.high; rank > NONE; rank--) {
      const level = this.#levels[rank]!;
      const found = level.pieces.count ? this.#pickFrom(level, peer, chance) : -1;
      if (found >= 0) return found;
    }
    return -1;
  }

  #pickFrom({ pieces, buckets }: Level, peer: PeerHoldings, chance: number): number {
    let probes = 0;
    // What no counted peer has, this one does not have either.
    for (let rarity = peer.isCounted ? 1 : 0; rarity < buckets.length; rarity++) {
      const bucket = buckets[rarity]!;
      // From the end, where taking one out leaves the others in their order.
      const top = bucket.length - 1 - Math.floor(chance * bucket.length);
      for (let n = 0; n < bucket.length; n++) {
        const index = bucket[n <= top ? top - n : top - n + bucket.length]!;
        if (peer.has(index)) return index;
        if (++probes === this.maxProbes) return this.#pickSampled(pieces, peer.pieces, chance);
      }
    }
    return -1;
  }

  #pickSampled(pieces: Bitfield, peer: Bitfield, chance: number): number {
    const size = pieces.bytes.length;
    const start = Math.floor(chance * size);
    let best = -1;
    let seen = 0;
    for (let n = 0; n < size && seen < SAMPLE; n++) {
      const at = (start + n) % size;
      let common = pieces.bytes[at]! & peer.bytes[at]!;
      for (; common; seen++) {
        const bit = Math.clz32(common) - 24;
        common &= ~(128 >> bit);
        const index = at * 8 + bit;
        if (best < 0 || this.#availability(index) < this.#availability(best)) best = index;
      }
    }
    return best;
  }

  #rank(index: number): number {
    return this.#standings[index]! % AVAILABILITY_STEP;
  }

  #availability(index: number): number {
    return Math.floor(this.#standings[index]! / AVAILABILITY_STEP);
  }

  #list(index: number): void {
    const { buckets } = this.#levels[this.#rank(index)]!;
    const rarity = rarityOf(this.#availability(index));
    while (buckets.length <= rarity) buckets.push([]);
    this.#slots[index] = buckets[rarity]!.push(index) - 1;
  }

  #unlist(index: number): void {
    const bucket = this.#levels[this.#rank(index)]!.buckets[rarityOf(this.#availability(index))]!;
    const last = bucket.pop()!;
    if (last === index) return;
    const slot = this.#slots[index]!;
    bucket[slot] = last;
    this.#slots[last] = slot;
  }
}

function rarityOf(availability: number): number {
  return Math.min(availability, COMMON);
}
