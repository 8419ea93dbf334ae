/** Counts bytes and says how many came in each second of late: the mean over the last five seconds, in steps of one. */
import type { Clock } from '../model/deps.ts';

const WINDOW_S = 5;

export class RateMeter {
  totalBytes = 0;
  /** Bytes of each of the last WINDOW_S seconds, by second modulo WINDOW_S. */
  readonly #buckets = new Float64Array(WINDOW_S);
  readonly #startS: number;
  #second: number;

  constructor(readonly clock: Pick<Clock, 'now'>) {
    this.#startS = this.#second = Math.floor(clock.now() / 1000);
  }

  add(bytes: number): void {
    this.#moveOn();
    this.totalBytes += bytes;
    this.#buckets[this.#second % WINDOW_S]! += bytes;
  }

  /** Bytes per second. A young meter divides by its own age, so that a rate is right from its first second. */
  get bps(): number {
    this.#moveOn();
    const seconds = Math.min(WINDOW_S, this.#second - this.#startS + 1);
    return Math.round(this.#buckets.reduce((sum, bytes) => sum + bytes, 0) / seconds);
  }

  #moveOn(): void {
    const nowS = Math.floor(this.clock.now() / 1000);
    const passedS = Math.min(WINDOW_S, nowS - this.#second);
    for (let i = 1; i <= passedS; i++) this.#buckets[(this.#second + i) % WINDOW_S] = 0;
    this.#second = Math.max(this.#second, nowS);
  }
}
