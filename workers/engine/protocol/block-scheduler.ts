/**
 * Decides which block a peer is asked for next, and keeps the pieces that are under way.
 *
 * Invariants:
 * - no more pieces are under way than the limits allow over all torrents that share them, plus one for each reader that
 *   waits (a stalled video must not wait for someone else's piece);
 * - no piece is started, not even for a reader, unless storage has room for it beside all that is in flight;
 * - a block is asked of a second peer only when the first has had it for too long, never of a third;
 * - a piece that came out wrong is asked of one peer alone the next time: it comes out right, or its only source lied;
 * - the cost of a block and of a HAVE does not grow with the number of pieces: `picker` knows what comes next without a scan.
 */
import type { Bitfield } from '../model/bitfield.ts';
import type { PieceMap, PieceRange } from '../model/piece-map.ts';
import { ActivePiece, BLOCK_LENGTH } from './active-piece.ts';
import type { Holder, InFlightLimits } from './in-flight-limits.ts';
import type { PeerHoldings } from './peer-holdings.ts';
import { PiecePicker } from './piece-picker.ts';

export interface BlockRequest {
  readonly piece: ActivePiece;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

export interface PeerView {
  readonly id: string;
  readonly holdings: PeerHoldings;
}

/** A reader's block that is this late is asked of a second peer, in milliseconds. */
const URGENT_STALE_MS = 1_500;
/** This much from a reader's position comes before any other reader's window. */
const URGENT_BYTES = 128 * 1024;
/** Any other block that is this late is asked of a second peer once nothing else is left to ask for. */
const STALE_MS = 5_000;

export class BlockScheduler implements Holder {
  readonly #active = new Map<number, ActivePiece>();
  readonly #urgent = new Map<number, PieceRange>();
  readonly #suspect = new Set<number>();
  /** Complete pieces that the store has not taken over yet, and their lengths in bytes. */
  readonly #unreleased = new Map<number, number>();
  /** Who has what, and which piece comes next. */
  readonly picker: PiecePicker;
  /** There was no room for a piece of this torrent; now there may be: `retry` looks. */
  onRoom: () => void = () => {};
  /** Whether storage has room for a piece of that length beside what is in flight (QueuedChunkStore.hasRoomFor). */
  hasStorageRoom: (lengthBytes: number, inFlightBytes: number) => boolean = () => true;

  constructor(
    readonly map: PieceMap,
    readonly have: Bitfield,
    wanted: Bitfield,
    readonly limits: InFlightLimits,
    readonly random: () => number,
  ) {
    this.picker = new PiecePicker(have, wanted);
  }

  get inFlightPieces(): number {
    return this.#active.size;
  }

  /** Whether anybody waits for a piece that is not here. */
  get hasReaders(): boolean {
    return this.#urgent.size > 0;
  }

  active(index: number): ActivePiece | undefined {
    return this.#active.get(index);
  }

