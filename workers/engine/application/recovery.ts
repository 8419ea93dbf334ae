/**
 * What is done about a download that stalls, one rung after another. Pure: it says what to do, and when.
 *
 *   stalled ─► ask the trackers ─► ask all trackers ─► drop silent peers ─► begin anew ─► … ─► given up
 *      any progress, a pause, a lost network: back to the start
 *
 * Invariants:
 * - the first rung is tried when the stall is found, and after rung n nothing for `intervalMs × backoffFactor^(n-1)`, an hour
 *   at most: who has waited for long is asked less often;
 * - rungs that would change nothing are left out; after the last the first comes again, until `maxRetries` were tried;
 * - the waits are those of the rules as they are now, also one that began under others;
 * - it gives up once, when the wait after the last try is over, and then does nothing until it begins anew.
 */
import type { Settings } from '../../contract/settings.ts';

export const RUNGS = ['reannounce', 'all-trackers', 'drop-snubbed', 'restart'] as const;
export type Rung = (typeof RUNGS)[number];

/** Why it was given up: nobody is there; somebody is and gives nothing; somebody should be, and no connection comes about. */
export type GiveUpReason = 'no-peers' | 'timeout' | 'connection';

export interface RecoveryRules {
  /** Silence for so long is a stall; also the first wait between rungs. */
  readonly intervalMs: number;
  readonly maxRetries: number;
  /** From 1. */
  readonly backoffFactor: number;
}

export function recoveryRules(settings: Settings): RecoveryRules {
  const { healthCheckIntervalS, maxRetries, retryBackoffFactor: backoffFactor } = settings;
  return { intervalMs: healthCheckIntervalS * 1000, maxRetries, backoffFactor };
}

/** How long to wait after `tries` waits before this one, in milliseconds. */
export function waitMs({ intervalMs, backoffFactor }: RecoveryRules, tries: number): number {
  return Math.min(MAX_WAIT_MS, intervalMs * backoffFactor ** tries);
}

export type RecoveryStep = { readonly kind: Rung; readonly waitMs: number } | { kind: 'give-up' };

const MAX_WAIT_MS = 3_600_000;

export class Recovery {
  /** Rungs tried since the stall was found, oldest first. */
  tried: readonly Rung[] = [];
  hasGivenUp = false;
  #nextRung = 0;
  /** When the last rung was tried. */
  #triedMs = -Infinity;

  /** The torrent is stalled: what to do about it now, or `null` for nothing yet. `isUseful`: whether a rung would change anything. */
  step(
    nowMs: number,
    rules: RecoveryRules,
    isUseful: (rung: Rung) => boolean,
  ): RecoveryStep | null {
    if (this.hasGivenUp || nowMs < this.#dueMs(rules)) return null;
    if (this.tried.length >= rules.maxRetries) {
      this.hasGivenUp = true;
      return { kind: 'give-up' };
    }
    const order = RUNGS.map((_, n) => (this.#nextRung + n) % RUNGS.length);
    const next = order.find((n) => isUseful(RUNGS[n]!)) ?? 0;
    const rung = RUNGS[next]!;
    const restMs = waitMs(rules, this.tried.length);
    this.#nextRung = next + 1;
    this.#triedMs = nowMs;
    this.tried = [...this.tried, rung];
    return { kind: rung, waitMs: restMs };
  }

  /** It goes on, or is not to. */
  reset(): void {
    this.tried = [];
    this.hasGivenUp = false;
    this.#nextRung = 0;
    this.#triedMs = -Infinity;
  }

  #dueMs(rules: RecoveryRules): number {
    return this.#triedMs + waitMs(rules, this.tried.length - 1);
  }
}
