/**
 * How late the event loop is: one timer after the other, each set when the last one ran, and how much later than it was due it
 * came. The distance of two beats of a repeating timer does not say it: Chromium sets each by the time the last one was due, so
 * that a loop that is always half a second late beats once a second all the same.
 *
 * Invariants: `take` has the mean since it was called last, since one long task is no busy device; a sleep of the machine is
 * left out.
 */
import type { Clock } from '../model/deps.ts';

const PERIOD_MS = 250;
/** Later than this the machine slept, or the page was frozen (upkeep.ts). */
const SLEPT_MS = 15_000;

export class LagMeter {
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  #latenessMs: number[] = [];
  #dueMs = 0;

  constructor(clock: Pick<Clock, 'now' | 'after'>) {
    this.#clock = clock;
    this.#arm();
  }

  /** Milliseconds. While no timer has come it is how late the one under way is. */
  take(): number {
    if (this.#latenessMs.length === 0) this.#note();
    const all = this.#latenessMs;
    this.#latenessMs = [];
    return all.length === 0 ? 0 : all.reduce((sum, one) => sum + one, 0) / all.length;
  }

  #arm(): void {
    this.#dueMs = this.#clock.now() + PERIOD_MS;
    this.#clock.after(PERIOD_MS, () => {
      this.#note();
      this.#arm();
    });
  }

  #note(): void {
    const lateMs = Math.max(0, this.#clock.now() - this.#dueMs);
    if (lateMs <= SLEPT_MS) this.#latenessMs.push(lateMs);
  }
}
