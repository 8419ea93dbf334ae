/**
 * Pieces that come out wrong again and again: after so many times in a row one rests, so that a torrent whose own hash is
 * wrong, or a swarm of liars, does not cost the line for ever. Who lied is another matter (protocol/suspicion.ts).
 *
 * Invariants: a piece rests after every `maxRetries` failures with no success between them, each time `backoffFactor` times
 * as long, an hour at most; one that came out right is forgotten, and so are all when somebody was banned for lying; a reader
 * that waits for a piece gets it all the same.
 */
import { waitMs, type RecoveryRules } from './recovery.ts';

interface Wrong {
  failures: number;
  rests: number;
  /** It rests until then; `null`: it may be fetched. */
  untilMs: number | null;
}

export class PieceRetries {
  readonly #wrong = new Map<number, Wrong>();

  /** It came out wrong. Returns for how long it rests, in milliseconds, or `null` when it may be fetched again at once. */
  failed(index: number, nowMs: number, rules: RecoveryRules): number | null {
    const piece = this.#wrong.get(index) ?? { failures: 0, rests: 0, untilMs: null };
    this.#wrong.set(index, piece);
    if (++piece.failures < rules.maxRetries) return null;
    piece.failures = 0;
    const restMs = waitMs(rules, piece.rests++);
    piece.untilMs = nowMs + restMs;
    return restMs;
  }

  succeeded(index: number): void {
    this.#wrong.delete(index);
  }

  /** Who lied is refused from now on: the others need not wait for it. Returns whether any rested. */
  forgive(): boolean {
    const isAny = this.resting.length > 0;
    this.#wrong.clear();
    return isAny;
  }

  /** Those that rest now. */
  get resting(): readonly number[] {
    return [...this.#wrong].flatMap(([index, { untilMs }]) => (untilMs === null ? [] : [index]));
  }

  /** Ends the rests that are over; returns whether any was. */
  wake(nowMs: number): boolean {
    let isAny = false;
    for (const piece of this.#wrong.values()) {
      if (piece.untilMs === null || piece.untilMs > nowMs) continue;
      piece.untilMs = null;
      isAny = true;
    }
    return isAny;
  }
}
