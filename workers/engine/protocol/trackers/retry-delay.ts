/**
 * When a tracker that failed is tried again: after 2 s, then twice as long each time up to 5 minutes, each with up to half
 * as much again by chance, so that all who lost it do not come back at once.
 * Who reaches nobody at all (partition.ts) waits no longer than some seconds, to notice when the network is back.
 */
export const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 5 * 60_000;
const SEEKING_RETRY_MS = 4_000;

/** Milliseconds to wait. `failures`: how many came in a row before this one; `random` gives 0 to 1. */
export function retryDelayMs(failures: number, random: () => number, isSought = false): number {
  const mostMs = isSought ? SEEKING_RETRY_MS : LAST_RETRY_MS;
  const baseMs = Math.min(mostMs, FIRST_RETRY_MS * 2 ** failures);
  return baseMs * (1 + random() / 2);
}
