/** What the engine may not reach for itself: time, chance and the log come in from the composition root (STYLE.md 3). */
export interface Deps {
  readonly clock: Clock;
  /** A number from 0 up to but not including 1. */
  random(): number;
  log(level: 'info' | 'warning' | 'error', message: string, detail?: unknown): void;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back every `periodMs`; the returned function cancels. */
  every(periodMs: number, callback: () => void): () => void;
}
