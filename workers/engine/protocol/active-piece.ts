/**
 * One piece being downloaded: which blocks are free, asked for or here. The buffer is allocated once and blocks are
 * copied into place, so memory in flight is exactly the pieces in flight.
 *
 * Invariant: `missingBlocks` is the number of blocks not yet here; a block that is here never changes again.
 */

/** Blocks are 16 KiB, the size every client answers (BEP 3). */
export const BLOCK_LENGTH = 16 * 1024;

interface Ask {
  readonly peer: string;
  readonly atMs: number;
}

export class ActivePiece {
  readonly lengthBytes: number;
  readonly blockCount: number;
  missingBlocks: number;
  /** Peers that gave at least one block: whom a hash failure is held against. */
  readonly sources = new Set<string>();
  /** The one peer that may be asked, or `null`: anyone. */
  owner: string | null = null;
  readonly #isHere: Uint8Array;
  readonly #asks: Ask[][];
  /** No block before this one is free. */
  #firstFree = 0;
  /** No ask is older. */
  #oldestAskMs = Infinity;

  /** `bytes` is what the blocks are put into; its old content does not matter. */
  constructor(
    readonly index: number,
    readonly bytes: Uint8Array<ArrayBuffer>,
  ) {
    this.lengthBytes = bytes.length;
    this.blockCount = Math.ceil(bytes.length / BLOCK_LENGTH);
    this.missingBlocks = this.blockCount;
    this.#isHere = new Uint8Array(this.blockCount);
    this.#asks = Array.from({ length: this.blockCount }, () => []);
  }

  get isComplete(): boolean {
    return this.missingBlocks === 0;
  }

  blockLength(block: number): number {
    return Math.min(BLOCK_LENGTH, this.lengthBytes - block * BLOCK_LENGTH);
  }

  /** The first block nobody was asked for, or -1. */
  freeBlock(): number {
    let b = this.#firstFree;
    while (b < this.blockCount && (this.#isHere[b] || this.#asks[b]!.length)) b++;
    this.#firstFree = b;
    return b < this.blockCount ? b : -1;
  }

  /** The first block whose only ask is older than `olderThanMs` and went to somebody else, or -1. */
  staleBlock(peer: string, nowMs: number, olderThanMs: number): number {
    // Every peer that finds nothing else to do looks here, at each piece and block: nearly always for nothing.
    if (nowMs - this.#oldestAskMs < olderThanMs) return -1;
    for (let b = 0; b < this.blockCount; b++) {
      const [ask, second] = this.#asks[b]!;
      if (this.#isHere[b] || !ask || second || ask.peer === peer) continue;
      if (nowMs - ask.atMs >= olderThanMs) return b;
    }
    return -1;
  }

  /** Whether no block was asked of anyone nor has come: nothing is lost by starting over. */
  get isUntouched(): boolean {
    return this.missingBlocks === this.blockCount && this.#asks.every((asks) => !asks.length);
  }

  /** Whether nobody is asked for anything of it now. */
  get isIdle(): boolean {
    return this.#asks.every((asks, block) => this.#isHere[block] || asks.length === 0);
  }

  ask(block: number, peer: string, nowMs: number): void {
    this.#asks[block]!.push({ peer, atMs: nowMs });
    this.#oldestAskMs = Math.min(this.#oldestAskMs, nowMs);
  }

  /** The ask came to nothing (choked, timed out, rejected, gone): the block is free for others. */
  forget(block: number, peer: string): void {
    const asks = this.#asks[block]!;
    const at = asks.findIndex((ask) => ask.peer === peer);
    if (at < 0) return;
    asks.splice(at, 1);
    this.#firstFree = Math.min(this.#firstFree, block);
  }

  /**
   * Takes a run of bytes that begins at a block boundary. Returns how many of them were new; the rest were here already.
   */
  put(offsetBytes: number, bytes: Uint8Array, peer: string): number {
    let newBytes = 0;
    for (let at = 0; at < bytes.length; at += BLOCK_LENGTH) {
      const block = (offsetBytes + at) / BLOCK_LENGTH;
      if (!Number.isInteger(block) || block >= this.blockCount || this.#isHere[block]) continue;
      const part = bytes.subarray(at, at + this.blockLength(block));
      if (part.length !== this.blockLength(block)) continue;
      this.bytes.set(part, block * BLOCK_LENGTH);
      this.#isHere[block] = 1;
      this.missingBlocks--;
      newBytes += part.length;
      this.sources.add(peer);
    }
    return newBytes;
  }

  /** Everyone else still asked for the block: they are told to cancel. */
  othersAsked(block: number, peer: string): string[] {
    return this.#asks[block]!.filter((ask) => ask.peer !== peer).map((ask) => ask.peer);
  }
}
