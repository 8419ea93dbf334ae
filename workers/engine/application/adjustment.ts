/**
 * Takes less of the machine than the settings allow while it cannot bear that much: pure, it reads and decides, and knows no
 * clock but the times it is given.
 *
 * Invariants:
 * - every value stays from its floor to its setting, and is the setting itself when there has been calm for long enough;
 * - it steps down only when a reading has been over its mark for OVER_MS without a break, up only when all of them were under
 *   their calm marks for CALM_MS without a break; in between nothing moves (hysteresis);
 * - two changes are at least HOLD_MS apart, and each is one step.
 */
import type { AdjustedSnapshot } from '../../contract/snapshot.ts';

/** What is adjusted. */
export interface Adjustable {
  readonly maxInFlightPieces: number;
  readonly maxConnections: number;
  readonly maxActiveDownloads: number;
}

export interface Readings {
  /** Mean time of a write, of the slowest store that has something to write; 0 when none has. */
  readonly writeMs: number;
  /** What the engine keeps of torrents' bytes, as a part of its budget. */
  readonly memoryPart: number;
  /** Part of the JavaScript heap in use; `null` where nobody says. */
  readonly heapPart: number | null;
  /** How late the engine's event loop is. */
  readonly lagMs: number;
}

export type Reason = AdjustedSnapshot['reason'];

export type Change = 'down' | 'up';

export interface Adjusted {
  readonly values: Adjustable;
  /** Of the newest step down. */
  readonly reason: Reason;
  readonly readings: Readings;
}

/**
 * A write is 1 MiB or a little more: at 250 ms storage takes less than 4 MiB/s. A worker that is 200 ms late answers a stream's
 * read and a peer's request so much later; 50 ms is a busy machine's noise. What is kept of torrents' bytes is bounded by its
 * shares (memory-budget.ts) and hardly ever comes to nine tenths of the budget; the heap does where a browser says it (none says
 * it to a worker yet).
 */
const MARKS = {
  disk: { over: 250, calm: 100 },
  memory: { over: 0.9, calm: 0.75 },
  busy: { over: 200, calm: 50 },
} as const;
const OVER_MS = 3_000;
export const HOLD_MS = 10_000;
export const CALM_MS = 30_000;
/** Each step leaves so much of each value. */
const STEP = 0.6;
/** Below these nothing would be gained: a download still goes on, and finds others. */
const FLOORS: Adjustable = { maxInFlightPieces: 4, maxConnections: 10, maxActiveDownloads: 1 };

export class Adjustment {
  #steps = 0;
  #cause: Pick<Adjusted, 'reason' | 'readings'> | null = null;
  #overSinceMs: number | null = null;
  #calmSinceMs: number | null = null;
  #changedMs = -Infinity;

  constructor(private settings: Adjustable) {}

  /** `null`: the settings hold. */
  get adjusted(): Adjusted | null {
    return this.#cause && { values: this.values, ...this.#cause };
  }

  get values(): Adjustable {
    return valuesAt(this.settings, this.#steps);
  }

  configure(settings: Adjustable): void {
    this.settings = settings;
  }

  /** Called every second or so. Returns which way the values have changed, or `null` when they have not. */
  read(readings: Readings, nowMs: number): Change | null {
    const reason = overMark(readings);
    this.#overSinceMs = reason ? (this.#overSinceMs ?? nowMs) : null;
    this.#calmSinceMs = isCalm(readings) ? (this.#calmSinceMs ?? nowMs) : null;
    if (nowMs - this.#changedMs < HOLD_MS) return null;
    if (reason && nowMs - this.#overSinceMs! >= OVER_MS) return this.#down(reason, readings, nowMs);
    const isCalmForLong = this.#calmSinceMs !== null && nowMs - this.#calmSinceMs >= CALM_MS;
    return this.#steps > 0 && isCalmForLong ? this.#up(nowMs) : null;
  }

  #down(reason: Reason, readings: Readings, nowMs: number): Change | null {
    const isAtFloors = isSame(valuesAt(this.settings, this.#steps + 1), this.values);
    if (isAtFloors) return null;
    this.#steps++;
    this.#cause = { reason, readings };
    this.#changedMs = nowMs;
    return 'down';
  }

  #up(nowMs: number): Change {
    this.#steps--;
    if (this.#steps === 0) this.#cause = null;
    this.#changedMs = nowMs;
    // The next step is earned by another time of calm.
    this.#calmSinceMs = nowMs;
    return 'up';
  }
}

function valuesAt(settings: Adjustable, steps: number): Adjustable {
  const at = (field: keyof Adjustable) =>
    Math.max(Math.min(FLOORS[field], settings[field]), Math.round(settings[field] * STEP ** steps));
  return {
    maxInFlightPieces: at('maxInFlightPieces'),
    maxConnections: at('maxConnections'),
    maxActiveDownloads: at('maxActiveDownloads'),
  };
}

function isSame(one: Adjustable, other: Adjustable): boolean {
  return (
    one.maxInFlightPieces === other.maxInFlightPieces &&
    one.maxConnections === other.maxConnections &&
    one.maxActiveDownloads === other.maxActiveDownloads
  );
}

function overMark({ writeMs, memoryPart, heapPart, lagMs }: Readings): Reason | null {
  if (writeMs > MARKS.disk.over) return 'disk';
  if (Math.max(memoryPart, heapPart ?? 0) > MARKS.memory.over) return 'memory';
  return lagMs > MARKS.busy.over ? 'busy' : null;
}

function isCalm({ writeMs, memoryPart, heapPart, lagMs }: Readings): boolean {
  return (
    writeMs < MARKS.disk.calm &&
    Math.max(memoryPart, heapPart ?? 0) < MARKS.memory.calm &&
    lagMs < MARKS.busy.calm
  );
}

/** For a person, of a step. `adjusted` is what holds after it. */
export function changeWords(change: Change, adjusted: Adjusted | null): string {
  if (!adjusted) return 'This device has kept up for a while: the settings hold again.';
  if (change === 'down') return `${adjustedWords(adjusted)}.`;
  return 'This device has kept up for a while: a step back towards the settings.';
}

/** For a person: what made it so. */
export function adjustedWords({ reason, readings }: Adjusted): string {
  const { writeMs, memoryPart, heapPart, lagMs } = readings;
  switch (reason) {
    case 'disk':
      return `Slowed down: the disk takes ${Math.round(writeMs)} ms a write`;
    case 'memory':
      return `Slowed down: ${Math.round(Math.max(memoryPart, heapPart ?? 0) * 100)} % of the memory is in use`;
    case 'busy':
      return `Slowed down: this device is busy, Rill waits ${Math.round(lagMs)} ms for its turn`;
  }
}
