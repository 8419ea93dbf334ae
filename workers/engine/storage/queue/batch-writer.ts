/**
 * Writes batches to a store, learns how long it takes, and sizes the next batch by that (batch.ts).
 *
 * Invariant: each piece of a batch is reported once, in the order of the writes: written, or refused with the error of
 * the one write it was in.
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

/** How many of the newest writes `averageWriteMs` looks at. */
const AVERAGED_WRITES = 16;

export class BatchWriter {
  readonly #store: ChunkStore;
  readonly #pieceLength: number;
  readonly #clock: Pick<Clock, 'now'>;
  #batchPieces = MIN_BATCH_PIECES;
  #writeTimesMs: number[] = [];

  constructor(store: ChunkStore, pieceLength: number, clock: Pick<Clock, 'now'>) {
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
    const began = this.#clock.now();
    let isWhole = batch.length > 0;
    for (const pieces of this.#writes(batch)) {
      isWhole = (await this.#writeTogether(pieces)) && isWhole;
    }
    // A refusal is quick and says nothing about how fast the disk is.
    if (!isWhole) return;
    this.#batchPieces = nextBatchPieces(this.#batchPieces, this.#clock.now() - began);
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
