/**
 * Who gets the next connection of the one budget over all torrents: pure.
 *
 * Invariants, for what is given out here:
 * - never more than `total` places are taken, nor more by one torrent than its own limit;
 * - offers that nobody has answered yet take at most half of all places: what is open needs the others;
 * - a torrent with fewer connections goes before one with more, and of those with as many the one that waits longer;
 * - the last places are kept for torrents that have no connection at all;
 * - a place that is taken goes to another only when it is worth little: both ends have everything (`isRedundant`), or it is an
 *   offer that had the time to be answered, of this torrent or of one with more connections.
 */

/** An offer is answered within seconds or, mostly, never. */
export const ANSWERABLE_MS = 10_000;

/** A connection that is open or being made, or will be made as soon as it is its turn. */
export interface Place<Holder> {
  readonly holder: Holder;
  /** `offered`: nobody has answered yet; `connecting`: two sides know of each other. */
  readonly state: 'offered' | 'connecting' | 'open';
  /** When it was taken. */
  readonly sinceMs: number;
  /** Both ends have everything: no payload will ever move. */
  readonly isRedundant: boolean;
}

/** A torrent that wants to offer. */
export interface Asker<Holder> {
  readonly holder: Holder;
  /** Places it may take, of whatever state. */
  readonly limit: number;
  /** Grows with each place given out: who has the smallest waits longest. */
  readonly lastServed: number;
}

export interface Grant<Holder, Taken> {
  readonly holder: Holder;
  /** The place that has to be given up for it, or `null`. */
  readonly displaced: Taken | null;
}

/** How many offers may wait for an answer at a time, of `total` places. */
export function maxOffered(total: number): number {
  return Math.max(1, Math.floor(total / 2));
}

/** How many of `total` places only torrents without a connection may take. */
export function reservedPlaces(total: number): number {
  return Math.floor(total / 12);
}

/** Which of the askers may offer now; `null` when none may. */
export function nextToOffer<Holder, Taken extends Place<Holder>>(
  total: number,
  places: readonly Taken[],
  askers: readonly Asker<Holder>[],
): Grant<Holder, Taken> | null {
  const counts = countPlaces(places);
  if (counts.offered >= maxOffered(total)) return null;
  let best: Asker<Holder> | null = null;
  let bestHeld = Infinity;
  for (const asker of askers) {
    const { held, peers } = counts.of(asker.holder);
    if (held >= asker.limit) continue;
    if (total - counts.useful <= (peers === 0 ? 0 : reservedPlaces(total))) continue;
    if (held > bestHeld || (held === bestHeld && asker.lastServed >= best!.lastServed)) continue;
    best = asker;
    bestHeld = held;
  }
  if (!best) return null;
  const { holder, limit } = best;
  const ownRedundant = places.find((place) => place.holder === holder && place.isRedundant);
  if (counts.of(holder).all >= limit) return { holder, displaced: ownRedundant ?? null };
  const isFree = places.length < total;
  return { holder, displaced: isFree ? null : (places.find((p) => p.isRedundant) ?? null) };
}

/** Whether a peer that has made an offer, or answered one, may have a place of `asker`; `null`: it may not. */
export function placeForPeer<Holder, Taken extends Place<Holder>>(
  total: number,
  places: readonly Taken[],
  { holder, limit }: Pick<Asker<Holder>, 'holder' | 'limit'>,
  nowMs: number,
): Grant<Holder, Taken> | null {
  const counts = countPlaces(places);
  const { all, peers } = counts.of(holder);
  const isAtLimit = all >= limit;
  const spare = peers === 0 ? 0 : reservedPlaces(total);
  if (!isAtLimit && total - places.length > spare) return { holder, displaced: null };
  const hasMore = (other: Holder) => counts.of(other).held > counts.of(holder).held;
  const mayGive = (place: Taken) =>
    place.holder === holder || (!isAtLimit && (place.isRedundant || hasMore(place.holder)));
  const redundant = places.find((place) => place.isRedundant && mayGive(place));
  const displaced = redundant ?? oldestOffer(places.filter(mayGive), nowMs);
  return displaced ? { holder, displaced } : null;
}

function oldestOffer<Taken extends Place<unknown>>(
  places: readonly Taken[],
  nowMs: number,
): Taken | null {
  let oldest: Taken | null = null;
  for (const place of places) {
    if (place.state !== 'offered' || nowMs - place.sinceMs < ANSWERABLE_MS) continue;
    if (!oldest || place.sinceMs < oldest.sinceMs) oldest = place;
  }
  return oldest;
}

interface Counts {
  /** Places of the torrent; `held` and `peers` without redundant ones, `peers` without mere offers. */
  all: number;
  held: number;
  peers: number;
}

const NONE: Readonly<Counts> = { all: 0, held: 0, peers: 0 };

function countPlaces<Holder>(places: readonly Place<Holder>[]) {
  const byHolder = new Map<Holder, Counts>();
  let offered = 0;
  let useful = 0;
  for (const { holder, state, isRedundant } of places) {
    let counts = byHolder.get(holder);
    if (!counts) byHolder.set(holder, (counts = { ...NONE }));
    counts.all++;
    if (isRedundant) continue;
    useful++;
    counts.held++;
    if (state === 'offered') offered++;
    else counts.peers++;
  }
  return { offered, useful, of: (holder: Holder) => byHolder.get(holder) ?? NONE };
}
