/**
 * Which trackers of which tiers a torrent is announced to (BEP 12). The URLs of a tier are shuffled once; one that works is
 * moved to the front of its tier. Pure: what follows from a change is the caller's to do (tracker-list.ts).
 *
 * Invariants:
 * - of each tier in use one tracker that does not fail is announced to, and those before it that do fail, so that they are
 *   noticed when they come back; with all of them failing, all;
 * - with tiers in turn, a tier is in use when every tracker of every tier before it fails;
 * - a tracker that works is not left for one of its own tier that is only tried.
 */
import type { TrackerTiers } from '../../model/tracker-tiers.ts';

/** `untried`: not announced to, or no answer yet. */
export type Standing = 'untried' | 'works' | 'fails';

/** `allTiers`: every tier at once; else in turn. */
export function trackersToAnnounceTo(
  tiers: TrackerTiers,
  standingOf: (url: string) => Standing,
  allTiers: boolean,
): string[] {
  const chosen: string[] = [];
  for (const tier of tiers) {
    const first = tier.findIndex((url) => standingOf(url) !== 'fails');
    chosen.push(...(first < 0 ? tier : tier.slice(0, first + 1)));
    if (first >= 0 && !allTiers) break;
  }
  return chosen;
}

/** Each tier in an order of its own by chance; `random` gives 0 to 1, without 1. */
export function shuffledTiers(tiers: TrackerTiers, random: () => number): TrackerTiers {
  return tiers.map((tier) => {
    const shuffled = [...tier];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
    }
    return shuffled;
  });
}

/** The tiers with the tracker first in its own. */
export function movedToFront(tiers: TrackerTiers, url: string): TrackerTiers {
  return tiers.map((tier) =>
    tier.includes(url) ? [url, ...tier.filter((other) => other !== url)] : tier,
  );
}
