/**
 * Decides which block a peer is asked for next, and keeps the pieces that are under way.
 *
 * Invariants:
 * - no more pieces are under way than the limits allow over all torrents that share them, plus one for each reader that
 *   waits (a stalled video must not wait for someone else's piece);
 * - no piece is started, not even for a reader, unless storage has room for it beside all that is in flight;
 * - a block is asked of more than one peer only as endgame.ts allows;
 * - a piece that came out wrong is asked of one peer alone the next time, of one that had no part in it where there is one
 *   (suspicion.ts); only when that peer keeps it waiting may others help;
 * - who may have lied begins pieces of its own, so that it spoils none of others while there is anything to begin;
 * - the cost of a block and of a HAVE does not grow with the number of pieces: `picker` knows what comes next without a scan.
 */
import type { Bitfield } from '../model/bitfield.ts';
import type { PieceMap, PieceRange } from '../model/piece-map.ts';
import { ActivePiece, BLOCK_LENGTH } from './active-piece.ts';
import { pickLate, quietUntilMs, type IdlePeer } from './endgame.ts';
import type { Holder, InFlightLimits } from './in-flight-limits.ts';
import type { PeerHoldings } from './peer-holdings.ts';
import { PiecePicker } from './piece-picker.ts';
import { Suspicion } from './suspicion.ts';
import { urgentRanges } from './urgent-ranges.ts';

export interface BlockRequest {
  readonly piece: ActivePiece;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

export interface PeerView {
  readonly id: string;
  readonly holdings: PeerHoldings;
  /** How long it will probably take to give so many bytes beside what it owes already, in milliseconds. */
  waitMs(lengthBytes: number): number;
}

/** Who alone may give a piece and keeps it waiting for this long is helped by others, sooner where a reader waits. */
const OWNER_PATIENCE_MS = 5_000;
const READER_OWNER_PATIENCE_MS = 1_500;

export class BlockScheduler implements Holder {
  readonly #active = new Map<number, ActivePiece>();
  readonly #urgent = new Map<number, PieceRange>();
  /** What came out wrong; no such piece is the picker's to choose. */
  readonly suspicion = new Suspicion();
  /** Complete pieces that the store has not taken over yet, and their lengths in bytes. */
  readonly #unreleased = new Map<number, number>();
  /** Until then no block is late in mid-download, whoever asks. */
  #quietUntilMs = 0;
  /** Who has what, and which piece comes next. */
  readonly picker: PiecePicker;
  /** There was no room for a piece of this torrent; now there may be: `retry` looks. */
  onRoom: () => void = () => {};
  /** Whether storage has room for a piece of that length beside what is in flight (QueuedChunkStore.hasRoomFor). */
  hasStorageRoom: (lengthBytes: number, inFlightBytes: number) => boolean = () => true;
  /** Peers that could be asked for the piece now. */
  sourcesOf: (index: number) => Iterable<string> = () => [];
  /** Whether the peer is proven to have lied, in whatever torrent. */
  hasLied: (peer: string) => boolean = () => false;
  /** So many bytes that were here are thrown away. */
  onDropped: (lengthBytes: number) => void = () => {};
  /** How long what is asked for takes to come through our own line (line-wait.ts). */
  lineWaitMs: () => number = () => 0;

  /** Whether the stretch of a piece is padding (Padding.covers): zeros, which nobody is asked for. */
  isPadding: (index: number, offsetBytes: number, lengthBytes: number) => boolean = () => false;

