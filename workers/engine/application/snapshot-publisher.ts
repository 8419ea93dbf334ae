/**
 * Coalesces changes into at most four snapshots a second, and into one where all that changed is how far something has come: a
 * page draws for each. The first change of a quiet time is told at once, the rest wait for the next tick. Listeners that
 * fail are dropped; they are other contexts and may be gone.
 */
import type { Clock } from '../model/deps.ts';

const PERIOD_MS = 250;
const PROGRESS_PERIOD_MS = 1_000;

export class SnapshotPublisher<T> {
  readonly #listeners = new Set<(snapshot: T) => void>();
  #due: { readonly atMs: number; cancel(): void } | null = null;
  #lastMs = -Infinity;

  constructor(
    readonly clock: Clock,
    readonly take: () => T,
  ) {}

  /** Adds a listener and tells it the present state at once. Returns the way to stop. */
  add(listener: (snapshot: T) => void): () => void {
    this.#listeners.add(listener);
    this.#tell(listener, this.take());
    return () => this.#listeners.delete(listener);
  }

  /** Something changed; cheap to call as often as it does. */
  changed(): void {
    this.#publish(this.#lastMs + PERIOD_MS);
  }

  /** Something came further: a piece more, another rate. As cheap. */
  progressed(): void {
    this.#publish(this.#lastMs + PROGRESS_PERIOD_MS);
  }

  #publish(atMs: number): void {
    if (!this.#listeners.size || (this.#due && this.#due.atMs <= atMs)) return;
    this.#due?.cancel();
    const waitMs = Math.max(0, atMs - this.clock.now());
    const cancel = this.clock.after(waitMs, () => {
      this.#due = null;
      this.#lastMs = this.clock.now();
      const snapshot = this.take();
      for (const listener of [...this.#listeners]) this.#tell(listener, snapshot);
    });
    this.#due = { atMs, cancel };
  }

  #tell(listener: (snapshot: T) => void, snapshot: T): void {
    try {
      listener(snapshot);
    } catch {
      this.#listeners.delete(listener);
    }
  }
}
