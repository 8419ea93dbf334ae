/**
 * How many requests a script may make in a minute: a sliding window, so that there is no edge at which twice as many pass.
 *
 * Invariants: in any `windowS` seconds at most `limit` requests are taken, whatever the limit was set to meanwhile (the
 * newest value counts); one that is refused takes nothing; a clock that is set back refuses nobody for longer than a window.
 */
import type { RateLimitState } from '../../contract/cooldown.ts';
import type { Clock } from '../model/deps.ts';

const WINDOW_S = 60;
const WINDOW_MS = WINDOW_S * 1000;

export class RateLimit {
  /** When the requests of the window were taken, oldest first; as many as the limit at most. */
  #takenMs: number[] = [];

  constructor(
    readonly name: RateLimitState['name'],
    readonly clock: Pick<Clock, 'now'>,
    /** Requests in any minute, as it is set now: 1 or more. */
    readonly limit: () => number,
  ) {}

  /** Whole seconds until one more request is let in; 0: it would be now. */
  retryAfterS(): number {
    this.#forgetOld();
    const over = this.#takenMs.length - this.limit();
    // When the limit was lowered more than one of the old requests has to go first.
    return over < 0 ? 0 : this.#secondsUntilGone(over);
  }

  /** Counts a request. Only after `retryAfterS` said 0. */
  take(): void {
    this.#takenMs.push(this.clock.now());
  }

  state(): RateLimitState {
    this.#forgetOld();
    const limit = this.limit();
    const remaining = Math.max(0, limit - this.#takenMs.length);
    const resetS = this.retryAfterS() || (this.#takenMs.length && this.#secondsUntilGone(0));
    return { name: this.name, limit, windowS: WINDOW_S, remaining, resetS };
  }

  /** Until the request of that index has left the window, at least 1. */
  #secondsUntilGone(index: number): number {
    return Math.max(1, Math.ceil((this.#takenMs[index]! + WINDOW_MS - this.clock.now()) / 1000));
  }

  #forgetOld(): void {
    const now = this.clock.now();
    const inWindow = this.#takenMs.filter((takenMs) => takenMs > now - WINDOW_MS);
    this.#takenMs = inWindow.map((takenMs) => Math.min(takenMs, now));
  }
}
