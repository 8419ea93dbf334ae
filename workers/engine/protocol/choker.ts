/**
 * Who is uploaded to (BEP 3): pure. Every ten seconds the regular slots go to the peers that give us most (when seeding: that
 * take most from us), and one optimistic slot goes around every thirty seconds, so that others can show what they give.
 *
 * Invariants, of both functions:
 * - at most `slots` interested peers are unchoked, and the optimistic one, which is always interested;
 * - an uninterested peer never holds a slot. One that is faster than the slowest slot holder is unchoked beside them
 *   (BEP 3): when it becomes interested it may ask at once, and `settle` takes the slot of the slowest. Without that a
 *   peer that has all we have would lose its turn between any two of our pieces;
 * - a peer that snubs us (snub.ts) gets no regular slot; it may be the optimistic one (anti-snubbing);
 * - the same input and the same random numbers give the same answer.
 */
export const RECHOKE_MS = 10_000;
/** Blocks come in bursts: what a peer gives and takes is its mean over two rounds. */
export const RATE_WINDOW_S = 20;
const OPTIMISTIC_MS = 30_000;
/** BEP 3: who connected since the last turn is three times as likely to get the next. */
const NEWCOMER_MS = OPTIMISTIC_MS;
const NEWCOMER_WEIGHT = 3;

export interface ChokerPeer<Id> {
  readonly id: Id;
  readonly isInterested: boolean;
  /** Whether we choke it now. */
  readonly isChoked: boolean;
  readonly isSnubbed: boolean;
  /** Bytes per second of payload that it gives us, and that it takes from us. */
  readonly giveBps: number;
  readonly takeBps: number;
  readonly connectedAtMs: number;
}

export interface OptimisticTurn<Id> {
  readonly id: Id;
  /** When another one's turn comes. */
  readonly turnsAtMs: number;
}

export interface ChokerInput<Id> {
  readonly peers: readonly ChokerPeer<Id>[];
  readonly isSeeding: boolean;
  /** Regular slots; with 0 the optimistic one alone goes around. */
  readonly slots: number;
  readonly nowMs: number;
  /** From 0 up to but not including 1. */
  random(): number;
  /** The turn the last call gave, or `null`. */
  readonly optimistic: OptimisticTurn<Id> | null;
}

export interface Choice<Id> {
  /** All others are choked. */
  readonly unchoked: ReadonlySet<Id>;
  readonly optimistic: OptimisticTurn<Id> | null;
}

/** The round: everybody is weighed anew. Call every RECHOKE_MS. */
export function rechoke<Id>(input: ChokerInput<Id>): Choice<Id> {
  // Rounds come a little early or late: a turn that ends nearer to this one than to the next ends now.
  const isDue = (turn: OptimisticTurn<Id>) => input.nowMs >= turn.turnsAtMs - RECHOKE_MS / 2;
  const turn = input.optimistic && !isDue(input.optimistic) ? stillHeld(input) : null;
  const unchoked = new Set<Id>();
  let taken = 0;
  for (const peer of ranked(input)) {
    if (taken === input.slots) break;
    if (peer.isSnubbed || peer.id === turn?.id) continue;
    if (peer.isInterested) taken++;
    else if (rateOf(peer, input) === 0) continue;
    unchoked.add(peer.id);
  }
  return withOptimistic(input, unchoked, turn);
}

/**
 * Between rounds, when somebody became interested or left: gives out slots that are free, takes those that are too many,
 * and changes nothing else.
 */
export function settle<Id>(input: ChokerInput<Id>): Choice<Id> {
  const turn = stillHeld(input);
  const ranking = ranked(input).filter(({ id }) => id !== turn?.id);
  const unchoked = new Set(ranking.filter(({ isChoked }) => !isChoked).map(({ id }) => id));
  const interested = ranking.filter(({ isInterested }) => isInterested);
  let taken = interested.filter(({ id }) => unchoked.has(id)).length;
  for (const { id } of interested.toReversed()) {
    if (taken > input.slots && unchoked.delete(id)) taken--;
  }
  for (const { id, isSnubbed } of interested) {
    if (taken >= input.slots || isSnubbed || unchoked.has(id)) continue;
    unchoked.add(id);
    taken++;
  }
  return withOptimistic(input, unchoked, turn);
}

/** The optimistic turn, if whose it is still makes use of it. */
function stillHeld<Id>({ peers, optimistic }: ChokerInput<Id>): OptimisticTurn<Id> | null {
  return peers.some(({ id, isInterested }) => isInterested && id === optimistic?.id)
    ? optimistic
    : null;
}

function rateOf<Id>(peer: ChokerPeer<Id>, { isSeeding }: ChokerInput<Id>): number {
  return isSeeding ? peer.takeBps : peer.giveBps;
}

/** The best first. Equals by what they take; then who is unchoked stays so, and the rest is chance. */
function ranked<Id>(input: ChokerInput<Id>): ChokerPeer<Id>[] {
  return input.peers
    .map((peer) => ({ peer, chance: input.random() }))
    .sort(
      (a, b) =>
        rateOf(b.peer, input) - rateOf(a.peer, input) ||
        b.peer.takeBps - a.peer.takeBps ||
        Number(a.peer.isChoked) - Number(b.peer.isChoked) ||
        a.chance - b.chance,
    )
    .map(({ peer }) => peer);
}

function withOptimistic<Id>(
  input: ChokerInput<Id>,
  regular: Set<Id>,
  held: OptimisticTurn<Id> | null,
): Choice<Id> {
  const optimistic = held ?? draw(input, regular);
  return { unchoked: optimistic ? regular.add(optimistic.id) : regular, optimistic };
}

/** Whose turn is next: anybody interested that has no slot, but not the same one twice while others wait. */
function draw<Id>(input: ChokerInput<Id>, regular: ReadonlySet<Id>): OptimisticTurn<Id> | null {
  const { nowMs, optimistic } = input;
  const waiting = input.peers.filter(({ id, isInterested }) => isInterested && !regular.has(id));
  const others = waiting.filter(({ id }) => id !== optimistic?.id);
  const tickets = (others.length ? others : waiting).flatMap(({ id, connectedAtMs }) =>
    new Array<Id>(nowMs - connectedAtMs < NEWCOMER_MS ? NEWCOMER_WEIGHT : 1).fill(id),
  );
  if (!tickets.length) return null;
  const id = tickets[Math.floor(input.random() * tickets.length)]!;
  return { id, turnsAtMs: nowMs + OPTIMISTIC_MS };
}
