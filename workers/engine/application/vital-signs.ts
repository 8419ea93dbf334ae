/**
 * What of a torrent can only be told by watching: for how long nothing has come (stall.ts), nobody was there, storage has pressed.
 *
 * Invariant: each length grows by the time between two looks and by `MAX_STEP_MS` at most: nothing lasts while the machine sleeps.
 */
import type { SwarmStats } from '../model/swarm.ts';
import { StallWatch, type StallSample } from './stall.ts';

/** Looks are a second apart at most; on a busy machine some more. */
const MAX_STEP_MS = 5_000;
/** Storage that is pressed again this soon was not relieved. */
const PRESS_GAP_MS = 5_000;

export interface Observation extends StallSample {
  readonly nowMs: number;
  readonly isPressed: boolean;
  readonly stats: StallSample['stats'] & Pick<SwarmStats, 'peers' | 'aloneMs' | 'missingPieces'>;
}

export interface Signs extends Pick<StallWatch, 'silentMs' | 'stalledSinceMs'> {
  readonly aloneMs: number;
  readonly pressedMs: number;
  /** For how long there were pieces that nobody has. */
  readonly missingMs: number;
}

export const NO_SIGNS: Signs = {
  silentMs: 0,
  stalledSinceMs: null,
  aloneMs: 0,
  pressedMs: 0,
  missingMs: 0,
};

export class VitalSigns {
  readonly stall: StallWatch;
  #signs = NO_SIGNS;
  #lastMs: number;
  #relievedMs = 0;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
    this.stall = new StallWatch(nowMs);
  }

  /** `intervalMs`: silence this long is a stall. */
  observe(seen: Observation, intervalMs: number): Signs {
    const { nowMs, stats } = seen;
    const stepMs = Math.min(MAX_STEP_MS, Math.max(0, nowMs - this.#lastMs));
    this.#lastMs = nowMs;
    this.stall.look(seen, nowMs, intervalMs);
    const { silentMs, stalledSinceMs } = this.stall;
    const { aloneMs, missingMs } = this.#signs;
    this.#signs = {
      silentMs,
      stalledSinceMs,
      // The swarm's own count begins anew when the torrent does.
      aloneMs: stats.peers > 0 ? 0 : Math.max(stats.aloneMs, aloneMs + stepMs),
      pressedMs: this.#pressedMs(seen.isPressed, stepMs),
      missingMs: stats.missingPieces > 0 ? missingMs + stepMs : 0,
    };
    return this.#signs;
  }

  #pressedMs(isPressed: boolean, stepMs: number): number {
    this.#relievedMs = isPressed ? 0 : this.#relievedMs + stepMs;
    if (this.#relievedMs > PRESS_GAP_MS) return 0;
    const { pressedMs } = this.#signs;
    return isPressed || pressedMs > 0 ? pressedMs + stepMs : 0;
  }
}
