/** Torrents that failed and rest before they are tried again, and how many requests a script may make. Plain data. */
import type { InfoHash } from './ids.ts';

/**
 * What was tried in vain. `no-peers`: nobody was found who has it; `timeout`: peers were there and did not give what was asked for;
 * `connection`: peers are known and no connection to any of them came about.
 */
export type CooldownReason = 'no-peers' | 'timeout' | 'connection';

/** A torrent, in the library or not, that is not tried again before its time unless a person says so. */
export interface CoolingTorrent {
  readonly infoHash: InfoHash;
  /** As it was known when it failed; the info hash when it had no name. */
  readonly name: string;
  readonly reason: CooldownReason;
  /** Seconds until it is tried again, at least 1. */
  readonly retryAfterS: number;
  /** How often in a row it failed, 1 or more. */
  readonly attempts: number;
  /** When it failed, ISO 8601. */
  readonly since: string;
}

/**
 * Who asks. A page asks because a person clicked; what comes through the service worker (the local API) is a script's. It is the
 * port's, set where the port is made: nobody can claim it with an argument.
 */
export type Origin = 'person' | 'script';

/** How much of a rate limit is used, as of the answer it comes with. */
export interface RateLimitState {
  readonly name: 'adds' | 'metadata';
  /** Requests in any `windowS` seconds. */
  readonly limit: number;
  readonly windowS: number;
  readonly remaining: number;
  /** Seconds until there is one more than now; 0 when all are there. */
  readonly resetS: number;
}
