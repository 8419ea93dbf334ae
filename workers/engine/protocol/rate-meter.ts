/** Counts bytes and says how many came in each second of late: the mean over the last seconds, in steps. */
import type { Clock } from '../model/deps.ts';

const DEFAULT_WINDOW_S = 5;
const DEFAULT_STEP_MS = 1_000;

export class RateMeter {
  totalBytes = 0;
  /** `totalBytes` at the end of each of the last steps, by step modulo their number. */
  readonly #totals: Float64Array;
  readonly #startStep: number;
  #step: number;

  /**
   * @param windowS seconds the mean is taken over, and the most that `over` may look back
   * @param stepMs how fine it is, a part of a second
   */
  constructor(
    readonly clock: Pick<Clock, 'now'>,
    readonly windowS = DEFAULT_WINDOW_S,
    readonly stepMs = DEFAULT_STEP_MS,
  ) {
    this.#totals = new Float64Array((windowS * 1000) / stepMs + 1);
    this.#startStep = this.#step = Math.floor(clock.now() / stepMs);
  }

  add(bytes: number): void {
    this.#moveOn();
    this.totalBytes += bytes;
  }

  /** Bytes per second. */
  get bps(): number {
    return this.over(this.windowS);
  }

  /** Bytes per second over the last so many. A young meter divides by its own age, a second at least. */
  over(seconds: number): number {
    this.#moveOn();
    const aSecond = 1000 / this.stepMs;
    const age = Math.max(aSecond, this.#step - this.#startStep + 1);
    const steps = Math.min(seconds * aSecond, age);
    const before = Math.max(this.#startStep - 1, this.#step - steps);
    const bytes = this.totalBytes - this.#totals[this.#slot(before)]!;
    return Math.round((bytes * aSecond) / steps);
  }

  /** Bytes per second in the best step of the window: what came when it was not waited for. */
  get peakBps(): number {
    this.#moveOn();
    const aSecond = 1000 / this.stepMs;
    let most = 0;
    let after = this.totalBytes;
    const first = Math.max(this.#startStep, this.#step - this.windowS * aSecond + 1);
    for (let step = this.#step; step >= first; step--) {
      const before = this.#totals[this.#slot(step - 1)]!;
      most = Math.max(most, after - before);
      after = before;
    }
    return most * aSecond;
  }

  #moveOn(): void {
    const now = Math.floor(this.clock.now() / this.stepMs);
    if (now <= this.#step) return;
    for (let step = Math.max(this.#step, now - this.#totals.length); step < now; step++) {
      this.#totals[this.#slot(step)] = this.totalBytes;
    }
    this.#step = now;
  }

  #slot(step: number): number {
    const count = this.#totals.length;
    return ((step % count) + count) % count;
  }
}
