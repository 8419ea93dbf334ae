/**
 * Verified pieces wait here for storage, in memory bounded by a budget over all torrents.
 *
 * Invariants: a piece's bytes count against the budget from `write` until the backend has taken or refused them, and
 * reads are answered from memory as long; an extent has one batch under way at a time, so it is written in the order of
 * its batches (batch.ts); a failed write rejects exactly its own pieces and the others go on.
 *
 * A batch begins in a task of its own: what arrived meanwhile goes with it, and the worker's other events get their
 * turn between two batches, which the synchronous backend would not give them. Two extents may be under way: opening a
 * file takes as long as writing 10 MiB, and meanwhile the other is written.
 */
import type { PieceIndex } from '../../../contract/ids.ts';
import type { ChunkStore, QueuedChunkStore } from '../../model/chunk-store.ts';
import type { Clock } from '../../model/deps.ts';
import type { PieceMap } from '../../model/piece-map.ts';
import { takeBatch } from './batch.ts';
import { BatchWriter, type BatchPiece } from './batch-writer.ts';
import { isRunStore } from '../run-store.ts';
import { checkRun, checkSpan } from '../piece-bounds.ts';
import { storeClosed } from '../storage-errors.ts';
import type { WriteBudget } from './write-budget.ts';

export interface WriteQueueDeps {
  readonly map: PieceMap;
  /** Shared by the queues of all torrents. */
  readonly budget: WriteBudget;
  readonly clock: Pick<Clock, 'now' | 'after'>;
}

const MAX_EXTENTS_UNDER_WAY = 2;

export class WriteQueue implements QueuedChunkStore {
  onRelieved: (() => void) | null = null;
  readonly #store: ChunkStore;
  readonly #writer: BatchWriter;
  readonly #map: PieceMap;
  readonly #budget: WriteBudget;
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #stopListening: () => void;
  /** Oldest first; without the batches under way. */
  #queue: BatchPiece[] = [];
  /** All that the backend does not have yet, the batches under way included. */
  readonly #unwritten = new Map<BatchPiece, Promise<void>>();
  /** Extents that have a batch under way. */
  readonly #busy = new Set<number>();
  /** Those who write: each is either within a batch or about to take one. */
  #writers = 0;
  #queuedBytes = 0;
  /** That of the piece that came last: most follow one of their own extent. */
  #preparedExtent = -1;
  #isClosed = false;

  constructor(store: ChunkStore, deps: WriteQueueDeps) {
    this.#store = store;
    this.#map = deps.map;
    this.#writer = new BatchWriter(store, deps.map.pieceLength, deps.clock);
    this.#budget = deps.budget;
    this.#clock = deps.clock;
    // In a microtask: what the listener throws must not stop the writing.
    this.#stopListening = deps.budget.onRelieved(() => queueMicrotask(() => this.onRelieved?.()));
  }

  get isPressed(): boolean {
    return this.#budget.isPressed;
  }

  hasRoomFor(lengthBytes: number, inFlightBytes: number): boolean {
    return this.#budget.hasRoomFor(lengthBytes, inFlightBytes);
  }

  get queuedPieces(): number {
    return this.#unwritten.size;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get averageWriteMs(): number {
    return this.#writer.averageWriteMs;
  }

  /**
   * Queues the piece, also while the queue is pressed: it was in flight already. Resolves when the backend has it;
   * rejects with the backend's error. A piece of a wrong length is a broken invariant: RangeError.
   */
  async write(index: PieceIndex, bytes: Uint8Array): Promise<void> {
    checkRun(this.#map, index, [bytes]);
    if (this.#isClosed) throw storeClosed();
    const settled = new Promise<void>((resolve, reject) => {
      const piece: BatchPiece = {
        index,
        bytes,
        written: () => {
          this.#forget(piece);
          resolve();
        },
        refused: (error) => {
          this.#forget(piece);
          reject(error);
        },
      };
      this.#queue.push(piece);
    });
    this.#unwritten.set(this.#queue.at(-1)!, settled);
    this.#queuedBytes += bytes.length;
    this.#budget.add(bytes.length);
    this.#prepare(index);
    this.#wakeWriter();
    return settled;
  }

  /** Served from memory while the piece waits, even if its write fails later. */
  async read(
    index: PieceIndex,
    offsetBytes: number,
    lengthBytes: number,
    into?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    checkSpan(this.#map, index, offsetBytes, lengthBytes);
    let newest: BatchPiece | undefined;
    for (const piece of this.#unwritten.keys()) if (piece.index === index) newest = piece;
    return newest
      ? new Uint8Array(newest.bytes.subarray(offsetBytes, offsetBytes + lengthBytes))
      : this.#store.read(index, offsetBytes, lengthBytes, into);
  }

  /** Waits for what is queued now, then flushes the backend. Pieces that failed were rejected to their writers. */
  async flush(): Promise<void> {
    await this.#drained();
    await this.#store.flush();
  }

  /** Takes no more pieces, writes all that are queued, then closes the backend. */
  async close(): Promise<void> {
    this.#shut();
    await this.#drained();
    await this.#store.close();
  }

  /** Pieces that wait are rejected; batches under way are let finish before the backend is destroyed. */
  async destroy(): Promise<void> {
    this.#shut();
    for (const piece of this.#queue.splice(0)) piece.refused(storeClosed());
    await this.#drained();
    await this.#store.destroy();
  }

  /** Opening an extent takes as long as writing 10 MiB: it begins when the first of its pieces comes, not when its turn has. */
  #prepare(index: PieceIndex): void {
    const extent = this.#map.extentOf(index);
    if (extent === this.#preparedExtent) return;
    this.#preparedExtent = extent;
    if (isRunStore(this.#store)) this.#store.prepare?.(index);
  }

  #shut(): void {
    this.#isClosed = true;
    this.#stopListening();
  }

  async #drained(): Promise<void> {
    await Promise.allSettled(this.#unwritten.values());
  }

  /** One more writer, when all there are have their batch and pieces of another extent wait. */
  #wakeWriter(): void {
    const isNeeded = this.#writers === this.#busy.size && this.#writers < MAX_EXTENTS_UNDER_WAY;
    if (isNeeded && this.#queue.some(({ index }) => !this.#busy.has(this.#map.extentOf(index)))) {
      void this.#writeBatches();
    }
  }

  async #writeBatches(): Promise<void> {
    this.#writers++;
    for (;;) {
      await new Promise<void>((resolve) => this.#clock.after(0, resolve));
      const batch = this.#takeBatch();
      const oldest = batch[0];
      if (!oldest) break;
      const extent = this.#map.extentOf(oldest.index);
      this.#busy.add(extent);
      this.#wakeWriter();
      await this.#writer.write(batch);
      this.#busy.delete(extent);
      if (this.#queue.length === 0) break;
    }
    this.#writers--;
  }

  #takeBatch(): readonly BatchPiece[] {
    const extentOf = (index: number) => this.#map.extentOf(index);
    const { batch, rest } = takeBatch(this.#queue, extentOf, this.#writer.limit, this.#busy);
    this.#queue = rest;
    return batch;
  }

  #forget(piece: BatchPiece): void {
    this.#unwritten.delete(piece);
    this.#queuedBytes -= piece.bytes.length;
    this.#budget.remove(piece.bytes.length);
  }
}
