/**
 * Rates over time at several resolutions, for graphs.
 *
 * Invariants:
 * - Memory is fixed when it is made, whatever happens.
 * - Slot n of a ring is the stretch [n × period, (n + 1) × period) of the clock. What a stretch of time moved is shared out
 *   among the slots it overlaps, so slots add up to what was moved, however late the timer was.
 * - A slot of which nothing is known is a gap, not 0. A slot known in part has the rate of that part.
 * - A clock that is set back takes away what would lie in the future.
 */
import type { RateSeries } from '../../contract/statistics.ts';
import type { SavedRates } from '../model/statistics-record.ts';

/** Of the slot under way, so much must be known before it is shown: the mean of a moment says nothing. */
const SHOWN_FROM_MS = 1_000;

export class RateRing {
  readonly #periodMs: number;
  readonly #slots: number;
  /** Slot n is at n modulo the number of slots. */
  readonly #down: Float64Array;
  readonly #up: Float64Array;
  readonly #coveredMs: Float64Array;
  #newest = -Infinity;

  constructor(periodS: number, slots: number) {
    this.#periodMs = periodS * 1000;
    this.#slots = slots;
    this.#down = new Float64Array(slots);
    this.#up = new Float64Array(slots);
    this.#coveredMs = new Float64Array(slots);
  }

  /** From `fromMs` until `toMs`, milliseconds since 1970, so many bytes were moved. */
  add(fromMs: number, toMs: number, downBytes: number, upBytes: number): void {
    if (toMs <= fromMs) return;
    const last = Math.ceil(toMs / this.#periodMs) - 1;
    if (last < this.#newest) this.#setBack(last);
    const first = Math.max(Math.floor(fromMs / this.#periodMs), last - this.#slots + 1);
    for (let slot = first; slot <= last; slot++) {
      const startMs = slot * this.#periodMs;
      const overlapMs = Math.min(toMs, startMs + this.#periodMs) - Math.max(fromMs, startMs);
      const part = overlapMs / (toMs - fromMs);
      this.#advance(slot);
      const at = slot % this.#slots;
      this.#down[at]! += downBytes * part;
      this.#up[at]! += upBytes * part;
      this.#coveredMs[at]! += overlapMs;
    }
  }

  series(nowMs: number): RateSeries {
    const current = Math.floor(nowMs / this.#periodMs);
    const last = this.#covered(current) >= SHOWN_FROM_MS ? current : current - 1;
    const first = last - this.#slots + 1;
    const downloadBps: (number | null)[] = [];
    const uploadBps: (number | null)[] = [];
    for (let slot = first; slot <= last; slot++) {
      const seconds = this.#covered(slot) / 1000;
      const at = slot % this.#slots;
      downloadBps.push(seconds ? Math.round(this.#down[at]! / seconds) : null);
      uploadBps.push(seconds ? Math.round(this.#up[at]! / seconds) : null);
    }
    return {
      periodS: this.#periodMs / 1000,
      startAt: new Date(first * this.#periodMs).toISOString(),
      downloadBps,
      uploadBps,
    };
  }

  /** `null` while there is nothing to be kept. */
  save(): SavedRates | null {
    const newestSlot = this.#newest;
    if (!Number.isFinite(newestSlot)) return null;
    const listed = (cells: Float64Array) =>
      Array.from({ length: this.#slots }, (_, i) => {
        const slot = newestSlot - this.#slots + 1 + i;
        return slot < 0 ? 0 : Math.round(cells[slot % this.#slots]!);
      });
    return {
      periodS: this.#periodMs / 1000,
      newestSlot,
      downloadedBytes: listed(this.#down),
      uploadedBytes: listed(this.#up),
      coveredMs: listed(this.#coveredMs),
    };
  }

  /** Takes over what was saved, into a ring that is still empty; what is of another ring, or lies in the future, is left out. */
  restore(saved: SavedRates, nowMs: number): void {
    const isOurs =
      saved.periodS * 1000 === this.#periodMs && saved.coveredMs.length === this.#slots;
    if (!isOurs || saved.newestSlot > Math.floor(nowMs / this.#periodMs)) return;
    this.#newest = saved.newestSlot;
    for (let i = 0; i < this.#slots; i++) {
      const slot = saved.newestSlot - this.#slots + 1 + i;
      if (slot < 0) continue;
      const at = slot % this.#slots;
      this.#down[at] = saved.downloadedBytes[i] ?? 0;
      this.#up[at] = saved.uploadedBytes[i] ?? 0;
      this.#coveredMs[at] = saved.coveredMs[i]!;
    }
  }

  #covered(slot: number): number {
    const isKept = slot <= this.#newest && slot > this.#newest - this.#slots && slot >= 0;
    return isKept ? this.#coveredMs[slot % this.#slots]! : 0;
  }

  /** Makes the slot one of those that are kept; what it pushes out is forgotten. */
  #advance(slot: number): void {
    for (let next = Math.max(this.#newest, slot - this.#slots) + 1; next <= slot; next++) {
      this.#clear(next);
    }
    this.#newest = Math.max(this.#newest, slot);
  }

  #setBack(slot: number): void {
    const first = Math.max(slot + 1, this.#newest - this.#slots + 1);
    for (let future = first; future <= this.#newest; future++) this.#clear(future);
    // What is older than the ring is long would be taken for older still.
    this.#newest = slot > this.#newest - this.#slots ? slot : -Infinity;
  }

  #clear(slot: number): void {
    const at = slot % this.#slots;
    this.#down[at] = this.#up[at] = this.#coveredMs[at] = 0;
  }
}

/** Five minutes by the second; 7 kB. */
export function emptyMinutes(): RateRing {
  return new RateRing(1, 300);
}

/** Five minutes by the second, an hour by ten seconds, a day by five minutes. */
export class RateHistory {
  readonly #longest = new RateRing(300, 288);
  readonly #rings = [emptyMinutes(), new RateRing(10, 360), this.#longest] as const;

  /** As RateRing's. */
  add(fromMs: number, toMs: number, downBytes: number, upBytes: number): void {
    for (const ring of this.#rings) ring.add(fromMs, toMs, downBytes, upBytes);
  }

  series(nowMs: number): readonly RateSeries[] {
    return this.#rings.map((ring) => ring.series(nowMs));
  }

  /** The day: the others would be over before they are of use. */
  save(): SavedRates | null {
    return this.#longest.save();
  }

  restore(saved: SavedRates, nowMs: number): void {
    this.#longest.restore(saved, nowMs);
  }
}
