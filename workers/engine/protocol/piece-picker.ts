/**
 * Which piece to start next, and what each peer has for us: the only place where that is decided. What a reader waits for
 * comes first, nearest byte first; then by priority, and within one rarest first, ties broken by chance so that peers do
 * not all fetch the same piece; or, while that is asked for, within one in the order of the pieces (order-cursor.ts).
 *
 * Invariants:
 * - a piece is needed while it is wanted and not here; it may be started while it is needed and not under way;
 * - interest is read from counters: those of a peer count its needed and its startable pieces, so nothing is scanned to learn
 *   that there is nothing;
 * - a HAVE costs the same however many pieces and peers there are; a piece that is started, stored or given up costs one look
 *   at each peer; only a new bitfield and a new selection go through all pieces.
 */
import { Bitfield } from '../model/bitfield.ts';
import type { PieceRange } from '../model/piece-map.ts';
import { AvailabilityIndex, type Priority } from './availability-index.ts';
import { OrderCursor } from './order-cursor.ts';
import type { PeerHoldings } from './peer-holdings.ts';

export class PiecePicker {
  readonly #index: AvailabilityIndex;
  /** Per piece; `null`: not wanted. */
  readonly #priorities: (Priority | null)[];
  readonly #needed: Bitfield;
  /** Under way, or complete and not stored yet. */
  readonly #started: Bitfield;
  readonly #counted = new Set<PeerHoldings>();
  /** For all peers that have everything. */
  readonly #wholeOrder = new OrderCursor();
  #isInOrder = false;

  /** `have` is the caller's; that it changed is told with `refresh`. `maxProbes`: see AvailabilityIndex. */
  constructor(
    readonly have: Bitfield,
    wanted: Bitfield,
    maxProbes?: number,
  ) {
    this.#index = new AvailabilityIndex(have.length, maxProbes);
    this.#priorities = Array.from({ length: have.length }, () => null);
    this.#needed = new Bitfield(have.length);
    this.#started = new Bitfield(have.length);
    this.want(wanted);
  }

  /** Whether pieces are started in their order, not rarest first; rarity and chance then play no part. */
  get isInOrder(): boolean {
    return this.#isInOrder;
  }

