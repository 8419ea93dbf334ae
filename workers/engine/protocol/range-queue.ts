/**
 * Blocks that a web seed was asked for and that are in no HTTP request yet, and which of them make up the next one: those
 * that lie end to end are joined, oldest first, so that a request is not one block of 16 KiB.
 *
 * Invariants: a block is in the queue once at most; what `take` gives lies end to end and is at most `MAX_RANGE_BYTES` (one
 * block may be more); every block is taken in the end, whatever comes after it.
 */
import { MAX_RANGE_BYTES, MIN_RANGE_BYTES } from './web-seed-policy.ts';

export interface QueuedBlock {
  /** Within the torrent's line of bytes. */
  readonly startBytes: number;
  readonly lengthBytes: number;
}

export class RangeQueue<Block extends QueuedBlock> {
  /** By their start, oldest first. */
  readonly #blocks = new Map<number, Block>();
  #queuedBytes = 0;

  get isEmpty(): boolean {
    return this.#blocks.size === 0;
  }

  /** Oldest first. */
  get blocks(): readonly Block[] {
    return [...this.#blocks.values()];
  }

  add(block: Block): void {
    this.remove(block.startBytes);
    this.#blocks.set(block.startBytes, block);
    this.#queuedBytes += block.lengthBytes;
  }

  /** Nobody waits for it any more. Returns whether it was here. */
  remove(startBytes: number): boolean {
    const block = this.#blocks.get(startBytes);
    if (!block) return false;
    this.#blocks.delete(startBytes);
    this.#queuedBytes -= block.lengthBytes;
    return true;
  }

  clear(): void {
    this.#blocks.clear();
    this.#queuedBytes = 0;
  }

  /** The blocks of the next request, when so many more may be made at once: what waits is shared out among them. */
  take(freeRanges: number): Block[] {
    const share = Math.ceil(this.#queuedBytes / Math.max(1, freeRanges));
    const mostBytes = Math.min(MAX_RANGE_BYTES, Math.max(MIN_RANGE_BYTES, share));
    const run: Block[] = [];
    let [next] = this.#blocks.values();
    let endBytes = next?.startBytes ?? 0;
    let runBytes = 0;
    while (next && (run.length === 0 || runBytes + next.lengthBytes <= mostBytes)) {
      this.remove(next.startBytes);
      run.push(next);
      runBytes += next.lengthBytes;
      endBytes += next.lengthBytes;
      next = this.#blocks.get(endBytes);
    }
    return run;
  }
}
