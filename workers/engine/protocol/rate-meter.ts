/** Counts bytes and says how many came in each second of late: the mean over the last seconds, in steps of one. */
import type { Clock } from '../model/deps.ts';

const DEFAULT_WINDOW_S = 5;

export class RateMeter {
  totalBytes = 0;
  /** Bytes of each of the last `windowS` seconds, by second modulo `windowS`. */
  readonly #buckets: Float64Array;
  readonly #startS: number;
  #second: number;

  /** `windowS`: whole seconds the mean is taken over. */
  constructor(
    readonly clock: Pick<Clock, 'now'>,
    readonly windowS = DEFAULT_WINDOW_S,
  ) {
    this.#buckets = new Float64Array(windowS);
    this.#startS = this.#second = Math.floor(clock.now() / 1000);
  }

  add(bytes: number): void {
    this.#moveOn();
    this.totalBytes += bytes;
    this.#buckets[this.#second % this.windowS]! += bytes;
  }

  /** Bytes per second. A young meter divides by its own age, so that a rate is right from its first second. */
  get bps(): number {
    this.#moveOn();
    const seconds = Math.min(this.windowS, this.#second - this.#startS + 1);
    return Math.round(this.#buckets.reduce((sum, bytes) => sum + bytes, 0) / seconds);
  }

  #moveOn(): void {
    const nowS = Math.floor(this.clock.now() / 1000);
    const passedS = Math.min(this.windowS, nowS - this.#second);
    for (let i = 1; i <= passedS; i++) this.#buckets[(this.#second + i) % this.windowS] = 0;
    this.#second = Math.max(this.#second, nowS);
  }
}
