/**
 * What is counted of one torrent beside the bytes on its wires, since it was last taken into its record.
 *
 * Invariants: nothing here ever falls; a ban counts once, lifted or not; time counts while the torrent fetches or gives, and
 * what is left of a second counts with the next.
 */
import type { TorrentState } from '../../contract/snapshot.ts';
import type { SwarmStats } from '../model/swarm.ts';
import type { Figures } from './figures.ts';

export type Tally = Pick<
  Figures,
  'verifiedBytes' | 'hashFailures' | 'bans' | 'activeS' | 'seedingS'
>;

export type Activity = 'none' | 'fetching' | 'seeding';

/** What a torrent does in this state; `null`: it is in no swarm. */
export function activityOf(state: TorrentState, stats: SwarmStats | null): Activity {
  if (!stats || stats.isCutOff) return 'none';
  if (state === 'seeding') return state;
  return state === 'metadata' || state === 'downloading' ? 'fetching' : 'none';
}

export class TorrentTally {
  #verifiedBytes = 0;
  #hashFailures = 0;
  #bans = 0;
  #bansSeen = 0;
  #activeMs = 0;
  #seedingMs = 0;

  /** A piece from a peer was right, and is stored. */
  verified(lengthBytes: number): void {
    this.#verifiedBytes += lengthBytes;
  }

  hashFailed(): void {
    this.#hashFailures++;
  }

  /** So many bans hold that the torrent brought about. */
  banned(count: number): void {
    this.#bans += Math.max(0, count - this.#bansSeen);
    this.#bansSeen = count;
  }

  /** So much time was spent so. */
  passed(elapsedMs: number, activity: Activity): void {
    if (activity === 'none') return;
    this.#activeMs += elapsedMs;
    if (activity === 'seeding') this.#seedingMs += elapsedMs;
  }

  /** Since the last `take`, whole seconds of it. */
  get counts(): Tally {
    return {
      verifiedBytes: this.#verifiedBytes,
      hashFailures: this.#hashFailures,
      bans: this.#bans,
      activeS: Math.floor(this.#activeMs / 1000),
      seedingS: Math.floor(this.#seedingMs / 1000),
    };
  }

  /** The counts, which are the caller's now. */
  take(): Tally {
    const { counts } = this;
    this.#verifiedBytes = this.#hashFailures = this.#bans = 0;
    this.#activeMs -= counts.activeS * 1000;
    this.#seedingMs -= counts.seedingS * 1000;
    return counts;
  }
}