  constructor(
    readonly map: PieceMap,
    readonly have: Bitfield,
    wanted: Bitfield,
    readonly limits: InFlightLimits,
    readonly random: () => number,
  ) {
    this.picker = new PiecePicker(have, wanted);
    this.suspicion.onForgotten = (index) => {
      if (!this.#active.has(index) && !this.#unreleased.has(index)) this.picker.ended(index);
    };
  }

  get inFlightPieces(): number {
    return this.#active.size;
  }

  /** It could start a piece, has none under way, and finds no room for one. */
  get isHeldBack(): boolean {
    return this.#active.size === 0 && this.limits.isWaiting(this);
  }

  /** Pieces to fetch that no peer has, where none has everything (PiecePicker.unavailableCount). */
  get unavailablePieces(): number {
    return this.picker.unavailableCount(this.#active.keys());
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

  /** Whether a reader waits for something that the peer may be asked for now. */
  isUrgentFor({ holdings }: PeerView): boolean {
    const ranges = [...this.#urgent.values()];
    if (this.picker.pickUrgent(holdings, ranges) >= 0) return true;
    const underWay = ranges.flatMap((range) => this.#activeIn(range));
    return underWay.some((piece) => holdings.has(piece.index) && piece.freeBlock() >= 0);
  }

  /**
   * The next block to ask `peer` for, marked as asked; or `null` when there is nothing for it now.
   * While `isHalted` no piece is started. When a piece is started that nobody waits for, `goOnAt` comes before rarer ones,
   * if it may be started: for a web seed, of which the next bytes cost no request of their own. In order, it does not: the
   * first piece that is missing comes before it.
   */
  next(peer: PeerView, nowMs: number, isHalted: boolean, goOnAt = -1): BlockRequest | null {
    const urgent = urgentRanges(this.#urgent, this.map.pieceLength);
    const isAlone = this.#isSuspect(peer);
    for (const range of urgent) {
      // Nearest byte first, whether its piece is under way or still to be started.
      const mayStart = !isHalted && this.#mayStart(this.#urgent.size);
      const startable = mayStart ? this.#pickUrgent(peer, range) : -1;
      const nearer = startable < 0 ? range : { first: range.first, last: startable };
      for (const piece of this.#activeIn(nearer)) {
        disownLate(piece, nowMs, READER_OWNER_PATIENCE_MS);
        const found = this.#askFree([piece], peer, nowMs, isAlone);
        if (found) return found;
        if (isAlone || !this.#mayGive(peer, piece)) continue;
        const late = pickLate([piece], this.#idle(peer), nowMs, 'reader');
        if (late) return this.#ask(piece, late.block, peer, nowMs);
      }
      const started = this.#start(startable, peer);
      if (started) return this.#ask(started, started.freeBlock(), peer, nowMs);
    }
    const under = this.#askFree(this.#active.values(), peer, nowMs, isAlone);
    if (under) return under;
    if (!isHalted) {
      const started = this.#startRarest(peer, urgent, goOnAt);
      if (started) return this.#ask(started, started.freeBlock(), peer, nowMs);
    }
    return this.#help(peer, nowMs, isAlone);
  }

  /** As `next`, but of these pieces alone: those that a peer gives although it chokes us (BEP 6). */
  nextOf(
    indexes: readonly number[],
    peer: PeerView,
    nowMs: number,
    isHalted: boolean,
  ): BlockRequest | null {
    const isAlone = this.#isSuspect(peer);
    for (const index of indexes) {
      const piece = this.#active.get(index);
      const found = piece && this.#askFree([piece], peer, nowMs, isAlone);
      if (found) return found;
      if (isHalted || !this.picker.isStartable(peer.holdings, index) || !this.#mayStart(0))
        continue;
      const started = this.#start(index, peer);
      if (started) return this.#ask(started, started.freeBlock(), peer, nowMs);
    }
    return null;
  }

  /** The piece is given up: it may be started anew. */
  take(piece: ActivePiece): void {
    if (!this.#active.delete(piece.index)) return;
    this.onDropped(piece.receivedBytes);
    this.#ended(piece.index);
    this.limits.ended(piece.lengthBytes, this);
  }

  /** `have` says that the piece is here after all: what was under way of it is dropped. */
  gained(index: number): void {
    const piece = this.#active.get(index);
    if (piece) this.take(piece);
    else this.#ended(index);
  }

  /** The peer is banned: what it gave of pieces under way is asked of others. */
  distrust(peer: string): void {
    for (const piece of this.#active.values()) {
      const droppedBytes = piece.drop(peer);
      if (droppedBytes) this.onDropped(droppedBytes);
    }
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

  /**
   * The peer went or gives nothing now, but for pieces that it `keeps`: what only it may give begins anew with another, and
   * others get the room.
   */
  lost(peer: string, keeps: (index: number) => boolean = () => false): void {
    for (const piece of [...this.#active.values()]) {
      if (piece.owner !== peer || keeps(piece.index)) continue;
      if (this.suspicion.isOpen(piece.index)) this.take(piece);
      else piece.owner = null;
    }
    if (this.limits.isCrowded(this)) this.giveUpIdle();
    this.#lookAgain();
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
    // What came out wrong comes first: the sooner it is right, the sooner it is known who lied.
    const wrong = this.#pickWrong(peer);
    const index =
      wrong >= 0
        ? wrong
        : !this.picker.isInOrder && this.picker.isStartable(peer.holdings, goOnAt)
          ? goOnAt
          : this.picker.pickNext(peer.holdings, this.random());
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
    if (this.suspicion.isOpen(index) || this.#isSuspect(peer)) piece.owner = peer.id;
    // What came out wrong once is asked for as it is.
    if (!this.suspicion.isOpen(index))
      piece.fillPadding((at, length) => this.isPadding(index, at, length));
    this.#active.set(index, piece);
    this.picker.started(index);
    this.limits.began(lengthBytes, this);
    return piece;
  }

  /** Of several peers one is a suspect until it is proven who lied, and for good once it was proven to be itself. */
  #isSuspect({ id }: PeerView): boolean {
    return this.suspicion.isSuspect(id) || this.hasLied(id);
  }

  #mayGive(peer: PeerView, { index, owner }: ActivePiece): boolean {
    return peer.holdings.has(index) && (owner ?? peer.id) === peer.id;
  }

  /** Asks for a block that nobody was asked for; with `isAlone`, only of pieces that are the peer's own. */
  #askFree(
    pieces: Iterable<ActivePiece>,
    peer: PeerView,
    nowMs: number,
    isAlone: boolean,
  ): BlockRequest | null {
    for (const piece of pieces) {
      if (!this.#mayGive(peer, piece) || (isAlone && piece.owner !== peer.id)) continue;
      const block = piece.freeBlock();
      if (block >= 0) return this.#ask(piece, block, peer, nowMs);
    }
    return null;
  }

  /** The peer has nothing of its own to give: it helps where others keep us waiting. */
  #help(peer: PeerView, nowMs: number, isAlone: boolean): BlockRequest | null {
    const free = this.#askOfOthers(peer, nowMs, isAlone);
    if (free) return free;
    const stage = this.#isEndgame() ? 'endgame' : 'idle';
    // In the middle of a fast download a peer often has nothing to give, and there is no need to look at every block again.
    if (stage === 'idle' && nowMs < this.#quietUntilMs) return null;
    this.#quietUntilMs = quietUntilMs(this.#active.values(), nowMs);
    const pieces = [...this.#active.values()].filter((piece) => this.#mayGive(peer, piece));
    const late = pickLate(pieces, this.#idle(peer), nowMs, stage);
    return late && this.#ask(late.piece, late.block, peer, nowMs);
  }

  /** Asks for a free block of a piece that is somebody else's and whose owner is too slow; a suspect, of anybody's. */
  #askOfOthers(peer: PeerView, nowMs: number, isSuspect: boolean): BlockRequest | null {
    for (const piece of this.#active.values()) {
      // Looked at before.
      if (piece.owner === null && !isSuspect) continue;
      disownLate(piece, nowMs, OWNER_PATIENCE_MS);
      const found = this.#askFree([piece], peer, nowMs, false);
      if (found) return found;
    }
    return null;
  }

  /** All that is wanted is under way. */
  #isEndgame(): boolean {
    if (this.picker.hasStartable) return false;
    for (const index of this.suspicion.open) if (this.#isToFetch(index)) return false;
    for (const piece of this.#active.values()) {
      if (piece.owner === null && piece.freeBlock() >= 0) return false;
    }
    return true;
  }

  #idle(peer: PeerView): IdlePeer {
    return {
      id: peer.id,
      waitMs: peer.waitMs(BLOCK_LENGTH),
      lineWaitMs: this.lineWaitMs(),
    };
  }

  /** The most urgent piece of the range to start with this peer, or -1. */
  #pickUrgent(peer: PeerView, range: PieceRange): number {
    const fresh = this.picker.pickUrgent(peer.holdings, [range]);
    const wrong = this.#pickWrong(peer, range);
    return fresh < 0 || wrong < 0 ? Math.max(fresh, wrong) : Math.min(fresh, wrong);
  }

  /** The first piece, in the range if there is one, that came out wrong and that this peer may be asked for, or -1. */
  #pickWrong(peer: PeerView, range?: PieceRange): number {
    for (const index of this.suspicion.open) {
      if (range && (index < range.first || index > range.last)) continue;
      if (!peer.holdings.has(index) || !this.#isToFetch(index)) continue;
      if (this.suspicion.mayFetch(index, peer.id, this.sourcesOf(index))) return index;
    }
    return -1;
  }

  /** Whether the piece, which came out wrong, is still to be asked of anyone. */
  #isToFetch(index: number): boolean {
    return !this.#active.has(index) && !this.#unreleased.has(index) && this.isNeeded(index);
  }

  /** The picker may choose the piece again, unless it came out wrong: then `#pickWrong` does. */
  #ended(index: number): void {
    if (this.have.has(index)) this.suspicion.forget(index);
    if (!this.suspicion.isOpen(index)) this.picker.ended(index);
  }

  /** The pieces under way within the range, nearest first. */
  #activeIn({ first, last }: PieceRange): ActivePiece[] {
    return [...this.#active.values()]
      .filter(({ index }) => index >= first && index <= last)
      .sort((a, b) => a.index - b.index);
  }

  #ask(piece: ActivePiece, block: number, peer: PeerView, nowMs: number): BlockRequest {
    const lengthBytes = piece.blockLength(block);
    piece.ask(block, peer.id, nowMs, nowMs + peer.waitMs(lengthBytes));
    return { piece, offsetBytes: block * BLOCK_LENGTH, lengthBytes };
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
    this.#ended(index);
    this.limits.tellWaiting();
  }
}

/** A piece that one peer alone may give and keeps waiting for so long is anyone's. */
function disownLate(piece: ActivePiece, nowMs: number, patienceMs: number): void {
  const sinceMs = piece.owner === null ? null : piece.waitingSinceMs;
  if (sinceMs !== null && nowMs - sinceMs >= patienceMs) piece.owner = null;
}
