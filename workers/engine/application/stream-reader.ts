/**
 * Reads one byte range of one file as it becomes available, a chunk for each pull, and tells the swarm which pieces it
 * will need next. A reader that is slow or gone costs no memory: nothing is read that was not asked for.
 */
import { MAX_PULL_BYTES, type StreamCommand, type StreamEvent } from '../../contract/stream.ts';
import { fail, type RillError } from '../../contract/errors.ts';
import { pieceIndex } from '../../contract/ids.ts';
import type { DownloadPlan } from '../model/swarm.ts';
import type { PieceRange } from '../model/piece-map.ts';
import { StorageError, type ChunkStore } from '../model/chunk-store.ts';

/** How far ahead of the reader pieces are hurried. */
const AHEAD_BYTES = 8 * 1024 * 1024;

export interface StreamSource {
  readonly plan: DownloadPlan;
  /** Resolves when the piece is readable; rejects never, but `null` says why it will not be. */
  waitForPiece(index: number, signal: AbortSignal): Promise<RillError | null>;
  hurry(reader: number, range: PieceRange | null): void;
}

export class StreamReader {
  readonly #abort = new AbortController();
  #at: number;
  #isBusy = false;

  /** `start` to `end` (one past the last) in the torrent's line of bytes. */
  constructor(
    readonly id: number,
    readonly source: StreamSource,
    start: number,
    readonly end: number,
    readonly port: MessagePort,
    readonly onEnd: () => void,
  ) {
    this.#at = start;
    port.onmessage = ({ data }: MessageEvent<StreamCommand>) => {
      if (data?.kind === 'pull') void this.#pull();
      else if (data?.kind === 'cancel') this.close();
    };
    // Whoever read is gone without a word: a service worker that was stopped. Not every browser tells.
    port.addEventListener('close', () => this.close());
  }

  close(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.source.hurry(this.id, null);
    this.port.onmessage = null;
    this.port.close();
    this.onEnd();
  }

  /** Ends the stream with a reason the reader can show. */
  fail(error: RillError): void {
    this.#send({ kind: 'error', error });
    this.close();
  }

  async #pull(): Promise<void> {
    if (this.#isBusy || this.#abort.signal.aborted) return;
    this.#isBusy = true;
    try {
      if (this.#at >= this.end) {
        this.#send({ kind: 'end' });
        return this.close();
      }
      await this.#sendChunk();
    } catch (error) {
      const reason =
        error instanceof StorageError
          ? error.reason
          : fail('unexpected', 'The stream failed inside Rill. Try to play it again.').error;
      this.fail(reason);
    } finally {
      this.#isBusy = false;
    }
  }

  async #sendChunk(): Promise<void> {
    const { map, have, store } = this.source.plan;
    const index = map.pieceAt(this.#at);
    this.#hurry(index);
    if (!have.has(index)) {
      const reason = await this.source.waitForPiece(index, this.#abort.signal);
      if (this.#abort.signal.aborted) return;
      if (reason) return this.fail(reason);
    }
    const offset = this.#at - map.pieceOffset(index);
    const length = Math.min(MAX_PULL_BYTES, map.pieceLengthOf(index) - offset, this.end - this.#at);
    const bytes = await this.#read(store, index, offset, length);
    if (this.#abort.signal.aborted) return;
    // It was damaged in storage and is fetched again.
    if (!bytes) return this.#sendChunk();
    this.#at += length;
    const buffer =
      bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
    this.#send({ kind: 'chunk', bytes: buffer }, [buffer]);
  }

  /** `null` when the piece is not ours after all; rejects when it is and cannot be read. */
  async #read(store: ChunkStore, index: number, offset: number, length: number) {
    try {
      return await store.read(pieceIndex(index), offset, length);
    } catch (error) {
      if (this.source.plan.have.has(index)) throw error;
      return null;
    }
  }

  /** The window slides with the reader: from the piece at hand to AHEAD_BYTES further. */
  #hurry(first: number): void {
    const { map, have } = this.source.plan;
    const last = map.pieceAt(Math.min(this.end, this.#at + AHEAD_BYTES) - 1);
    for (let i = first; i <= last; i++) {
      if (!have.has(i)) return this.source.hurry(this.id, { first: i, last });
    }
    this.source.hurry(this.id, null);
  }

  #send(event: StreamEvent, transfer: Transferable[] = []): void {
    this.port.postMessage(event, transfer);
  }
}