  hurry(reader: number, range: PieceRange | null): void {
    if (range) this.#urgent.set(reader, range);
    else if (this.#urgent.delete(reader)) this.#lookAgain();
  }

  /** Whether the peer has anything that is still to be downloaded. */
  isInteresting({ holdings }: PeerView): boolean {
    if (this.picker.neededOf(holdings) > 0) return true;
    // Readers may wait for what nobody selected; their windows are short.
    for (const { first, last } of this.#urgent.values()) {
      for (let i = first; i <= last; i++) if (!this.have.has(i) && holdings.has(i)) return true;
    }
    return false;
  }

  /** Whether the piece is still to be downloaded. */
  isNeeded(index: number): boolean {
    if (this.picker.isNeeded(index)) return true;
    if (this.have.has(index)) return false;
    return [...this.#urgent.values()].some(({ first, last }) => index >= first && index <= last);
  }

  /**
   * The next block to ask `peer` for, marked as asked; or `null` when there is nothing for it now.
   * While `isHalted` no piece is started. When a piece is started that nobody waits for, `goOnAt` comes before rarer ones,
   * if it may be started: for a web seed, of which the next bytes cost no request of their own.
   */
  next(peer: PeerView, nowMs: number, isHalted: boolean, goOnAt = -1): BlockRequest | null {
    const urgent = this.#urgentRanges();
    for (const range of urgent) {
      // Nearest byte first, whether its piece is under way or still to be started.
      const mayStart = !isHalted && this.#mayStart(this.#urgent.size);
      const startable = mayStart ? this.picker.pickUrgent(peer.holdings, [range]) : -1;
      const nearer = startable < 0 ? range : { first: range.first, last: startable };
      const found = this.#fromActive(peer, nowMs, URGENT_STALE_MS, nearer);
      if (found) return found;
      const started = this.#start(startable, peer);
      if (started) return this.#ask(started, 0, peer, nowMs);
    }
    const under = this.#fromActive(peer, nowMs, Infinity);
    if (under) return under;
    if (!isHalted) {
      const started = this.#startRarest(peer, urgent, goOnAt);
      if (started) return this.#ask(started, 0, peer, nowMs);
    }
    return this.#fromActive(peer, nowMs, STALE_MS);
  }

  /** The piece is given up: it may be started anew. */
  take(piece: ActivePiece): void {
    if (!this.#active.delete(piece.index)) return;
    this.picker.ended(piece.index);
    this.limits.ended(piece.lengthBytes, this);
  }

  /** Forgets everything under way (the torrent is paused or leaves). */
  clear(): void {
    this.limits.stopWaiting(this);
    for (const piece of [...this.#active.values()]) this.take(piece);
  }

  /** `look` asks for the next blocks; where there is still no room, the torrent waits again. */
  retry(look: () => void): void {
    this.limits.retry(this, look);
  }

  giveUpIdle(): void {
    for (const piece of [...this.#active.values()]) if (piece.isIdle) this.take(piece);
  }

  /** The peer went or gives nothing now: what only it may give begins anew with another, and others get the room. */
  lost(peer: string): void {
    for (const piece of [...this.#active.values()]) if (piece.owner === peer) this.take(piece);
    if (this.limits.isCrowded(this)) this.giveUpIdle();
    this.#lookAgain();
  }

  /**
   * What readers wait for: the next few pieces of each, the newest reader first (that is where a person just seeked, or
   * where the player looks for its index), then the rest of their windows.
   */
  #urgentRanges(): PieceRange[] {
    const newestFirst = [...this.#urgent].sort(([a], [b]) => b - a).map(([, range]) => range);
    const count = Math.max(1, Math.ceil(URGENT_BYTES / this.map.pieceLength));
    const next = newestFirst.map(({ first, last }) => ({
      first,
      last: Math.min(last, first + count - 1),
    }));
    const later = newestFirst.map(({ first, last }) => ({ first: first + count, last }));
    return [...next, ...later.filter(({ first, last }) => first <= last)];
  }

  /** Perhaps there is nothing to wait for any more, or what is in the way can be given up. */
  #lookAgain(): void {
    if (this.limits.isWaiting(this)) this.onRoom();
  }

  #mayStart(extra: number): boolean {
    const lengthBytes = this.map.pieceLengthOf(0);
    return (
      this.hasStorageRoom(lengthBytes, this.limits.inFlightBytes) &&
      this.limits.mayStart(lengthBytes, extra, this)
    );
  }

  /** Waits for room when there is none, unless there is nothing to wait for. */
  #startRarest(peer: PeerView, urgent: readonly PieceRange[], goOnAt: number): ActivePiece | null {
    const hasRoom = this.#mayStart(0);
    if (!hasRoom && this.limits.isWaiting(this)) return null;
    const index = this.picker.isStartable(peer.holdings, goOnAt)
      ? goOnAt
      : this.picker.pickRarest(peer.holdings, this.random());
    if (hasRoom) return this.#start(index, peer);
    if (index >= 0 || this.picker.pickUrgent(peer.holdings, urgent) >= 0) this.#wait();
    return null;
  }

  /** Pieces that nobody is asked for will not end by themselves: where there are no others, they are in the way. */
  #wait(): void {
    this.limits.wait(this);
    const active = [...this.#active.values()];
    if (active.every((piece) => piece.isIdle)) this.giveUpIdle();
  }

  #start(index: number, peer: PeerView): ActivePiece | null {
    if (index < 0) return null;
    const lengthBytes = this.map.pieceLengthOf(index);
    const piece = new ActivePiece(index, this.limits.buffers.take(lengthBytes));
    if (this.#suspect.has(index)) piece.owner = peer.id;
    this.#active.set(index, piece);
    this.picker.started(index);
    this.limits.began(lengthBytes, this);
    return piece;
  }

  #fromActive(
    peer: PeerView,
    nowMs: number,
    staleMs: number,
    range?: PieceRange,
  ): BlockRequest | null {
    for (const piece of range ? this.#activeIn(range) : this.#active.values()) {
      if (!peer.holdings.has(piece.index) || (piece.owner ?? peer.id) !== peer.id) continue;
      let block = piece.freeBlock();
      if (block < 0 && staleMs !== Infinity) block = piece.staleBlock(peer.id, nowMs, staleMs);
      if (block >= 0) return this.#ask(piece, block, peer, nowMs);
    }
    return null;
  }

  /** The pieces under way within the range, nearest first. */
  #activeIn({ first, last }: PieceRange): ActivePiece[] {
    return [...this.#active.values()]
      .filter(({ index }) => index >= first && index <= last)
      .sort((a, b) => a.index - b.index);
  }

  #ask(piece: ActivePiece, block: number, peer: PeerView, nowMs: number): BlockRequest {
    piece.ask(block, peer.id, nowMs);
    return {
      piece,
      offsetBytes: block * BLOCK_LENGTH,
      lengthBytes: piece.blockLength(block),
    };
  }

  /** The piece is complete and leaves the scheduler's hands, to be hashed and stored; it is not to be started again. */
  toStorage(piece: ActivePiece): void {
    if (!this.#active.delete(piece.index)) return;
    this.#unreleased.set(piece.index, piece.lengthBytes);
    this.limits.completed(this);
  }

  /** The store has taken the piece over, and counts its bytes from now on. */
  handedOver(index: number): void {
    const lengthBytes = this.#unreleased.get(index);
    if (lengthBytes === undefined) return;
    this.#unreleased.delete(index);
    this.limits.released(lengthBytes);
  }

  /** The piece is stored (then `have` says so) or was thrown away (then it may be started again). */
  fromStorage(index: number): void {
    this.handedOver(index);
    this.picker.ended(index);
    if (this.have.has(index)) this.#suspect.delete(index);
    this.limits.tellWaiting();
  }

  /** The piece did not match its hash, and nobody can tell which of its sources lied. */
  suspect(index: number): void {
    this.#suspect.add(index);
  }
}
