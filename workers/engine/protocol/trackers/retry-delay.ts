/**
 * When a tracker that failed is tried again: after 2 s, then twice as long each time up to 5 minutes, each with up to half
 * as much again by chance, so that all who lost it do not come back at once.
 */
export const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 5 * 60_000;

/** Milliseconds to wait. `failures`: how many came in a row before this one; `random` gives 0 to 1. */
export function retryDelayMs(failures: number, random: () => number): number {
  const baseMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
  return baseMs * (1 + random() / 2);
}
