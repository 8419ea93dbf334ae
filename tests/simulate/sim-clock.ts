/**
 * The time of a simulated swarm: a queue of what is to happen, one thing after the other. Between any two of them all promises
 * that can go on have gone on, so the order of everything follows from the order of the queue, and that from the seed.
 */
import type { Clock } from '../../workers/engine/model/deps.ts';

interface Entry {
  readonly atMs: number;
  /** Breaks ties: what was set up first happens first. */
  readonly turn: number;
  callback: (() => void) | null;
}

export class SimClock implements Clock {
  readonly startMs = Date.UTC(2026, 10, 20);
  #nowMs = this.startMs;
  #turns = 0;
  #timers = 0;
  readonly #heap: Entry[] = [];

  /** Whole milliseconds, as every clock that the engine gets; the world itself goes by fractions. */
  now(): number {
    return Math.floor(this.#nowMs);
  }

  get exactMs(): number {
    return this.#nowMs;
  }

  get elapsedS(): number {
    return (this.#nowMs - this.startMs) / 1_000;
  }

  /** Timers of the engine that still run; what the world has planned (`plan`) does not count. */
  get pendingTimers(): number {
    return this.#timers;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.#timers++;
    const done = once(() => this.#timers--);
    const entry = this.#add(this.#nowMs + delayMs, () => {
      done();
      callback();
    });
    return () => {
      entry.callback = null;
      done();
    };
  }

  every(periodMs: number, callback: () => void): () => void {
    this.#timers++;
    let entry: Entry;
    const arm = () => {
      entry = this.#add(this.#nowMs + periodMs, () => {
        arm();
        callback();
      });
    };
    arm();
    const done = once(() => this.#timers--);
    return () => {
      entry.callback = null;
      done();
    };
  }

  /** Something of the world outside the engine: a message arrives, a member joins. The returned function calls it off. */
  plan(delayMs: number, callback: () => void): () => void {
    const entry = this.#add(this.#nowMs + delayMs, callback);
    return () => {
      entry.callback = null;
    };
  }

  /** Lets time pass until `isOver`, until nothing is left to happen, or for `mostS` seconds. */
  async run(mostS: number, isOver: () => boolean = () => false): Promise<void> {
    const untilMs = this.#nowMs + mostS * 1_000;
    await settled();
    while (!isOver()) {
      const next = this.#heap[0];
      if (!next || next.atMs > untilMs) return;
      this.#take();
      if (!next.callback) continue;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
      await settled();
    }
  }

  #add(atMs: number, callback: () => void): Entry {
    const entry: Entry = { atMs, turn: this.#turns++, callback };
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
    return entry;
  }

  #take(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.turn < b.turn);
}

function once(callback: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) callback();
    isDone = true;
  };
}

/** A turn of the event loop comes only when no promise and no `nextTick` can go on any more. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
