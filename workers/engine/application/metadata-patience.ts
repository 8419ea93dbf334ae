/**
 * How long a torrent is looked for before what is in it is known. Time counts only while it is observed and asks: a machine that
 * slept was not looking, nor is a torrent that waits for its turn. Whoever gives a part of the metadata begins the time anew.
 *
 * Invariant: a torrent is given up once; it is looked for again from 0 when it is observed after that.
 */
import type { CooldownReason } from '../../contract/cooldown.ts';
import type { InfoHash } from '../../contract/ids.ts';

export interface Looking {
  readonly infoHash: InfoHash;
  readonly peers: number;
  /** Of the metadata, so far. */
  readonly receivedBytes: number;
  /** Nobody is asked, or can be: it is not its turn, or the network is away. */
  readonly isIdle: boolean;
}

export interface GivenUp {
  readonly infoHash: InfoHash;
  readonly reason: CooldownReason;
}

/** Longer between two looks the engine did not run. */
const MAX_STEP_MS = 5_000;

interface Search {
  readonly waitedMs: number;
  readonly receivedBytes: number;
}

export class MetadataPatience {
  #searches = new Map<InfoHash, Search>();
  #lookedMs: number | null = null;

  /**
   * A look at all that is being looked for now: who was looked for too long, `timeoutMs` in all. `isUnreachable`: peers are
   * known and no connection comes about (protocol/ice-diagnosis.ts).
   */
  look(
    nowMs: number,
    looking: readonly Looking[],
    timeoutMs: number,
    isUnreachable: boolean,
  ): readonly GivenUp[] {
    const stepMs = Math.min(Math.max(0, nowMs - (this.#lookedMs ?? nowMs)), MAX_STEP_MS);
    this.#lookedMs = nowMs;
    const searches = new Map<InfoHash, Search>();
    const givenUp: GivenUp[] = [];
    for (const { infoHash, peers, receivedBytes, isIdle } of looking) {
      const before = this.#searches.get(infoHash);
      const isFresh = !before || receivedBytes > before.receivedBytes;
      const waitedMs = isFresh ? 0 : before.waitedMs + (isIdle ? 0 : stepMs);
      if (waitedMs < timeoutMs) searches.set(infoHash, { waitedMs, receivedBytes });
      else givenUp.push({ infoHash, reason: reasonFor(peers, isUnreachable) });
    }
    this.#searches = searches;
    return givenUp;
  }
}

function reasonFor(peers: number, isUnreachable: boolean): CooldownReason {
  if (peers > 0) return 'timeout';
  return isUnreachable ? 'connection' : 'no-peers';
}
