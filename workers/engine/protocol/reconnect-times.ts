/**
 * When a peer of one torrent is taken again, by its peer id: after its connection ended at once-and-a-bit, then twice as
 * long each time it failed or did not stay, each with up to half as much again by chance, so that two who lost each other
 * do not collide again.
 *
 * Invariants: who stayed for STAYED_MS starts from the beginning: a cut of the network costs an honest peer FIRST_WAIT_MS ×
 * 1.5 at most; `reset` forgets everything; no more than MAX_KNOWN ids are kept.
 */
export const FIRST_WAIT_MS = 1_000;
export const LAST_WAIT_MS = 5 * 60_000;
export const STAYED_MS = 60_000;
/** Peers make up their ids, so their number is bounded. */
export const MAX_KNOWN = 1_000;

interface Known {
  readonly failures: number;
  readonly dueAtMs: number;
}

export class ReconnectTimes {
  readonly #known = new Map<string, Known>();

  constructor(
    readonly now: () => number,
    readonly random: () => number,
  ) {}

  isDue(peerId: string): boolean {
    return (this.#known.get(peerId)?.dueAtMs ?? -Infinity) <= this.now();
  }

  /** Its connection ended after that long; 0 when none came about. */
  ended(peerId: string, livedMs: number): void {
    const before = livedMs >= STAYED_MS ? 0 : (this.#known.get(peerId)?.failures ?? 0);
    const waitMs = Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** before) * (1 + this.random() / 2);
    // The one that failed last stands last.
    this.#known.delete(peerId);
    this.#known.set(peerId, { failures: before + 1, dueAtMs: this.now() + waitMs });
    if (this.#known.size > MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
  }

  /** The network is back, or a person wants it now: nobody waits. */
  reset(): void {
    this.#known.clear();
  }
}
