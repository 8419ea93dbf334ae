/**
 * What of a torrent can only be told by watching: for how long nothing has come, nobody was there, storage has pressed.
 *
 * Invariants:
 * - silence counts only while the torrent could download: it runs, has a network, and storage takes what comes. Any byte of
 *   payload, of the metadata, or any verified piece ends it;
 * - each length grows by the time between two looks and by `MAX_STEP_MS` at most: nobody was silent while the machine slept;
 * - a torrent is stalled from when it was silent for the interval until the silence ends.
 */
import type { SwarmStats } from '../model/swarm.ts';

/** Looks are a second apart at most; on a busy machine some more. */
const MAX_STEP_MS = 5_000;
/** Storage that is pressed again this soon was not relieved. */
const PRESS_GAP_MS = 5_000;

export interface Observation {
  readonly nowMs: number;
  /** It is to download, and nothing but peers keeps it from doing so. */
  readonly isOpenToPeers: boolean;
  readonly isPressed: boolean;
  readonly verifiedPieces: number;
  readonly stats: Pick<
    SwarmStats,
    'peers' | 'aloneMs' | 'downloadBps' | 'downloadedBytes' | 'missingPieces' | 'metadata'
  >;
}

export interface Signs {
  readonly silentMs: number;
  /** Since when nothing has come, once that is for too long. */
  readonly stalledSinceMs: number | null;
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
  signs = NO_SIGNS;
  #lastMs: number;
  #received = 0;
  #verified = 0;
  #relievedMs = 0;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  /** `intervalMs`: silence this long is a stall. */
  observe(seen: Observation, intervalMs: number): Signs {
    const { nowMs, stats } = seen;
    const stepMs = Math.min(MAX_STEP_MS, Math.max(0, nowMs - this.#lastMs));
    this.#lastMs = nowMs;
    const isAwaited = seen.isOpenToPeers && !seen.isPressed;
    const { signs } = this;
    const silentMs = this.#hasMoved(seen) || !isAwaited ? 0 : signs.silentMs + stepMs;
    this.signs = {
      silentMs,
      stalledSinceMs: silentMs >= intervalMs ? (signs.stalledSinceMs ?? nowMs - silentMs) : null,
      // The swarm's own count begins anew when the torrent does.
      aloneMs: stats.peers > 0 ? 0 : Math.max(stats.aloneMs, signs.aloneMs + stepMs),
      pressedMs: this.#pressedMs(seen.isPressed, stepMs),
      missingMs: stats.missingPieces > 0 ? signs.missingMs + stepMs : 0,
    };
    return this.signs;
  }

  /** The silence so far is forgiven. */
  forgive(): void {
    this.signs = { ...this.signs, silentMs: 0, stalledSinceMs: null };
  }

  #hasMoved({ stats, verifiedPieces }: Observation): boolean {
    const received = stats.downloadedBytes + (stats.metadata?.receivedBytes ?? 0);
    const hasMoved =
      stats.downloadBps > 0 || received > this.#received || verifiedPieces > this.#verified;
    this.#received = received;
    this.#verified = verifiedPieces;
    return hasMoved;
  }

  #pressedMs(isPressed: boolean, stepMs: number): number {
    this.#relievedMs = isPressed ? 0 : this.#relievedMs + stepMs;
    if (this.#relievedMs > PRESS_GAP_MS) return 0;
    const { pressedMs } = this.signs;
    return isPressed || pressedMs > 0 ? pressedMs + stepMs : 0;
  }
}
