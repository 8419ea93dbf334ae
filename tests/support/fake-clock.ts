// Time that stands still until a test moves it.
import type { Clock, SessionDeps } from '../../workers/engine/model/deps.ts';

interface Timer {
  atMs: number;
  readonly periodMs: number | null;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #nowMs = Date.UTC(2026, 10, 20);
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#add({ atMs: this.#nowMs + delayMs, periodMs: null, callback });
  }

  every(periodMs: number, callback: () => void): () => void {
    return this.#add({ atMs: this.#nowMs + periodMs, periodMs, callback });
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Moves time on, calling back what falls due in its order, also what is set up on the way. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let due = this.#nextDue(untilMs); due; due = this.#nextDue(untilMs)) {
      this.#nowMs = due.atMs;
      if (due.periodMs === null) this.#timers.delete(due);
      else due.atMs += due.periodMs;
      due.callback();
    }
    this.#nowMs = untilMs;
  }

  /** Time passes and nothing runs, as while the machine sleeps: what fell due runs once, late, at the next `advance`. */
  sleep(ms: number): void {
    this.#nowMs += ms;
    for (const timer of this.#timers) timer.atMs = Math.max(timer.atMs, this.#nowMs);
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #nextDue(untilMs: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.atMs <= untilMs && (!next || timer.atMs < next.atMs)) next = timer;
    }
    return next;
  }
}

export interface FakeDeps extends SessionDeps {
  readonly clock: FakeClock;
  /** What was logged, as `level: message`. */
  readonly logged: string[];
}

/** What a wall clock of an IANA time zone shows. */
export function localTimeIn(timeZone: string): SessionDeps['localTime'] {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (atMs) => {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(parts.get('weekday')!);
    return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
  };
}

/** `random` gives the numbers in turn, again from the first after the last. */
export function fakeDeps(...random: readonly number[]): FakeDeps {
  const logged: string[] = [];
  let drawn = 0;
  return {
    clock: new FakeClock(),
    logged,
    localTime: localTimeIn('UTC'),
    isMetered: () => null,
    heapInUse: () => null,
    random: () => (random.length ? random[drawn++ % random.length]! : 0),
    log: (level, message) => logged.push(`${level}: ${message}`),
  };
}

/** Lets everything that waits only for promises or messages go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

/** Waits for what takes as long as it takes (a hash, say); fails aloud when it never comes. */
export async function until(isSo: () => boolean, what = 'it'): Promise<void> {
  const deadline = performance.now() + 4_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`${what} never came`);
    await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
