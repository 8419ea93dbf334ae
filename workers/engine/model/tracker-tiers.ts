/** Trackers in tiers, the preferred tier first (BEP 12). Those of one tier know the same peers; those of two need not. */
export type TrackerTiers = readonly (readonly string[])[];

/** The tiers with each URL only where it stands first, and without those that are empty then. */
export function uniqueTiers(tiers: TrackerTiers): TrackerTiers {
  const seen = new Set<string>();
  return tiers
    .map((tier) => tier.filter((url) => !seen.has(url) && seen.add(url)))
    .filter((tier) => tier.length > 0);
}
