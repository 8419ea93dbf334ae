/**
 * Peers whose connection ended because they broke a rule of the protocol. Whoever does it again at once would be served again
 * at once: it is refused for a while, and longer each time. Not a ban: nobody knows whether it is hostile or merely broken.
 *
 * Invariant: what is remembered is bounded; who offended longest ago is forgotten first.
 */
import type { Clock } from '../model/deps.ts';

const FIRST_REST_MS = 5 * 60_000;
const MAX_REST_MS = 60 * 60_000;
const MAX_REMEMBERED = 500;

interface Offence {
  readonly untilMs: number;
  readonly nextRestMs: number;
}

export class Violators {
  readonly #offences = new Map<string, Offence>();

  constructor(readonly clock: Pick<Clock, 'now'>) {}

  /** The peer broke a rule just now. */
  note(peerId: string): void {
    const restMs = this.#offences.get(peerId)?.nextRestMs ?? FIRST_REST_MS;
    // Named last, forgotten last.
    this.#offences.delete(peerId);
    this.#offences.set(peerId, {
      untilMs: this.clock.now() + restMs,
      nextRestMs: Math.min(MAX_REST_MS, 2 * restMs),
    });
    if (this.#offences.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#offences.keys();
    this.#offences.delete(oldest!);
  }

  /** Whether the peer is not to be connected with now. */
  isRefused(peerId: string): boolean {
    const offence = this.#offences.get(peerId);
    return offence !== undefined && this.clock.now() < offence.untilMs;
  }
}
