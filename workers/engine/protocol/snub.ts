/**
 * Watches one peer's silence: it has unchoked us, is asked for blocks and gives none. After one minute it is snubbed
 * (BEP 3's anti-snubbing), after three it is gone; any block ends both.
 *
 * Invariants:
 * - only time in which something was asked for counts, however often requests are taken back and made anew;
 * - one look never counts past the next of the two limits: a machine that slept through both, with the peer's blocks
 *   lying unread, has it snubbed at most;
 * - a block costs no timer: the one that runs looks when it fires what has come since.
 */
import type { Clock } from '../model/deps.ts';

export const SNUBBED_AFTER_MS = 60_000;
export const GONE_AFTER_MS = 180_000;

export interface SnubEvents {
  /** Silent for a minute. */
  snubbed(): void;
  /** Silent for three minutes. Called once for each such silence. */
  gone(): void;
}

export class SnubWatch {
  #isSnubbed = false;
  #isOver = false;
  /** Silence that is counted already. */
  #silentMs = 0;
  /** From when on it is still to be counted, or `null` while nothing is asked for. */
  #sinceMs: number | null = null;
  #disarm: (() => void) | null = null;

  constructor(
    readonly clock: Clock,
    readonly events: SnubEvents,
  ) {}

  /** Until a block comes. */
  get isSnubbed(): boolean {
    return this.#isSnubbed;
  }

  /** Whether the peer is asked for anything now. */
  asks(isAsked: boolean): void {
    if (this.#isOver || isAsked === (this.#sinceMs !== null)) return;
    if (!isAsked) this.#count();
    this.#sinceMs = isAsked ? this.clock.now() : null;
    this.#arm();
  }

  /** A block came, or the silence is not the peer's fault. */
  heard(): void {
    this.#silentMs = 0;
    if (this.#sinceMs !== null) this.#sinceMs = this.clock.now();
    if (!this.#isSnubbed) return;
    this.#isSnubbed = false;
    // The timer that runs is set for the later limit.
    this.#disarm?.();
    this.#disarm = null;
    this.#arm();
  }

  end(): void {
    this.#isOver = true;
    this.#disarm?.();
    this.#disarm = null;
  }

  get #limitMs(): number {
    return this.#isSnubbed ? GONE_AFTER_MS : SNUBBED_AFTER_MS;
  }

  #count(): void {
    const nowMs = this.clock.now();
    const newMs = Math.max(0, nowMs - (this.#sinceMs ?? nowMs));
    this.#silentMs = Math.min(this.#limitMs, this.#silentMs + newMs);
    this.#sinceMs = nowMs;
  }

  #arm(): void {
    if (this.#isOver || this.#disarm || this.#sinceMs === null) return;
    this.#disarm = this.clock.after(this.#limitMs - this.#silentMs, () => {
      this.#disarm = null;
      this.#look();
    });
  }

  #look(): void {
    if (this.#sinceMs === null) return;
    this.#count();
    if (this.#silentMs < this.#limitMs) return this.#arm();
    if (this.#isSnubbed) {
      this.#silentMs = SNUBBED_AFTER_MS;
      this.events.gone();
    } else {
      this.#isSnubbed = true;
      this.events.snubbed();
    }
    this.#arm();
  }
}
