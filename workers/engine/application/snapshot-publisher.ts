/**
 * Coalesces changes into at most four snapshots a second: the first change of a quiet time is told at once, the rest wait
 * for the next tick. Listeners that fail are dropped; they are other contexts and may be gone.
 */
import type { Clock } from '../model/deps.ts';

const PERIOD_MS = 250;

export class SnapshotPublisher<T> {
  readonly #listeners = new Set<(snapshot: T) => void>();
  #cancel: (() => void) | null = null;
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
    if (this.#cancel || !this.#listeners.size) return;
    const waitMs = Math.max(0, this.#lastMs + PERIOD_MS - this.clock.now());
    this.#cancel = this.clock.after(waitMs, () => {
      this.#cancel = null;
      this.#lastMs = this.clock.now();
      const snapshot = this.take();
      for (const listener of [...this.#listeners]) this.#tell(listener, snapshot);
    });
  }

  #tell(listener: (snapshot: T) => void, snapshot: T): void {
    try {
      listener(snapshot);
    } catch {
      this.#listeners.delete(listener);
    }
  }
}
