/**
 * Which connections are closed when there may be fewer than there are: pure.
 *
 * Invariants:
 * - no more than needed, first of each torrent that has more than its limit, then of all;
 * - those of least use go first: where no payload will ever move, offers that nobody has answered, who snubs us; then who
 *   moves least now, of those who has moved least so far, and of those who came last;
 * - the only one that gives a torrent anything stays, though more stay by it than may.
 */
import type { Place } from './connection-budget.ts';

/** What a connection is worth to its torrent: payload, both ways, and whether the peer holds back its own. */
export interface Worth {
  readonly isSnubbed: boolean;
  readonly downloadBps: number;
  readonly uploadBps: number;
  readonly movedBytes: number;
}

/** Of one that nothing has come over yet. */
export const NO_WORTH: Worth = { isSnubbed: false, downloadBps: 0, uploadBps: 0, movedBytes: 0 };

export interface WorthyPlace<Holder> extends Place<Holder> {
  readonly worth: Worth;
}

/** `total`: places over all torrents; `limitOf`: those that one may have. */
export function surplusOf<Holder, Taken extends WorthyPlace<Holder>>(
  total: number,
  places: readonly Taken[],
  limitOf: (holder: Holder) => number,
): readonly Taken[] {
  const held = new Map<Holder, number>();
  const givers = new Map<Holder, number>();
  for (const { holder, worth } of places) {
    add(held, holder, 1);
    if (worth.downloadBps > 0) add(givers, holder, 1);
  }
  const leastUsefulFirst = places
    .map((place) => ({ place, rank: rankOf(place), worth: place.worth }))
    .sort(byUse)
    .map(({ place }) => place);
  const closed = new Set<Taken>();
  const close = (place: Taken) => {
    const { holder, worth } = place;
    const gives = worth.downloadBps > 0;
    if (gives && givers.get(holder) === 1) return;
    if (gives) add(givers, holder, -1);
    add(held, holder, -1);
    closed.add(place);
  };
  for (const place of leastUsefulFirst) {
    if (held.get(place.holder)! > limitOf(place.holder)) close(place);
  }
  for (const place of leastUsefulFirst) {
    if (places.length - closed.size <= total) break;
    if (!closed.has(place)) close(place);
  }
  return [...closed];
}

function add<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

interface Ranked {
  readonly place: Place<unknown>;
  readonly rank: number;
  readonly worth: Worth;
}

function rankOf({ isRedundant, state, worth }: WorthyPlace<unknown>): number {
  if (isRedundant) return 0;
  if (state === 'offered') return 1;
  return worth.isSnubbed ? 2 : 3;
}

function byUse(a: Ranked, b: Ranked): number {
  return (
    a.rank - b.rank ||
    rateOf(a.worth) - rateOf(b.worth) ||
    a.worth.movedBytes - b.worth.movedBytes ||
    b.place.sinceMs - a.place.sinceMs
  );
}

function rateOf({ downloadBps, uploadBps }: Worth): number {
  return downloadBps + uploadBps;
}
