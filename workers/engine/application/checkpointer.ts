/**
 * Writes down what of an open torrent is verified. Invariant: a checkpoint speaks only of pieces whose bytes were flushed
 * before it was written, and the shelf only of files a checkpoint covers. Runs follow one another, never overlap.
 */
import { Bitfield } from '../model/bitfield.ts';
import type { Storage } from '../model/storage.ts';
import type { DownloadPlan } from '../model/swarm.ts';
import type { FileLedger } from './file-ledger.ts';
import { shelfOf } from './shelf.ts';

export class Checkpointer {
  #isDirty = false;
  /** One character a file: which were finished when the shelf was last written. */
  #shelved = '';
  #running: Promise<void> = Promise.resolve();

  /** `generation`: of the checkpoint the torrent was restored from, 0 when there was none. */
  constructor(
    readonly storage: Storage,
    readonly plan: DownloadPlan,
    readonly ledger: FileLedger,
    readonly now: () => string,
    private generation: number,
  ) {}

  /** A piece has come since the last run. */
  touched(): void {
    this.#isDirty = true;
  }

  /**
   * Writes bytes, flush, record, shelf, in that order. Does nothing when nothing has come since, unless forced. Rejects with
   * StorageError; then the next run tries again.
   */
  run(isForced: boolean): Promise<void> {
    const run = this.#running.then(() => this.#write(isForced));
    this.#running = run.catch(() => undefined);
    return run;
  }

  /** Resolves when no run is under way. */
  settled(): Promise<void> {
    return this.#running;
  }

  async #write(isForced: boolean): Promise<void> {
    if (!this.#isDirty && !isForced) return;
    this.#isDirty = false;
    const { plan, storage } = this;
    const have = new Bitfield(plan.have.length, plan.have.bytes);
    try {
      await plan.store.flush();
      await storage.catalogue.saveResume({
        version: 1,
        infoHash: plan.meta.infoHash,
        generation: ++this.generation,
        have: have.bytes,
        at: this.now(),
      });
      await this.#writeShelf(have);
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
  }

  async #writeShelf(have: Bitfield): Promise<void> {
    const { meta, map } = this.plan;
    const shelf = shelfOf(meta, map, have, this.ledger.wantedPieces());
    const finished = shelf.files.map(({ isFinished }) => (isFinished ? '1' : '0')).join('');
    if (finished === this.#shelved) return;
    await this.storage.saveShelf(shelf);
    this.#shelved = finished;
  }
}
