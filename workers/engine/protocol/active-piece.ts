/**
 * One piece being downloaded: which blocks are free, asked for or here, and who gave them. The buffer is allocated once and
 * blocks are copied into place, so memory in flight is exactly the pieces in flight.
 *
 * Invariant: `missingBlocks` is the number of blocks not yet here; a block that is here changes only when `drop` takes away
 * all that its giver gave.
 */

/** Blocks are 16 KiB, the size every client answers (BEP 3). */
export const BLOCK_LENGTH = 16 * 1024;
const NONE: readonly string[] = [];
/** No peer has this id. */
const NOBODY = '';

export interface Ask {
  readonly peer: string;
  readonly atMs: number;
  /** When the block should be here if the peer goes on as it did. */
  readonly dueMs: number;
}

export class ActivePiece {
  readonly lengthBytes: number;
  readonly blockCount: number;
  missingBlocks: number;
  /** The one peer that may be asked, or `null`: anyone. */
  owner: string | null = null;
  /** By block: who gave it, `NOBODY` for padding, or `null` while it is not here. */
  readonly #givers: (string | null)[];
  readonly #asks: Ask[][];
  /** No block before this one is free. */
  #freeFrom = 0;

  /** `bytes` is what the blocks are put into; its old content does not matter. */
  constructor(
    readonly index: number,
    readonly bytes: Uint8Array<ArrayBuffer>,
  ) {
    this.lengthBytes = bytes.length;
    this.blockCount = Math.ceil(bytes.length / BLOCK_LENGTH);
    this.missingBlocks = this.blockCount;
    this.#givers = Array.from({ length: this.blockCount }, () => null);
    this.#asks = Array.from({ length: this.blockCount }, () => []);
  }

  get isComplete(): boolean {
    return this.missingBlocks === 0;
  }

  /** Peers that gave at least one block: whom a hash failure is held against. */
  get sources(): ReadonlySet<string> {
    return new Set(this.#givers.filter((giver): giver is string => Boolean(giver)));
  }

  /** Bytes that are here. */
  get receivedBytes(): number {
    return this.#givers.reduce(
      (sum, giver, block) => sum + (giver === null ? 0 : this.blockLength(block)),
      0,
    );
  }

  blockLength(block: number): number {
    return Math.min(BLOCK_LENGTH, this.lengthBytes - block * BLOCK_LENGTH);
  }

  isHere(block: number): boolean {
    return this.#givers[block] !== null;
  }

  /** Who gave the block, or `null` while it is not here, and for padding. */
  giverOf(block: number): string | null {
    return this.#givers[block] || null;
  }

  /** Who is asked for the block now, in the order they were asked. */
  asksOf(block: number): readonly Ask[] {
    return this.#asks[block]!;
  }

  /** The first block nobody was asked for, or -1. */
  freeBlock(): number {
    while (this.#freeFrom < this.blockCount && !this.#isFree(this.#freeFrom)) this.#freeFrom++;
    return this.#freeFrom < this.blockCount ? this.#freeFrom : -1;
  }

  /** Whether nobody is asked for anything of it now. */
  get isIdle(): boolean {
    return this.#asks.every((asks, block) => this.isHere(block) || asks.length === 0);
  }

  /** Since when the oldest ask of a block that is not here waits, or `null` when there is none. */
  get waitingSinceMs(): number | null {
    let oldest: number | null = null;
    for (let b = 0; b < this.blockCount; b++) {
      const ask = this.#asks[b]![0];
      if (ask && !this.isHere(b)) oldest = Math.min(oldest ?? ask.atMs, ask.atMs);
    }
    return oldest;
  }

  ask(block: number, peer: string, atMs: number, dueMs = atMs): void {
    this.#asks[block]!.push({ peer, atMs, dueMs });
  }

  /** The ask came to nothing (choked, timed out, rejected, gone): the block is free for others. */
  forget(block: number, peer: string): void {
    const asks = this.#asks[block]!;
    const at = asks.findIndex((ask) => ask.peer === peer);
    if (at >= 0) asks.splice(at, 1);
    this.#freeFrom = Math.min(this.#freeFrom, block);
  }

  /**
   * Takes a run of bytes that begins at a block boundary. Returns how many of them were new; the rest were here already.
   */
  put(offsetBytes: number, bytes: Uint8Array, peer: string): number {
    let newBytes = 0;
    for (let at = 0; at < bytes.length; at += BLOCK_LENGTH) {
      const block = (offsetBytes + at) / BLOCK_LENGTH;
      if (!Number.isInteger(block) || block >= this.blockCount || this.isHere(block)) continue;
      const part = bytes.subarray(at, at + this.blockLength(block));
      if (part.length !== this.blockLength(block)) continue;
      this.bytes.set(part, block * BLOCK_LENGTH);
      this.#givers[block] = peer;
      this.missingBlocks--;
      newBytes += part.length;
    }
    return newBytes;
  }

  /** Everything the peer gave is taken for missing again. Returns how many bytes that were. */
  drop(peer: string): number {
    let droppedBytes = 0;
    this.#givers.forEach((giver, block) => {
      if (giver !== peer) return;
      this.#givers[block] = null;
      this.#asks[block] = this.#asks[block]!.filter((ask) => ask.peer !== peer);
      this.#freeFrom = Math.min(this.#freeFrom, block);
      this.missingBlocks++;
      droppedBytes += this.blockLength(block);
    });
    return droppedBytes;
  }

  /** Blocks that are nothing but padding (BEP 47) are here from the beginning, unless nothing else would be left to ask for. */
  fillPadding(isPadding: (offsetBytes: number, lengthBytes: number) => boolean): void {
    for (let block = 0; block < this.blockCount && this.missingBlocks > 1; block++) {
      const offsetBytes = block * BLOCK_LENGTH;
      const lengthBytes = this.blockLength(block);
      if (!isPadding(offsetBytes, lengthBytes)) continue;
      this.bytes.fill(0, offsetBytes, offsetBytes + lengthBytes);
      this.#givers[block] = NOBODY;
      this.missingBlocks--;
    }
  }

  /** Everyone else still asked for the block: they are told to cancel. */
  othersAsked(block: number, peer: string): readonly string[] {
    const asks = this.#asks[block]!;
    if (asks.length === 0 || (asks.length === 1 && asks[0]!.peer === peer)) return NONE;
    return this.#asks[block]!.filter((ask) => ask.peer !== peer).map((ask) => ask.peer);
  }

  #isFree(block: number): boolean {
    return this.#givers[block] === null && this.#asks[block]!.length === 0;
  }
}
