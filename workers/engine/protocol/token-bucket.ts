/**
 * A token bucket: a token is a byte of payload that may go. Pure but for the clock that is handed in; it has no timer and fills
 * by the time that has passed whenever it is looked at.
 *
 * Invariants, while the rate stays as it is:
 * - in any `t` seconds at most `rateBps × t + 2 × burstBytes` more tokens are taken than given back, and what one request is
 *   larger than a burst; after a time in which nobody waited, `burstBytes` instead of twice that. A quarter of a second
 *   is a burst, so ten seconds never bring more than 5 % too many, from 32 KiB/s on; below that it is one block;
 * - nothing is lost while somebody waits, as long as whoever waits looks no later than a burst's time after it may;
 * - a clock that is set back fills nothing, one that jumps forward (a machine that slept) fills no more than the above.
 */
import type { Clock } from '../model/deps.ts';
import { BLOCK_LENGTH } from './active-piece.ts';

const BURST_S = 0.25;
/** What came although it was taken back (`charge`) holds up what follows for no longer than this. */
const MAX_CHARGED_S = 2;

export class TokenBucket {
  /** Someone waits: up to another burst is kept beside the first, so that a late timer loses nothing. */
  #isWaitedFor = false;
  #rateBps = 0;
  #tokens = 0;
  #filledAtMs: number;

  constructor(readonly clock: Pick<Clock, 'now'>) {
    this.#filledAtMs = clock.now();
  }

  /** Bytes per second; 0: no limit. */
  get rateBps(): number {
    return this.#rateBps;
  }

  get isLimited(): boolean {
    return this.#rateBps > 0;
  }

  /** The most that may go at once after a time of rest; `Infinity` without a limit. */
  get burstBytes(): number {
    return this.isLimited ? Math.max(BLOCK_LENGTH, this.#rateBps * BURST_S) : Infinity;
  }

  /**
   * A new rate in bytes per second, 0 or more; 0: no limit. A first limit begins with nothing in the bucket, for what went
   * before it was more; a lowered one takes over no more than one of its own bursts, of tokens as of debt.
   */
  setRate(rateBps: number): void {
    if (!(rateBps >= 0 && rateBps < Infinity)) throw new RangeError(`no rate: ${rateBps}`);
    this.#fill();
    this.#rateBps = rateBps;
    const burst = this.burstBytes;
    this.#tokens = this.isLimited ? Math.min(burst, Math.max(-burst, this.#tokens)) : 0;
  }

  set isWaitedFor(isWaitedFor: boolean) {
    if (isWaitedFor === this.#isWaitedFor) return;
    this.#fill();
    this.#isWaitedFor = isWaitedFor;
  }

  /** Whether so many bytes may go now. More than a burst may go when the bucket holds a burst: it is in debt then. */
  has(bytes: number): boolean {
    this.#fill();
    return !this.isLimited || this.#tokens >= Math.min(bytes, this.burstBytes);
  }

  /** Whole bytes that may go now without a debt; `Infinity` without a limit. */
  get availableBytes(): number {
    this.#fill();
    return this.isLimited ? Math.max(0, Math.floor(this.#tokens)) : Infinity;
  }

  /** Milliseconds until `has(bytes)`, if nobody takes any until then. */
  waitMs(bytes: number): number {
    if (this.has(bytes)) return 0;
    const missing = Math.min(bytes, this.burstBytes) - this.#tokens;
    return (missing / this.#rateBps) * 1000;
  }

  /** So many bytes go: `has(bytes)` was asked before. */
  take(bytes: number): void {
    this.#fill();
    if (this.isLimited) this.#tokens -= bytes;
  }

  /** Of what was taken, so much does not go after all. */
  giveBack(bytes: number): void {
    this.#fill();
    if (this.isLimited) this.#tokens = Math.min(this.#mostTokens, this.#tokens + bytes);
  }

  /** So much of what was given back went all the same. */
  charge(bytes: number): void {
    this.#fill();
    if (!this.isLimited) return;
    const least = Math.min(this.#tokens, -MAX_CHARGED_S * this.#rateBps);
    this.#tokens = Math.max(least, this.#tokens - bytes);
  }

  get #mostTokens(): number {
    return this.burstBytes * (this.#isWaitedFor ? 2 : 1);
  }

  #fill(): void {
    const nowMs = this.clock.now();
    const passedS = Math.max(0, nowMs - this.#filledAtMs) / 1000;
    this.#filledAtMs = nowMs;
    if (!this.isLimited) return;
    this.#tokens = Math.min(this.#mostTokens, this.#tokens + passedS * this.#rateBps);
  }
}