  set isInOrder(isInOrder: boolean) {
    this.#isInOrder = isInOrder;
    // A HAVE moves no cursor while nobody asks for one.
    this.#wholeOrder.rewind(0);
    for (const { order } of this.#counted) order.rewind(0);
  }

  /** Replaces what is wanted, and how much. */
  want(wanted: Bitfield, priorityOf: (index: number) => Priority = () => 'normal'): void {
    this.#index.clear();
    // Backwards: a bucket is drawn from at its end.
    for (let i = this.have.length - 1; i >= 0; i--) {
      const priority = wanted.has(i) ? priorityOf(i) : null;
      this.#priorities[i] = priority;
      this.#needed.clear(i);
      if (!priority || this.have.has(i)) continue;
      this.#needed.set(i);
      if (!this.#started.has(i)) this.#index.add(i, priority);
    }
    this.#wholeOrder.rewind(0);
    for (const peer of this.#counted) this.#recount(peer);
  }

  /** `have` says something else of the piece than before. */
  refresh(index: number): void {
    const priority = this.#priorities[index];
    const isNeeded = Boolean(priority) && !this.have.has(index);
    const isStartable = isNeeded && !this.#started.has(index);
    const neededBy = Number(isNeeded) - Number(this.#needed.has(index));
    const startableBy = Number(isStartable) - Number(this.#index.has(index));
    if (!neededBy && !startableBy) return;
    if (isNeeded) this.#needed.set(index);
    else this.#needed.clear(index);
    if (startableBy > 0) {
      this.#index.add(index, priority!);
      this.#wholeOrder.rewind(index);
    } else if (startableBy < 0) this.#index.remove(index);
    for (const peer of this.#counted) {
      if (!peer.has(index)) continue;
      peer.neededCount += neededBy;
      peer.startableCount += startableBy;
      if (startableBy > 0) peer.order.rewind(index);
    }
  }

  /** The piece is under way: it is not to be started again. */
  started(index: number): void {
    this.#started.set(index);
    this.refresh(index);
  }

  /** The piece is stored, thrown away or given up. */
  ended(index: number): void {
    this.#started.clear(index);
    this.refresh(index);
  }

  /** How many pieces are wanted and not here. */
  get neededCount(): number {
    return this.#needed.count;
  }

  /** Whether the piece is wanted and not here. */
  isNeeded(index: number): boolean {
    return this.#needed.has(index);
  }

  /** Whether any piece may be started. */
  get hasStartable(): boolean {
    return this.#index.count > 0;
  }

  /**
   * How many needed pieces no counted peer has, `underWay` among them: those who have everything are not counted, so this
   * says what nobody has only while there is none of them. Costs a look at each piece under way.
   */
  unavailableCount(underWay: Iterable<number>): number {
    let count = this.#index.unavailableCount;
    for (const index of underWay) {
      if (this.#needed.has(index) && !this.#index.isAvailable(index)) count++;
    }
    return count;
  }

  /** How many pieces of the peer are wanted and not here. */
  neededOf(peer: PeerHoldings): number {
    return peer.pieces.isFull && !peer.isCounted ? this.#needed.count : peer.neededCount;
  }

  /** Whether the piece may be started with this peer; no piece is meant by an index that is none. */
  isStartable(peer: PeerHoldings, index: number): boolean {
    return index >= 0 && index < this.have.length && this.#index.has(index) && peer.has(index);
  }

  /** The peer says anew what it has; `pieces` is the picker's from now on. */
  claims(peer: PeerHoldings, pieces: Bitfield): void {
    this.leaves(peer);
    peer.pieces = pieces;
    if (!pieces.isFull) this.#count(peer);
  }

  /** The peer went: it has nothing. */
  leaves(peer: PeerHoldings): void {
    if (this.#counted.delete(peer)) this.#shiftAll(peer.pieces, -1);
    peer.pieces = new Bitfield(this.have.length);
    peer.isCounted = false;
    peer.neededCount = peer.startableCount = 0;
  }

  /** The peer has one more piece. Nothing when it had it, or when there is no such piece. */
  gained(peer: PeerHoldings, index: number): void {
    if (index >= this.have.length || peer.has(index)) return;
    if (!peer.isCounted) this.#count(peer);
    peer.pieces.set(index);
    this.#index.shift(index, 1);
    if (this.#needed.has(index)) peer.neededCount++;
    if (!this.#index.has(index)) return;
    peer.startableCount++;
    if (this.#isInOrder) peer.order.rewind(index);
  }

  /** The peer has a piece no more (BEP 54). One that had everything is counted from now on, which takes a look at all. */
  lost(peer: PeerHoldings, index: number): void {
    if (!peer.has(index)) return;
    if (!peer.isCounted) this.#count(peer);
    peer.pieces.clear(index);
    this.#index.shift(index, -1);
    if (this.#needed.has(index)) peer.neededCount--;
    if (this.#index.has(index)) peer.startableCount--;
  }

  /** The most urgent piece in the ranges, most urgent first, that is not here nor started and that the peer has, or -1. */
  pickUrgent(peer: PeerHoldings, ranges: readonly PieceRange[]): number {
    for (const { first, last } of ranges) {
      for (let i = first; i <= last; i++) {
        if (!this.have.has(i) && !this.#started.has(i) && peer.has(i)) return i;
      }
    }
    return -1;
  }

  /** The piece to start with this peer when no reader waits, or -1. `chance`: 0 up to but not including 1. */
  pickNext(peer: PeerHoldings, chance: number): number {
    return this.isInOrder ? this.#pickFirst(peer) : this.pickRarest(peer, chance);
  }

  /** As `pickNext` while pieces do not go in order. */
  pickRarest(peer: PeerHoldings, chance: number): number {
    return this.#mayGive(peer) ? this.#index.pick(peer, chance) : -1;
  }

  #pickFirst(peer: PeerHoldings): number {
    const order = peer.isCounted ? peer.order : this.#wholeOrder;
    return this.#mayGive(peer) ? this.#index.pickFirst(peer, order) : -1;
  }

  #mayGive(peer: PeerHoldings): boolean {
    return peer.isCounted ? peer.startableCount > 0 : peer.pieces.isFull;
  }

  #count(peer: PeerHoldings): void {
    peer.isCounted = true;
    this.#counted.add(peer);
    this.#shiftAll(peer.pieces, 1);
    this.#recount(peer);
  }

  #recount(peer: PeerHoldings): void {
    peer.neededCount = this.#needed.overlap(peer.pieces);
    peer.startableCount = this.#index.overlap(peer.pieces);
    peer.order.rewind(0);
  }

  #shiftAll(pieces: Bitfield, by: 1 | -1): void {
    if (pieces.count === 0) return;
    for (let i = 0; i < pieces.length; i++) if (pieces.has(i)) this.#index.shift(i, by);
  }
}
