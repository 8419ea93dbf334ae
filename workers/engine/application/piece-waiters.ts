/** Readers that wait for a piece: each is told once, of its arrival or of the reason why it will not come. */
import type { RillError } from '../../contract/errors.ts';

export class PieceWaiters {
  readonly #waiting = new Map<number, Set<(reason: RillError | null) => void>>();

  /** Resolves with `null` when the piece is here or the signal aborts, else with the reason. */
  wait(index: number, signal: AbortSignal): Promise<RillError | null> {
    if (signal.aborted) return Promise.resolve(null);
    return new Promise((resolve) => {
      const waiters = this.#waiting.get(index) ?? new Set();
      this.#waiting.set(index, waiters);
      const settle = (reason: RillError | null) => {
        waiters.delete(settle);
        if (!waiters.size) this.#waiting.delete(index);
        signal.removeEventListener('abort', onAbort);
        resolve(reason);
      };
      const onAbort = () => settle(null);
      signal.addEventListener('abort', onAbort, { once: true });
      waiters.add(settle);
    });
  }

  arrived(index: number): void {
    for (const settle of [...(this.#waiting.get(index) ?? [])]) settle(null);
  }

  failAll(reason: RillError): void {
    for (const waiters of [...this.#waiting.values()]) {
      for (const settle of [...waiters]) settle(reason);
    }
  }
}
