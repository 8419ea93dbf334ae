/**
 * The pieces of one supposed metadata (BEP 9), gathered from one peer or several that say it has the same size: what to ask of
 * whom next. Pure: time comes in, and what to ask goes out.
 *
 * Invariants:
 * - a piece is asked of a second peer only when the first is late with it; so several peers together send it about once;
 * - a peer owes at most `WINDOW` pieces at a time, and who rejects is left alone for a while, longer each time, in the end
 *   for good: nobody is asked without end;
 * - only what a peer was asked for is taken of it, once, and at its right length.
 */

export const METADATA_PIECE_BYTES = 16 * 1024;
/** A peer that owes this many pieces is asked for no more until some come. */
const WINDOW = 8;
/** After so long a piece is asked of somebody else too. */
export const LATE_MS = 2_000;
/** A peer that is late with a piece may be asked again for it: perhaps the first request was dropped. */
const ASK_AGAIN_MS = 20_000;
const MAX_ASKS_PER_PEER = 3;
/** libtorrent rejects what is asked too fast of it, and answers later. */
const FIRST_REJECT_REST_MS = 10_000;
const MAX_REJECTS = 5;

export interface MetadataAsk<Peer> {
  readonly peer: Peer;
  readonly piece: number;
}

interface Ask<Peer> {
  readonly peer: Peer;
  atMs: number;
  times: number;
  /** It was rejected, or given up: nothing is owed. */
  isOff: boolean;
}

interface Manners {
  rejects: number;
  restsUntilMs: number;
}

export class MetadataCollection<Peer> {
  readonly pieceCount: number;
  /** Who gave each piece that is here. */
  readonly givers: (Peer | undefined)[];
  readonly pieces: (Uint8Array | undefined)[];
  receivedBytes = 0;
  readonly #asks: Ask<Peer>[][];
  readonly #peers = new Map<Peer, Manners>();

  constructor(readonly sizeBytes: number) {
    this.pieceCount = Math.ceil(sizeBytes / METADATA_PIECE_BYTES);
    const perPiece = { length: this.pieceCount };
    this.givers = Array.from(perPiece, () => undefined);
    this.pieces = Array.from(perPiece, () => undefined);
    this.#asks = Array.from(perPiece, () => []);
  }

  get isComplete(): boolean {
    return this.receivedBytes === this.sizeBytes;
  }

  /** Peers that gave at least one piece, gone or not. */
  get contributors(): Set<Peer> {
    return new Set(this.givers.filter((peer): peer is Peer => peer !== undefined));
  }

  join(peer: Peer): void {
    if (!this.#peers.has(peer)) this.#peers.set(peer, { rejects: 0, restsUntilMs: 0 });
  }

  leave(peer: Peer): void {
    if (!this.#peers.delete(peer)) return;
    for (const asks of this.#asks) {
      const at = asks.findIndex((ask) => ask.peer === peer);
      if (at >= 0) asks.splice(at, 1);
    }
  }

  /** What to ask of whom now; it counts as asked. One piece each in turn, so that all have a share. */
  next(nowMs: number): MetadataAsk<Peer>[] {
    const asks: MetadataAsk<Peer>[] = [];
    let willing = [...this.#peers.keys()].filter((peer) => this.#isWilling(peer, nowMs));
    while (willing.length) {
      willing = willing.filter((peer) => {
        const piece = this.#owed(peer) < WINDOW ? this.#pieceFor(peer, nowMs) : -1;
        if (piece < 0) return false;
        this.#ask(peer, piece, nowMs);
        asks.push({ peer, piece });
        return true;
      });
    }
    return asks;
  }

  /** Returns whether the data was asked for and is taken; it is copied. */
  put(peer: Peer, piece: number, data: Uint8Array): boolean {
    const ask = this.#asks[piece]?.find((one) => one.peer === peer);
    if (!ask || this.pieces[piece]) return false;
    const startBytes = piece * METADATA_PIECE_BYTES;
    if (data.length !== Math.min(METADATA_PIECE_BYTES, this.sizeBytes - startBytes)) return false;
    this.pieces[piece] = data.slice();
    this.givers[piece] = peer;
    this.receivedBytes += data.length;
    this.#asks[piece] = [];
    return true;
  }

  /** The peer says that it does not give the piece. Returns whether it had been asked for it. */
  rejected(peer: Peer, piece: number, nowMs: number): boolean {
    const ask = this.#asks[piece]?.find((one) => one.peer === peer && !one.isOff);
    const manners = this.#peers.get(peer);
    if (!ask || !manners) return false;
    ask.isOff = true;
    // Many may be under way when it begins to reject: they are one refusal.
    if (manners.restsUntilMs <= nowMs) {
      manners.restsUntilMs = nowMs + FIRST_REJECT_REST_MS * 2 ** manners.rejects;
      manners.rejects++;
    }
    return true;
  }

  /** All pieces end to end. Throws while one is missing. */
  assemble(): Uint8Array {
    const whole = new Uint8Array(this.sizeBytes);
    this.pieces.forEach((piece, i) => {
      if (!piece) throw new Error(`metadata piece ${i} is missing`);
      whole.set(piece, i * METADATA_PIECE_BYTES);
    });
    return whole;
  }

  #isWilling(peer: Peer, nowMs: number): boolean {
    const { rejects, restsUntilMs } = this.#peers.get(peer)!;
    return rejects < MAX_REJECTS && nowMs >= restsUntilMs;
  }

  #owed(peer: Peer): number {
    return this.#asks.filter((asks) => asks.some((ask) => ask.peer === peer && !ask.isOff)).length;
  }

  /** The first piece that nobody owes; else the first that others are late with; or -1. */
  #pieceFor(peer: Peer, nowMs: number): number {
    let late = -1;
    for (let piece = 0; piece < this.pieceCount; piece++) {
      if (this.pieces[piece]) continue;
      const asks = this.#asks[piece]!;
      if (!this.#mayAsk(asks, peer, nowMs)) continue;
      const owing = asks.filter(({ isOff }) => !isOff);
      if (owing.length === 0) return piece;
      if (late < 0 && owing.every(({ atMs }) => nowMs - atMs >= LATE_MS)) late = piece;
    }
    return late;
  }

  #mayAsk(asks: readonly Ask<Peer>[], peer: Peer, nowMs: number): boolean {
    const own = asks.find((ask) => ask.peer === peer);
    if (!own) return true;
    if (own.times >= MAX_ASKS_PER_PEER) return false;
    return own.isOff || nowMs - own.atMs >= ASK_AGAIN_MS;
  }

  #ask(peer: Peer, piece: number, nowMs: number): void {
    const asks = this.#asks[piece]!;
    const own = asks.find((ask) => ask.peer === peer);
    if (own) {
      own.atMs = nowMs;
      own.times++;
      own.isOff = false;
    } else {
      asks.push({ peer, atMs: nowMs, times: 1, isOff: false });
    }
  }
}
