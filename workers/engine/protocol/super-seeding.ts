/**
 * Which piece a super-seed tells which peer of (BEP 16): pure. It has everything, and says so to nobody: it tells each peer
 * of one piece at a time, so that what it gives is passed on instead of being fetched from it again and again.
 *
 * Invariants:
 * - a peer is told of one piece; of the next when it has that one and another peer has it too. One that is alone needs only
 *   have it. Whoever has waited for PATIENCE_MS is told of another all the same (it does not want the piece, nobody else is
 *   connected to it, or it keeps silent to us about what it knows us to have), but for those that wait for a slot of ours: they
 *   have something to ask for;
 * - a piece is out while a peer is here that has it or was told of it. No piece is told to a second peer while one is not out;
 *   after that the rarest is, ties by chance;
 * - a peer is not told of what it has or was told of, and not of anything before it has said what it has (or kept silent
 *   about it for CLAIM_WAIT_MS). Who only uploads takes nothing and is told nothing; its pieces count;
 * - a HAVE costs a look at each peer for each that waits for it, and a piece that is told one at each piece at most.
 */
import { Bitfield } from '../model/bitfield.ts';

export const PATIENCE_MS = 30_000;
/** A peer that has nothing need not say so (BEP 3), but for BEP 6. */
export const CLAIM_WAIT_MS = 3_000;

export interface SuperSeeded {
  /** What it has, now. */
  readonly pieces: Bitfield;
  /** It downloads nothing (BEP 21), or has everything. */
  readonly isUploadOnly: boolean;
  /** It is interested and we choke it. */
  readonly isQueued: boolean;
}

export interface Reveal<Peer> {
  readonly peer: Peer;
  readonly index: number;
}

interface Offer {
  readonly index: number;
  sinceMs: number;
}

interface Standing {
  /** What we told it of; `null`: of everything, before we were a super-seed. */
  readonly told: Bitfield | null;
  /** What of it counts in `#out`: told or its own. A peer that came with everything makes no piece rarer and counts nothing. */
  readonly counted: Bitfield;
  readonly sinceMs: number;
  hasClaimed: boolean;
  offer: Offer | null;
}

export class SuperSeeding<Peer extends SuperSeeded> {
  readonly #peers = new Map<Peer, Standing>();
  /** Per piece: how many peers have it or were told of it. */
  readonly #out: Uint16Array;

  constructor(
    readonly pieceCount: number,
    /** From 0 up to but not including 1. */
    readonly random: () => number,
  ) {
    this.#out = new Uint16Array(pieceCount);
  }

  /** `knowsAll`: it was told that we have everything; that cannot be taken back, and it is served as by any seed. */
  join(peer: Peer, nowMs: number, knowsAll: boolean): void {
    this.#peers.set(peer, {
      told: knowsAll ? null : new Bitfield(this.pieceCount),
      counted: new Bitfield(this.pieceCount),
      sinceMs: nowMs,
      hasClaimed: false,
      offer: null,
    });
    this.#count(peer);
  }

  leave(peer: Peer): void {
    const standing = this.#peers.get(peer);
    if (!standing) return;
    this.#peers.delete(peer);
    for (let i = 0; i < this.pieceCount; i++) if (standing.counted.has(i)) this.#out[i]!--;
  }

  /** The peer said anew what it has. */
  claims(peer: Peer): void {
    const standing = this.#peers.get(peer);
    if (!standing) return;
    standing.hasClaimed = true;
    this.#count(peer);
  }

  /** The peer has one more piece. Returns what is told for that, and to whom. */
  gained(peer: Peer, index: number, nowMs: number): Reveal<Peer>[] {
    const gainer = this.#peers.get(peer);
    if (!gainer) return [];
    gainer.hasClaimed = true;
    this.#countOne(gainer, index);
    const waiting = [...this.#peers].filter(([, { offer }]) => offer?.index === index);
    return this.#tell(
      waiting.map(([one]) => one),
      nowMs,
    );
  }

  /** What is to be told now, and to whom: to be asked after somebody came, claimed or went, and every few seconds. */
  due(nowMs: number): Reveal<Peer>[] {
    for (const [peer, { offer }] of this.#peers) {
      if (offer && peer.isQueued && !peer.pieces.has(offer.index)) offer.sinceMs = nowMs;
    }
    return this.#tell([...this.#peers.keys()], nowMs);
  }

  /** Whether the peer does not know that we have the piece. */
  hides(peer: Peer, index: number): boolean {
    const told = this.#peers.get(peer)?.told;
    return told ? !told.has(index) : false;
  }

  #tell(peers: readonly Peer[], nowMs: number): Reveal<Peer>[] {
    return peers.flatMap((peer) => {
      const standing = this.#peers.get(peer)!;
      if (!standing.told || peer.isUploadOnly || !this.#isDue(peer, standing, nowMs)) return [];
      const index = this.#rarest(standing.counted);
      if (index < 0) return [];
      standing.told.set(index);
      standing.offer = { index, sinceMs: nowMs };
      this.#countOne(standing, index);
      return [{ peer, index }];
    });
  }

  #isDue(peer: Peer, { offer, hasClaimed, sinceMs }: Standing, nowMs: number): boolean {
    if (!offer) return hasClaimed || nowMs - sinceMs >= CLAIM_WAIT_MS;
    if (nowMs - offer.sinceMs >= PATIENCE_MS) return true;
    if (!peer.pieces.has(offer.index)) return false;
    if (this.#peers.size === 1) return true;
    for (const other of this.#peers.keys()) {
      if (other !== peer && other.pieces.has(offer.index)) return true;
    }
    return false;
  }

  /** Of what is not in `known`, what is out least often, or -1. */
  #rarest(known: Bitfield): number {
    const { pieceCount } = this;
    const start = Math.floor(this.random() * pieceCount);
    let rarest = -1;
    for (let n = 0; n < pieceCount; n++) {
      const index = start + n < pieceCount ? start + n : start + n - pieceCount;
      if (known.has(index)) continue;
      if (rarest < 0 || this.#out[index]! < this.#out[rarest]!) rarest = index;
      if (this.#out[rarest] === 0) return rarest;
    }
    return rarest;
  }

  /** Counts what the peer has now. */
  #count(peer: Peer): void {
    if (peer.pieces.isFull || peer.pieces.count === 0) return;
    const standing = this.#peers.get(peer)!;
    for (let i = 0; i < this.pieceCount; i++) if (peer.pieces.has(i)) this.#countOne(standing, i);
  }

  #countOne({ counted }: Standing, index: number): void {
    if (counted.has(index)) return;
    counted.set(index);
    this.#out[index]!++;
  }
}
