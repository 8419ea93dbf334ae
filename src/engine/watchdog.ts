/**
 * Whether an engine still lives, as far as this page can tell, and how often one may be started again. Pure: time is given.
 *
 * Invariants: silence is counted only while this page itself ran, by the ticks of its own timer, so a page that was frozen,
 * asleep or busy accuses nobody of what it could not hear; nobody is accused who was never heard; each restart that was not
 * long ago doubles the patience, so that an engine that is only slow (a disk that takes seconds to flush) gets its time.
 */

/** The timer of whoever asks {@link Watchdog.tick}. */
export const TICK_MS = 500;

/** Silence after which an engine in this page's own worker is taken for hung; it beats each second. */
const PATIENCE_MS = 3_000;
/** The same for an engine in another tab, whose own tab looks after it. */
export const OTHER_TAB_PATIENCE_MS = 15_000;

/** A tick counts for no more: timers of a hidden page come once a second, and a later one means that we did not run. */
const MAX_STEP_MS = 1_000;

export class Watchdog {
  readonly #patienceMs: number;
  #lastTickMs: number;
  /** `null` until something was heard. */
  #silentMs: number | null = null;

  /** `nowMs`: of a clock that only goes forward, as in {@link tick}. */
  constructor(patienceMs: number, nowMs: number) {
    this.#patienceMs = patienceMs;
    this.#lastTickMs = nowMs;
  }

  /** A sign of life. */
  beat(): void {
    this.#silentMs = 0;
  }

  /** Called every {@link TICK_MS} as far as the page runs; returns whether the silence has lasted too long. */
  tick(nowMs: number): boolean {
    const passedMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    if (this.#silentMs === null) return false;
    this.#silentMs += Math.min(passedMs, MAX_STEP_MS);
    return this.#silentMs >= this.#patienceMs;
  }
}

const MAX_RESTARTS = 3;
const WINDOW_MS = 5 * 60_000;

/** At most three restarts within five minutes: what goes wrong again and again is not mended by once more. */
export class RestartBudget {
  #atMs: number[] = [];

  /** Takes one restart; false when there is none left for now. */
  take(nowMs: number): boolean {
    this.#forget(nowMs);
    if (this.#atMs.length >= MAX_RESTARTS) return false;
    this.#atMs.push(nowMs);
    return true;
  }

  /** How much silence the engine that is started now is allowed, in milliseconds. */
  patienceMs(nowMs: number): number {
    this.#forget(nowMs);
    return PATIENCE_MS * 2 ** this.#atMs.length;
  }

  #forget(nowMs: number): void {
    this.#atMs = this.#atMs.filter((atMs) => nowMs - atMs < WINDOW_MS);
  }
}
