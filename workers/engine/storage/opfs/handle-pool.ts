/**
 * Sync access handles are few and exclusive, so all torrents share one pool.
 *
 * Invariants: at most `maxHandles` handles are open or being opened; an extent has at most one; whoever asks for an
 * extent while it is being opened waits for that same opening. An action is synchronous and runs in the very task in
 * which its handle is there, so no handle is ever closed under its user. What is dirty stays known until it is flushed,
 * also when the handle goes. A handle that is being closed still counts, and its extent is not opened before that is done.
 *
 *   waiting ──► opening ──► open ──► closing ──► (gone: evicted as least recently used, or released)
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

/** Does what must be done before a handle of the extent can be closed. */
type MakeClosable = (id: ExtentId) => Promise<unknown>;

/** Safari allows about 252 open handles per origin; 64 extents are 4 GiB at hand. */
export const MAX_HANDLES = 64;

export class HandlePool {
  readonly #open: OpenExtent;
  readonly #maxHandles: number;
  readonly #makeClosable: MakeClosable;
  /** Least recently used first. */
  readonly #slots = new Map<string, Slot>();
  readonly #dirty = new Map<string, ExtentId>();
  #waiting: Slot[] = [];
  /** By key: settles when the extent's last handle is closed. */
  readonly #closings = new Map<string, Promise<void>>();
  /** By key: openings whose handle nobody wants any more. */
  readonly #abandoned = new Map<string, Promise<void>>();
  /** Handles that are open, being opened or being closed. */
  #live = 0;

  constructor(
    open: OpenExtent,
    maxHandles = MAX_HANDLES,
    makeClosable: MakeClosable = () => Promise.resolve(),
  ) {
    this.#open = open;
    this.#maxHandles = maxHandles;
    this.#makeClosable = makeClosable;
  }

  /** Handles that are open, being opened or being closed. */
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
   * Closes every handle of the torrent without flushing; actions that still wait are refused. Resolves when none is left.
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
      if (slot.handle) this.#close(slot.key, slot.id, slot.handle);
      else this.#abandon(slot);
    }
    this.#openWaiting();
    await Promise.all(slots.map((slot) => slot.opening));
    const ours = [...this.#closings].filter(([key]) => key.startsWith(`${infoHash}/`));
    await Promise.all(ours.map(([, closing]) => closing));
  }

  /** What is being opened cannot be called back: it is closed when it is there. */
  #abandon({ key, opening }: Slot): void {
    this.#abandoned.set(key, opening);
    void opening.then(() => {
      if (this.#abandoned.get(key) === opening) this.#abandoned.delete(key);
    });
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
    while (this.#waiting.length > 0 && this.#live < this.#maxHandles) {
      const slot = this.#waiting.shift()!;
      this.#live++;
      slot.opening = this.#openSlot(slot);
    }
    // Each that waits needs one to go; those that are going already count.
    let needed = this.#waiting.length - this.#closings.size;
    while (needed-- > 0 && this.#evictOne());
  }

  async #openSlot(slot: Slot): Promise<void> {
    for (let before = this.#goneBy(slot); before; before = this.#goneBy(slot)) await before;
    const mayCreate = slot.jobs.some((job) => job.use === 'write');
    try {
      this.#opened(slot, await this.#open(slot.id, mayCreate, slot.released.signal));
    } catch (error) {
      this.#live--;
      this.#refuse(slot, error, mayCreate);
    }
    this.#openWaiting();
  }

  /** Settles when the extent's handle before this one is a step nearer to being gone; `undefined` when it is. */
  #goneBy({ key, opening }: Slot): Promise<void> | undefined {
    const abandoned = this.#abandoned.get(key);
    return this.#closings.get(key) ?? (abandoned === opening ? undefined : abandoned);
  }

  #opened(slot: Slot, handle: SyncHandle): void {
    if (slot.released.signal.aborted) return this.#close(slot.key, slot.id, handle);
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

  /** Begins to close the least recently used open handle; returns false when none is open. */
  #evictOne(): boolean {
    for (const { key, id, handle } of this.#slots.values()) {
      if (!handle) continue;
      this.#slots.delete(key);
      try {
        if (this.#dirty.has(key)) handle.flush();
        this.#dirty.delete(key);
      } catch {
        // Still dirty: the next `flush` opens the extent again and reports what the browser says then.
      }
      this.#close(key, id, handle);
      return true;
    }
    return false;
  }

  #close(key: string, id: ExtentId, handle: SyncHandle): void {
    const closing = this.#makeClosable(id)
      // There is nothing better than to try.
      .catch(() => {})
      .then(() => {
        this.#closings.delete(key);
        this.#live--;
        handle.close();
        this.#openWaiting();
      });
    this.#closings.set(key, closing);
  }
}

function keyOf(id: ExtentId): string {
  return `${id.infoHash}/${id.extent}`;
}
