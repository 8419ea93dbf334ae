/**
 * Whose turn it is: who has had least since it waits, in bytes (start-time fair queueing), and of equals who was served longest
 * ago. Pure.
 *
 * Invariants:
 * - two that wait all the time get the same number of bytes, but for one request of each, however large their requests are;
 * - who comes, or comes back, is neither behind nor ahead of those that wait: leaving and coming again gains nothing.
 */
export interface Waiting {
  /** A reader waits for what it would take: it goes before the others, where urgency counts. */
  readonly isUrgent: boolean;
}

export class FairQueue<Member extends Waiting> {
  /** In the order in which they were last served. */
  readonly #waiting = new Set<Member>();
  /** Where each one's next turn begins, on a line of bytes that all share. */
  readonly #starts = new WeakMap<Member, number>();
  /** Where the latest turn began: nobody's next one begins before it. */
  #now = 0;

  get size(): number {
    return this.#waiting.size;
  }

  [Symbol.iterator](): Iterator<Member> {
    return this.#waiting.values();
  }

  add(member: Member): void {
    this.#waiting.add(member);
  }

  delete(member: Member): void {
    this.#waiting.delete(member);
  }

  /** Whose turn it is of those that may go, or `null`. With `isUrgentFirst` those that are urgent go before all others. */
  next(mayGo: (member: Member) => boolean, isUrgentFirst: boolean): Member | null {
    let next: Member | null = null;
    let nextRank = 0;
    let nextStart = 0;
    for (const member of this.#waiting) {
      if (!mayGo(member)) continue;
      const rank = isUrgentFirst && member.isUrgent ? 1 : 0;
      const start = this.#startOf(member);
      if (next && (rank < nextRank || (rank === nextRank && start >= nextStart))) continue;
      next = member;
      nextRank = rank;
      nextStart = start;
    }
    return next;
  }

  served(member: Member, bytes: number): void {
    this.#now = this.#startOf(member);
    this.#starts.set(member, this.#now + bytes);
    if (this.#waiting.delete(member)) this.#waiting.add(member);
  }

  #startOf(member: Member): number {
    return Math.max(this.#now, this.#starts.get(member) ?? 0);
  }
}
