/**
 * How much may be under way at once, over all torrents of the engine: pieces, and bytes where pieces are large, so that
 * memory does not depend on what somebody chose as a piece length.
 *
 * Invariants:
 * - a piece counts until it is complete or given up; its bytes count on while it is hashed, until the store has taken it
 *   over or it was thrown away, so there is no moment in which neither these limits nor the write queue count them;
 * - whoever waits is told each time that there may be room, and one that stops waiting without need of its turn passes
 *   it on: nobody waits while nothing is under way.
 */
import { MAX_IN_FLIGHT_BYTES, type BufferShares } from '../model/swarm.ts';
import { PieceBuffers } from './piece-buffers.ts';

/** However large pieces are, one may end while another begins. */
const MIN_PIECES = 2;

/** A torrent, as far as the limits know it. */
export interface Holder {
  readonly inFlightPieces: number;
  /** It waited, and there may be room now. */
  onRoom(): void;
  /** Another torrent waits: what nobody was asked for any more is given up. */
  giveUpIdle(): void;
}

export class InFlightLimits {
  inFlightPieces = 0;
  /** Of pieces under way, and of complete ones that the store has not taken over yet. */
  inFlightBytes = 0;
  readonly buffers = new PieceBuffers();
  readonly #holders = new Set<Holder>();
  readonly #waiting = new Set<Holder>();
  /** When each torrent last began a piece, counted in begun pieces. */
  readonly #lastTurns = new WeakMap<Holder, number>();
  #turns = 0;

  constructor(
    public maxInFlightPieces: number,
    public maxInFlightBytes = MAX_IN_FLIGHT_BYTES,
  ) {}

  /** Memory of pieces under way, and of the buffers kept for the next ones. */
  get bufferBytes(): number {
    return this.inFlightBytes + this.buffers.spareBytes;
  }

  /** From now on; whoever waits is told. */
  configure(maxInFlightPieces: number, { maxInFlightBytes, maxSpareBytes }: BufferShares): void {
    this.maxInFlightPieces = maxInFlightPieces;
    this.maxInFlightBytes = maxInFlightBytes;
    this.buffers.keepAtMost(maxSpareBytes);
    this.tellWaiting();
  }

  /** Whether one more piece may begin; `extra` pieces are let in beyond the limit. */
  mayStart(lengthBytes: number, extra: number, holder?: Holder): boolean {
    if (this.inFlightPieces >= this.maxInFlightPieces + extra) return false;
    if (extra === 0 && holder && this.#mustYield(holder)) return false;
    if (this.inFlightPieces < MIN_PIECES + extra) return true;
    return this.inFlightBytes + lengthBytes <= this.maxInFlightBytes + extra * lengthBytes;
  }

  began(lengthBytes: number, holder?: Holder): void {
    this.inFlightPieces++;
    this.inFlightBytes += lengthBytes;
    if (!holder) return;
    this.#holders.add(holder);
    this.#lastTurns.set(holder, ++this.#turns);
    this.stopWaiting(holder);
  }

  /** The piece was given up. */
  ended(lengthBytes: number, holder?: Holder): void {
    this.inFlightBytes -= lengthBytes;
    this.completed(holder);
  }

  /** The piece is complete; its bytes count until `released`. */
  completed(holder?: Holder): void {
    this.inFlightPieces--;
    if (holder?.inFlightPieces === 0) this.#holders.delete(holder);
    this.tellWaiting();
  }

  /** The bytes of a complete piece are the store's business now, or nobody's. */
  released(lengthBytes: number): void {
    this.inFlightBytes -= lengthBytes;
    this.tellWaiting();
  }

  /** There may be room, here or in storage. */
  tellWaiting(): void {
    for (const waiting of [...this.#waiting]) waiting.onRoom();
  }

  isWaiting(holder: Holder): boolean {
    return this.#waiting.has(holder);
  }

  /** It has something to start and found no room: it is told when a piece ends, and others no longer take its share. */
  wait(holder: Holder): void {
    this.#waiting.add(holder);
    for (const other of [...this.#holders]) if (other !== holder) other.giveUpIdle();
  }

  stopWaiting(holder: Holder): void {
    if (this.#waiting.delete(holder)) this.tellWaiting();
  }

  /** It looks for room again. Others learn of it only when it does not wait any more: what it left is for them. */
  retry(holder: Holder, look: () => void): void {
    const didWait = this.#waiting.delete(holder);
    look();
    if (didWait && !this.#waiting.has(holder)) this.tellWaiting();
  }

  /** Whether a torrent other than this one waits. */
  isCrowded(holder: Holder): boolean {
    return this.#waiting.size > (this.#waiting.has(holder) ? 1 : 0);
  }

  /**
   * While another torrent waits, one that holds its share of what is under way starts nothing more; where there is room
   * for hardly a piece, so that neither holds any, the one whose turn is longer ago goes first.
   */
  #mustYield(holder: Holder): boolean {
    if (!this.isCrowded(holder)) return false;
    if (holder.inFlightPieces > 0) {
      return holder.inFlightPieces >= this.inFlightPieces / (this.#waiting.size + 1);
    }
    return [...this.#waiting].some(
      (other) => other.inFlightPieces === 0 && this.#lastTurn(other) < this.#lastTurn(holder),
    );
  }

  #lastTurn(holder: Holder): number {
    return this.#lastTurns.get(holder) ?? 0;
  }
}
