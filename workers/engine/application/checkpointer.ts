/**
 * Writes down what of an open torrent is verified. Invariant: a checkpoint speaks only of pieces whose bytes were flushed
 * before it was written, and the shelf only of files a checkpoint covers. Runs follow one another, never overlap.
 */
import type { ExtentStamp } from '../../contract/shelf.ts';
import { Bitfield } from '../model/bitfield.ts';
import type { Storage } from '../model/storage.ts';
import type { DownloadPlan } from '../model/swarm.ts';
import type { FileLedger } from './file-ledger.ts';
import type { Restored } from './restore.ts';
import { shelfOf } from './shelf.ts';

/** A checkpoint is due after this much came, however short ago the last one was. */
const DUE_BYTES = 64 * 1024 * 1024;

export class Checkpointer {
  #isDirty = false;
  #bytesSince = 0;
  /** Extents written to since their stamps were taken. */
  #touched = new Set<number>();
  readonly #stamps: Map<number, ExtentStamp>;
  #generation: number;
  /** What the shelf said when it was last written. */
  #shelved = '';
  #running: Promise<void> = Promise.resolve();

  constructor(
    readonly storage: Storage,
    readonly plan: DownloadPlan,
    readonly ledger: FileLedger,
    readonly now: () => string,
    restored: Pick<Restored, 'stamps' | 'generation'>,
    /** Extents that may hold more than `have` says: a record with their stamps would be believed that they do not. */
    readonly unhashed: ReadonlySet<number>,
  ) {
    this.#stamps = new Map(restored.stamps);
    this.#generation = restored.generation;
  }

  /** Extents that existed at the last checkpoint, with their sizes in bytes. */
  get stamps(): ReadonlyMap<number, ExtentStamp> {
    return this.#stamps;
  }

  get isDue(): boolean {
    return this.#bytesSince >= DUE_BYTES;
  }

  /** The piece has come or gone since the last run. */
  touched(index: number): void {
    this.#isDirty = true;
    this.#touched.add(this.plan.map.extentOf(index));
    this.#bytesSince += this.plan.map.pieceLengthOf(index);
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

  /** The shelf says what the record says, also where a crash fell between the two. Rejects as `run`. */
  confirm(): Promise<void> {
    const confirmed = this.#running.then(() =>
      this.#isDirty ? this.#write(false) : this.#writeShelf(this.plan.have),
    );
    this.#running = confirmed.catch(() => undefined);
    return confirmed;
  }

  /** Resolves when no run is under way. */
  settled(): Promise<void> {
    return this.#running;
  }

  async #write(isForced: boolean): Promise<void> {
    if (!this.#isDirty && !isForced) return;
    this.#isDirty = false;
    this.#bytesSince = 0;
    const touched = [...this.#touched];
    this.#touched.clear();
    const { plan, storage } = this;
    const have = new Bitfield(plan.have.length, plan.have.bytes);
    try {
      await plan.store.flush();
      await this.#stamp(touched);
      await storage.catalogue.saveResume({
        version: 2,
        infoHash: plan.meta.infoHash,
        generation: ++this.#generation,
        have: have.bytes,
        extents: [...this.#stamps.values()].filter(({ extent }) => this.#isSaid(extent)),
        at: this.now(),
      });
      await this.#writeShelf(have);
    } catch (error) {
      this.#isDirty = true;
      for (const extent of touched) this.#touched.add(extent);
      throw error;
    }
  }

  /**
   * Whether the record says all there is of the extent. A piece that came while it was being made is in the stamp and not in
   * the record: with that stamp it would be fetched again after a crash, without one the extent is hashed and it is found.
   */
  #isSaid(extent: number): boolean {
    return !this.unhashed.has(extent) && !this.#touched.has(extent);
  }

  async #stamp(extents: readonly number[]): Promise<void> {
    if (extents.length === 0) return;
    const { meta, map } = this.plan;
    const stamps = await this.storage.extentStamps(meta.infoHash, map, extents);
    for (const extent of extents) {
      const stamp = stamps.get(extent);
      if (stamp) this.#stamps.set(extent, stamp);
      else this.#stamps.delete(extent);
    }
  }

  async #writeShelf(have: Bitfield): Promise<void> {
    const { meta, map } = this.plan;
    const shelf = shelfOf(meta, map, have, this.ledger.wantedPieces(), this.#stamps);
    const said = JSON.stringify([shelf.files.map(({ isFinished }) => +isFinished), shelf.extents]);
    if (said === this.#shelved) return;
    await this.storage.saveShelf(shelf);
    this.#shelved = said;
  }
}
