/**
 * Who is under suspicion after pieces came out wrong, and who turns out to have lied: pure, one for each torrent.
 *
 *   wrong, of one source   ──► that source is struck at once
 *   wrong, of several      ──► what each gave is kept, as digests; the piece is fetched again, of one peer
 *   right at last          ──► whoever gave a kept block that differs is struck, the others are cleared
 *
 * Invariants:
 * - who is struck gave bytes that are not the torrent's: an honest peer is never struck, whoever it shares pieces with;
 * - for one wrong download of a piece nobody is struck twice, and everyone who lied in it is struck once it is proven;
 * - what is kept is bounded, whatever peers do. The oldest is forgotten first: such a piece is fetched like any other, and
 *   nobody is struck for what it was.
 */

/** Pieces whose wrong blocks are remembered. */
const MAX_PIECES = 64;
/** And blocks of them, some 30 bytes each: two whole pieces of 64 MiB. */
const MAX_BLOCKS = 8_192;
/** SHA-1: a hash that is quick to forge would let a liar's block pass for the good one. */
export const DIGEST_BYTES = 20;

/**
 * How a piece that came out wrong may be asked of a peer, best first: `clear` had no part in it; `suspect` gave some of it;
 * `proven` alone gave all of it once, and wrong.
 */
type Standing = 'clear' | 'suspect' | 'proven';

const RANKS = { clear: 0, suspect: 1, proven: 2 } as const satisfies Record<Standing, number>;

/** One download of a piece that did not match its hash. */
interface Failure {
  /** By block. */
  readonly givers: readonly string[];
  /** `DIGEST_BYTES` for each block. */
  readonly digests: Uint8Array;
}

interface OpenPiece {
  /** Of several sources each: who lied is not known yet. */
  readonly failures: Failure[];
  readonly standings: Map<string, Exclude<Standing, 'clear'>>;
}

export class Suspicion {
  /** By index, the oldest first. */
  readonly #pieces = new Map<number, OpenPiece>();
  /** In how many kept failures each peer had a part. */
  readonly #suspects = new Map<string, number>();
  #keptBlocks = 0;
  /** A piece is given up on: it may be fetched like any other. */
  onForgotten: (index: number) => void = () => {};

  /** Pieces that came out wrong and have not come out right since. */
  get open(): Iterable<number> {
    return this.#pieces.keys();
  }

  isOpen(index: number): boolean {
    return this.#pieces.has(index);
  }

  /** Whether the peer had a part in a wrong piece that nobody is proven to have spoiled. */
  isSuspect(peer: string): boolean {
    return this.#suspects.has(peer);
  }

  /** Whether the peer is as good as any of `sources`, all that could be asked for the piece now, to fetch it from alone. */
  mayFetch(index: number, peer: string, sources: Iterable<string>): boolean {
    const standings = this.#pieces.get(index)?.standings;
    const rankOf = (id: string) => RANKS[standings?.get(id) ?? 'clear'];
    const rank = rankOf(peer);
    if (rank === RANKS.clear) return true;
    for (const other of sources) if (rankOf(other) < rank) return false;
    return true;
  }

  /** The piece is wrong; `givers` and `digests` are those of its blocks. Returns who certainly lied. */
  failed(index: number, givers: readonly string[], digests: Uint8Array): string[] {
    const sources = new Set(givers);
    const piece = this.#pieces.get(index) ?? { failures: [], standings: new Map() };
    this.#pieces.set(index, piece);
    const [only] = sources;
    if (only !== undefined && sources.size === 1) {
      piece.standings.set(only, 'proven');
      this.#bound(index);
      return [only];
    }
    for (const peer of sources) {
      if (!piece.standings.has(peer)) piece.standings.set(peer, 'suspect');
    }
    this.#keep(piece, { givers, digests });
    this.#bound(index);
    return [];
  }

  /** The piece is right, and these are the digests of its blocks. Returns who lied, once for each download it spoiled. */
  proven(index: number, digests: Uint8Array): string[] {
    const liars: string[] = [];
    for (const { givers, digests: wrong } of this.#pieces.get(index)?.failures ?? []) {
      const differs = (_: string, block: number) => !isSameBlock(wrong, digests, block);
      liars.push(...new Set(givers.filter(differs)));
    }
    this.forget(index);
    return liars;
  }

  /** The piece is here or not wanted to be looked into any more. */
  forget(index: number): void {
    const piece = this.#pieces.get(index);
    if (!piece) return;
    this.#pieces.delete(index);
    while (piece.failures.length) this.#drop(piece);
  }

  #keep(piece: OpenPiece, failure: Failure): void {
    piece.failures.push(failure);
    this.#keptBlocks += failure.givers.length;
    for (const peer of new Set(failure.givers)) {
      this.#suspects.set(peer, (this.#suspects.get(peer) ?? 0) + 1);
    }
  }

  /** Forgets the oldest failure of the piece. */
  #drop(piece: OpenPiece): void {
    const failure = piece.failures.shift();
    if (!failure) return;
    this.#keptBlocks -= failure.givers.length;
    for (const peer of new Set(failure.givers)) {
      const count = this.#suspects.get(peer)! - 1;
      if (count > 0) this.#suspects.set(peer, count);
      else this.#suspects.delete(peer);
    }
  }

  /** Makes room, at the cost of others before this piece, whose newest failure always stays. */
  #bound(newest: number): void {
    for (const index of this.#pieces.keys()) {
      if (this.#pieces.size <= MAX_PIECES && this.#keptBlocks <= MAX_BLOCKS) return;
      if (index === newest) continue;
      this.forget(index);
      this.onForgotten(index);
    }
    const piece = this.#pieces.get(newest)!;
    while (this.#keptBlocks > MAX_BLOCKS && piece.failures.length > 1) this.#drop(piece);
  }
}

function isSameBlock(a: Uint8Array, b: Uint8Array, block: number): boolean {
  for (let at = block * DIGEST_BYTES; at < (block + 1) * DIGEST_BYTES; at++) {
    if (a[at] !== b[at]) return false;
  }
  return true;
}
