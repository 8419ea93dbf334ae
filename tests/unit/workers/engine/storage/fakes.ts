/** Stand-ins for the clock, the browser's handles and a chunk store, all under the test's control. */
import type { PieceIndex } from '../../../../../workers/contract/ids.ts';
import type { ChunkStore } from '../../../../../workers/engine/model/chunk-store.ts';
import type { Clock } from '../../../../../workers/engine/model/deps.ts';
import type { SyncHandle } from '../../../../../workers/engine/storage/opfs/sync-handle.ts';

/** A clock that stands still until told; what is to happen after 0 ms happens at once. */
export class FakeClock implements Pick<Clock, 'now' | 'after'> {
  #nowMs = 1_000_000;
  #timers: { atMs: number; callback: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    if (delayMs === 0) queueMicrotask(callback);
    else this.#timers.push({ atMs: this.#nowMs + delayMs, callback });
    return () => {};
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs);
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.#nowMs);
    for (const timer of due) timer.callback();
  }
}

/** Lets everything that waits only for promises go on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** An error as browsers throw it. */
export function domError(name: string): Error {
  return new DOMException(`${name} of a test`, name);
}

/** A file that outlives its handles. */
export class FakeFile {
  bytes = new Uint8Array(0);
  openHandles = 0;
  flushes = 0;
  calls: string[] = [];
  failWith: { readonly call: keyof SyncHandle; readonly error: Error } | null = null;
  /** The most bytes a write or read handles, as on a disk that is cut short. */
  limitBytes = Infinity;

  open(): SyncHandle {
    this.openHandles++;
    let isOpen = true;
    const enter = (call: keyof SyncHandle) => {
      if (!isOpen) throw domError('InvalidStateError');
      this.calls.push(call);
      if (this.failWith?.call === call) throw this.failWith.error;
    };
    return {
      read: (buffer, { at }) => {
        enter('read');
        const found = this.bytes.subarray(at, at + Math.min(buffer.length, this.limitBytes));
        buffer.set(found);
        return found.length;
      },
      write: (buffer, { at }) => {
        enter('write');
        const taken = buffer.subarray(0, this.limitBytes);
        if (at + taken.length > this.bytes.length) this.#resize(at + taken.length);
        this.bytes.set(taken, at);
        return taken.length;
      },
      truncate: (size) => {
        enter('truncate');
        this.#resize(size);
      },
      getSize: () => {
        enter('getSize');
        return this.bytes.length;
      },
      flush: () => {
        enter('flush');
        this.flushes++;
      },
      close: () => {
        if (isOpen) this.openHandles--;
        isOpen = false;
      },
    };
  }

  #resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
  }
}

/** A chunk store that remembers its writes; the test decides when and how each of them ends. */
export class FakeStore implements ChunkStore {
  readonly writes: { readonly first: number; readonly pieces: readonly Uint8Array[] }[] = [];
  readonly pieces = new Map<number, Uint8Array>();
  readonly calls: string[] = [];
  #isOver = false;
  /** Awaited within each write; throwing refuses it. */
  duringWrite: (first: number, count: number) => void | Promise<void> = () => {};

  write(index: PieceIndex, bytes: Uint8Array): Promise<void> {
    return this.store(index, [bytes]);
  }

  async read(index: PieceIndex, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    this.calls.push(`read ${index}`);
    return new Uint8Array(this.pieces.get(index)!.subarray(offset, offset + length));
  }

  async flush(): Promise<void> {
    this.calls.push('flush');
  }

  async close(): Promise<void> {
    this.#end('close');
  }

  async destroy(): Promise<void> {
    this.#end('destroy');
  }

  #end(call: string): void {
    this.calls.push(call);
    this.#isOver = true;
  }

  protected async store(first: number, pieces: readonly Uint8Array[]): Promise<void> {
    this.writes.push({ first, pieces });
    await this.duringWrite(first, pieces.length);
    if (this.#isOver) throw new Error('the store was closed under a write');
    pieces.forEach((bytes, i) => this.pieces.set(first + i, bytes));
  }
}

/** The same, taking runs. */
export class FakeRunStore extends FakeStore {
  readonly prepared: number[] = [];

  prepare(index: PieceIndex): void {
    this.prepared.push(index);
  }

  writeRun(first: PieceIndex, pieces: readonly Uint8Array[]): Promise<void> {
    return this.store(first, pieces);
  }
}
