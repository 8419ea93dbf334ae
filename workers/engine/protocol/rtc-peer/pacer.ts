/**
 * How fast connections are made: SDP and ICE cost the page's main thread some milliseconds each, and a hundred torrents
 * that start at once must not cost it seconds.
 *
 * Invariant: in any stretch of t ms at most BURST + t / INTERVAL_MS starts.
 */
import type { Clock } from '../../model/deps.ts';

export const BURST = 10;
export const INTERVAL_MS = 10;

export class Pacer {
  /** When the bucket is full again. */
  #fullAtMs = -Infinity;

  constructor(readonly clock: Pick<Clock, 'now'>) {}

  /** Milliseconds until the next one may start; 0: now. */
  get waitMs(): number {
    const aheadMs = Math.max(0, this.#fullAtMs - this.clock.now());
    return Math.max(0, aheadMs - (BURST - 1) * INTERVAL_MS);
  }

  started(): void {
    this.#fullAtMs = Math.max(this.#fullAtMs, this.clock.now()) + INTERVAL_MS;
  }
}
