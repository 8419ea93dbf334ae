/**
 * How much may be under way at once, over all torrents of the engine: pieces, and bytes where pieces are large, so that
 * memory does not depend on what somebody chose as a piece length.
 */
import { PieceBuffers } from './piece-buffers.ts';

/** A torrent of 16 MiB pieces would otherwise hold 320 MiB in twenty of them. */
const MAX_IN_FLIGHT_BYTES = 24 * 1024 * 1024;
/** However large pieces are, one may end while another begins. */
const MIN_PIECES = 2;

/** A torrent, as far as the limits know it. */
export interface Holder {
  readonly inFlightPieces: number;
  /** It waited, and something has ended. */
  onRoom(): void;
  /** Another torrent waits: what nobody was asked for any more is given up. */
  giveUpIdle(): void;
}

export class InFlightLimits {
  inFlightPieces = 0;
  inFlightBytes = 0;
  readonly buffers = new PieceBuffers();
  readonly #holders = new Set<Holder>();
  readonly #waiting = new Set<Holder>();

  constructor(
    public maxInFlightPieces: number,
    readonly maxInFlightBytes = MAX_IN_FLIGHT_BYTES,
  ) {}

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
    this.#waiting.delete(holder);
  }

  ended(lengthBytes: number, holder?: Holder): void {
    this.inFlightPieces--;
    this.inFlightBytes -= lengthBytes;
    if (holder?.inFlightPieces === 0) this.#holders.delete(holder);
    for (const waiting of this.#waiting) waiting.onRoom();
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
    this.#waiting.delete(holder);
  }

  /** Whether a torrent other than this one waits. */
  isCrowded(holder: Holder): boolean {
    return this.#waiting.size > (this.#waiting.has(holder) ? 1 : 0);
  }

  /** While another torrent waits, one that holds its share of what is under way starts nothing more. */
  #mustYield(holder: Holder): boolean {
    if (!this.isCrowded(holder) || holder.inFlightPieces === 0) return false;
    return holder.inFlightPieces >= this.inFlightPieces / (this.#waiting.size + 1);
  }
}
