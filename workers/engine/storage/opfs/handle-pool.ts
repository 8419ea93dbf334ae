/**
 * Sync access handles are few and exclusive, so all torrents share one pool.
 *
 * Invariants: at most `maxHandles` handles are open or being opened; an extent has at most one; whoever asks for an
 * extent while it is being opened waits for that same opening. An action is synchronous and runs in the very task in
 * which its handle is there, so no handle is ever closed under its user. What is dirty stays known until it is flushed,
 * also when the handle goes.
 *
 *   waiting ──► opening ──► open ──► (closed: evicted as least recently used, or released)
 *      └───────────┴──► refused: its actions fail
 */
import { storeClosed, errorName } from '../storage-errors.ts';
import type { ExtentId, OpenExtent, SyncHandle } from './sync-handle.ts';

/** `write` creates the extent when it is missing and makes it dirty. */
export type HandleUse = 'read' | 'write';

interface Job {
  readonly use: HandleUse;
  run(handle: SyncHandle): void;
  fail(error: unknown): void;
}

interface Slot {
  readonly id: ExtentId;
  readonly key: string;
  readonly released: AbortController;
  /** Actions that wait for the handle, oldest first; empty once it is open. */
  jobs: Job[];
  handle: SyncHandle | null;
  /** Settles when the opening under way is over. */
  opening: Promise<void>;
}

/** Safari allows about 252 open handles per origin; 64 extents are 4 GiB at hand. */
export const MAX_HANDLES = 64;

export class HandlePool {
  readonly #open: OpenExtent;
  readonly #maxHandles: number;
  /** Least recently used first. */
  readonly #slots = new Map<string, Slot>();
  readonly #dirty = new Map<string, ExtentId>();
  #waiting: Slot[] = [];
  /** Handles that are open or being opened, those of released slots included. */
  #live = 0;

  constructor(open: OpenExtent, maxHandles = MAX_HANDLES) {
    this.#open = open;
    this.#maxHandles = maxHandles;
  }

  /** Handles that are open or being opened. */
  get liveHandles(): number {
    return this.#live;
  }

  /** Resolves with what `action` returns for the extent's handle; rejects with what it throws, or why there is no handle. */
  use<T>(id: ExtentId, use: HandleUse, action: (handle: SyncHandle) => T): Promise<T> {
    const key = keyOf(id);
    return new Promise<T>((resolve, reject) => {
      const run = (handle: SyncHandle) => {
        if (use === 'write') this.#dirty.set(key, id);
        try {
          resolve(action(handle));
        } catch (error) {
          reject(error);
        }
      };
      this.#enqueue(id, key, { use, run, fail: reject });
    });
  }

  /** The torrent's extents whose handles are open. */
  openExtents(infoHash: string): number[] {
    const ours = [...this.#slots.values()].filter(({ id }) => id.infoHash === infoHash);
    return ours.filter(({ handle }) => handle).map(({ id }) => id.extent);
  }

  /** Flushes what was written to the torrent since its last flush; rejects with what the browser throws. */
  async flush(infoHash: string): Promise<void> {
    for (const [key, id] of [...this.#dirty]) {
      if (id.infoHash !== infoHash || !this.#dirty.has(key)) continue;
      await this.use(id, 'read', (handle) => {
        handle.flush();
        this.#dirty.delete(key);
      });
    }
  }

  /**
   * Closes every handle of the torrent without flushing; actions that still wait are refused. Resolves when none is open
   * or being opened.
   */
  async release(infoHash: string): Promise<void> {
    const isOurs = (id: ExtentId) => id.infoHash === infoHash;
    for (const [key, id] of this.#dirty) if (isOurs(id)) this.#dirty.delete(key);
    this.#waiting = this.#waiting.filter((slot) => !isOurs(slot.id));
    const slots = [...this.#slots.values()].filter((slot) => isOurs(slot.id));
    for (const slot of slots) {
      slot.released.abort();
      this.#slots.delete(slot.key);
      for (const job of slot.jobs.splice(0)) job.fail(storeClosed());
      if (slot.handle) this.#closeHandle(slot.handle);
    }
    this.#openWaiting();
    await Promise.all(slots.map((slot) => slot.opening));
  }

  #enqueue(id: ExtentId, key: string, job: Job): void {
    const slot = this.#slots.get(key);
    if (slot?.handle) {
      this.#slots.delete(key);
      this.#slots.set(key, slot);
      job.run(slot.handle);
    } else if (slot) {
      slot.jobs.push(job);
    } else {
      const added: Slot = {
        id,
        key,
        released: new AbortController(),
        jobs: [job],
        handle: null,
        opening: Promise.resolve(),
      };
      this.#slots.set(key, added);
      this.#waiting.push(added);
      this.#openWaiting();
    }
  }

  #openWaiting(): void {
    for (let slot = this.#waiting[0]; slot; slot = this.#waiting[0]) {
      if (this.#live >= this.#maxHandles && !this.#evictOne()) return;
      this.#waiting.shift();
      this.#live++;
      slot.opening = this.#openSlot(slot);
    }
  }

  async #openSlot(slot: Slot): Promise<void> {
    const mayCreate = slot.jobs.some((job) => job.use === 'write');
    try {
      this.#opened(slot, await this.#open(slot.id, mayCreate, slot.released.signal));
    } catch (error) {
      this.#live--;
      this.#refuse(slot, error, mayCreate);
    }
    this.#openWaiting();
  }

  #opened(slot: Slot, handle: SyncHandle): void {
    if (slot.released.signal.aborted) return this.#closeHandle(handle);
    slot.handle = handle;
    for (const job of slot.jobs.splice(0)) job.run(handle);
  }

  /** A read of a missing extent fails; a write that came while the read was looking makes the extent. */
  #refuse(slot: Slot, error: unknown, mayCreate: boolean): void {
    const isMissing = errorName(error) === 'NotFoundError' && !mayCreate;
    const refused = slot.jobs.filter((job) => !isMissing || job.use === 'read');
    slot.jobs = slot.jobs.filter((job) => isMissing && job.use === 'write');
    if (slot.jobs.length > 0) this.#waiting.unshift(slot);
    else if (this.#slots.get(slot.key) === slot) this.#slots.delete(slot.key);
    for (const job of refused) job.fail(error);
  }

  /** Closes the least recently used open handle; returns false when all that there are is being opened. */
  #evictOne(): boolean {
    for (const { key, handle } of this.#slots.values()) {
      if (!handle) continue;
      this.#slots.delete(key);
      try {
        if (this.#dirty.has(key)) handle.flush();
        this.#dirty.delete(key);
      } catch {
        // Still dirty: the next `flush` opens the extent again and reports what the browser says then.
      }
      this.#closeHandle(handle);
      return true;
    }
    return false;
  }

  #closeHandle(handle: SyncHandle): void {
    this.#live--;
    handle.close();
  }
}

function keyOf(id: ExtentId): string {
  return `${id.infoHash}/${id.extent}`;
}
