/** What the engine may not reach for itself: time, chance and the log come in from the composition root (STYLE.md 3). */
export interface Deps {
  readonly clock: Clock;
  /** A number from 0 up to but not including 1. */
  random(): number;
  log(level: 'info' | 'warning' | 'error', message: string, detail?: unknown): void;
}

/** What the session as a whole has to know of where it runs. */
export interface SessionDeps extends Deps {
  /** What a clock on the wall shows where the person is, at a time in milliseconds since 1970. */
  localTime(atMs: number): LocalTime;
  /** Whether the connection is paid for by the byte, or the person saves data; `null`: nobody says. */
  isMetered(): boolean | null;
  /** Part of the JavaScript heap that is in use, 0 to 1; `null` where the browser does not say. */
  heapInUse(): number | null;
}

export interface LocalTime {
  /** 0 is Sunday, 6 Saturday. */
  readonly day: number;
  /** Since midnight: 0 to 1439. */
  readonly minute: number;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back every `periodMs`; the returned function cancels. */
  every(periodMs: number, callback: () => void): () => void;
}
