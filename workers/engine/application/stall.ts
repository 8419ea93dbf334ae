/**
 * When a torrent stalls: the one notion of it, read by its health and its recovery (vitals.ts) and by its turn (queue-keeper.ts).
 *
 * It is silent while it runs, only others keep it from faring better, and nothing of use comes, or, when it gives, is asked
 * for. A download that is silent for `Settings.healthCheckIntervalS` is stalled. Trackers are asked at that moment (recovery.ts);
 * when that has not helped within as long again, its turn was in vain, and it makes way for another that waits.
 *
 * Invariants:
 * - silence grows by the time between two looks, and by `MAX_STEP_MS` at most: nobody was silent while the machine slept;
 * - any byte that came and was not thrown away by the next look ends it, and any verified piece; so does doing something else;
 * - a download whose turn was in vain is stalled. Who gives is never stalled: it waits for somebody who wants something.
 */
import type { SwarmStats } from '../model/swarm.ts';
import type { QueueKind } from './queue.ts';

/** Looks are a second apart at most; on a busy machine some more. */
const MAX_STEP_MS = 5_000;
/** A turn in vain, in intervals: one until the stall, one more for the first help. */
const TURN_INTERVALS = 2;
/** Who gives may wait longer for somebody who wants it. */
export const SEED_TURN_MS = 10 * 60_000;

export interface StallSample {
  /** `null`: it is not to move. */
  readonly doing: QueueKind | null;
  /** It is nobody's fault that nothing comes: the network is away, a limit or storage holds it back. */
  readonly isExcused: boolean;
  readonly verifiedPieces: number;
  readonly stats: Pick<
    SwarmStats,
    'downloadedBytes' | 'wastedBytes' | 'uploadedBytes' | 'metadata'
  >;
}

/** Nothing has come for so long: whether it is stalled. */
export function isStall(doing: QueueKind | null, silentMs: number, intervalMs: number): boolean {
  return doing !== null && doing !== 'seed' && silentMs >= intervalMs;
}

/** Nothing has come for so long: whether its turn was in vain. */
export function isInVain(doing: QueueKind | null, silentMs: number, intervalMs: number): boolean {
  if (doing === null) return false;
  return silentMs >= (doing === 'seed' ? SEED_TURN_MS : TURN_INTERVALS * intervalMs);
}

export class StallWatch {
  silentMs = 0;
  /** Since when nothing has come, in milliseconds since 1970, once that is a stall. */
  stalledSinceMs: number | null = null;
  isInVain = false;
  /** When it was last seen that something of use had come, in milliseconds since 1970. */
  movedMs = -Infinity;
  #doing: QueueKind | null = null;
  #progress = 0;
  #lastMs: number;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  look(sample: StallSample, nowMs: number, intervalMs: number): void {
    const stepMs = Math.min(MAX_STEP_MS, Math.max(0, nowMs - this.#lastMs));
    this.#lastMs = nowMs;
    const { doing, isExcused } = sample;
    const progress = progressOf(sample);
    const hasMoved = doing === this.#doing && progress > this.#progress;
    const isAnother = this.#doing !== null && doing !== this.#doing;
    if (hasMoved) this.movedMs = nowMs;
    this.#doing = doing;
    this.#progress = progress;
    const isSilent = doing !== null && !isExcused && !hasMoved && !isAnother;
    this.silentMs = isSilent ? this.silentMs + stepMs : 0;
    this.isInVain = isInVain(doing, this.silentMs, intervalMs);
    this.stalledSinceMs = isStall(doing, this.silentMs, intervalMs)
      ? (this.stalledSinceMs ?? nowMs - this.silentMs)
      : null;
  }

  /** The silence so far is forgiven. */
  forgive(): void {
    this.silentMs = 0;
    this.stalledSinceMs = null;
    this.isInVain = false;
  }
}

/** Grows when something of use comes, or is given; falls when something is thrown away, or the swarm begins to count anew. */
function progressOf({ doing, stats, verifiedPieces }: StallSample): number {
  switch (doing) {
    case 'metadata':
      return stats.metadata?.receivedBytes ?? 0;
    case 'download':
      return stats.downloadedBytes - stats.wastedBytes + verifiedPieces;
    case 'seed':
      return stats.uploadedBytes;
    case null:
      return 0;
  }
}
