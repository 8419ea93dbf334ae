/**
 * Writes batches to a store, learns how long it takes, and sizes the next batch by that (batch.ts).
 *
 * Invariant: each piece of a batch is reported once, in the order of the writes: written, or refused with the error of
 * the one write it was in.
 *
 * A synchronous backend keeps the thread while it writes. Between two writes of a batch the worker's other events get
 * their turn when TURN_MS have passed: the answer to a stream's read, and the file of the next extent, which opens meanwhile.
 */
import type { PieceIndex } from '../../../contract/ids.ts';
import type { ChunkStore } from '../../model/chunk-store.ts';
import type { Clock } from '../../model/deps.ts';
import { MIN_BATCH_PIECES, batchLimit, nextBatchPieces, toRuns } from './batch.ts';
import { isRunStore } from '../run-store.ts';

export interface BatchPiece {
  readonly index: PieceIndex;
  readonly bytes: Uint8Array;
  written(): void;
  refused(error: unknown): void;
}

const TURN_MS = 4;
/** How many of the newest writes `averageWriteMs` looks at. */
const AVERAGED_WRITES = 16;

export class BatchWriter {
  readonly #store: ChunkStore;
  readonly #pieceLength: number;
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  #batchPieces = MIN_BATCH_PIECES;
  #writeTimesMs: number[] = [];

  constructor(store: ChunkStore, pieceLength: number, clock: Pick<Clock, 'now' | 'after'>) {
    this.#store = store;
    this.#pieceLength = pieceLength;
    this.#clock = clock;
  }

  /** How many pieces the next batch may have. */
  get limit(): number {
    return batchLimit(this.#batchPieces, this.#pieceLength);
  }

  /** Mean time of the newest writes that succeeded, in milliseconds; 0 before the first. */
  get averageWriteMs(): number {
    const times = this.#writeTimesMs;
    return times.length === 0 ? 0 : times.reduce((sum, ms) => sum + ms, 0) / times.length;
  }

  /** Resolves when every piece is reported; never rejects. */
  async write(batch: readonly BatchPiece[]): Promise<void> {
    let tookMs = 0;
    let sinceTurnMs = 0;
    let isWhole = batch.length > 0;
    for (const pieces of this.#writes(batch)) {
      if (sinceTurnMs >= TURN_MS) {
        await new Promise<void>((resolve) => this.#clock.after(0, resolve));
        sinceTurnMs = 0;
      }
      const began = this.#clock.now();
      isWhole = (await this.#writeTogether(pieces)) && isWhole;
      const writeMs = this.#clock.now() - began;
      tookMs += writeMs;
      sinceTurnMs += writeMs;
    }
    // A refusal is quick and says nothing about how fast the disk is.
    if (isWhole) this.#batchPieces = nextBatchPieces(this.#batchPieces, tookMs);
  }

  #writes(batch: readonly BatchPiece[]): BatchPiece[][] {
    const runs = toRuns(batch, this.#pieceLength);
    return isRunStore(this.#store) ? runs : runs.flatMap((run) => run.map((piece) => [piece]));
  }

  async #writeTogether(pieces: readonly BatchPiece[]): Promise<boolean> {
    const began = this.#clock.now();
    try {
      await this.#hand(pieces);
    } catch (error) {
      for (const piece of pieces) piece.refused(error);
      return false;
    }
    this.#writeTimesMs = [...this.#writeTimesMs, this.#clock.now() - began].slice(-AVERAGED_WRITES);
    for (const piece of pieces) piece.written();
    return true;
  }

  async #hand(pieces: readonly BatchPiece[]): Promise<void> {
    const first = pieces[0]!;
    if (pieces.length === 1 || !isRunStore(this.#store)) {
      return this.#store.write(first.index, first.bytes);
    }
    const bytes = pieces.map((piece) => piece.bytes);
    return this.#store.writeRun(first.index, bytes);
  }
}
