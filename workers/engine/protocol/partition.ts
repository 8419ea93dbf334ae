/**
 * Cut off from everybody: what that is, and how the way back is sought. Pure, but for the clock.
 *
 *   reached ──(no peer left, no tracker answers; or the browser says there is no network)──► cut off
 *      ▲                                                                                        │
 *      └──────────────(a tracker answers, a peer connects, payload moves)──────────────────────┘
 *
 * Invariants:
 * - while payload moves nobody is cut off, whatever the browser says;
 * - without a network no tracker is tried but those on this machine, and with it again all are, at once;
 * - who lost everybody without a word of the browser tries again quickly, so that the network is not back for longer than a
 *   few seconds before it is noticed; but only for `QUICK_FOR_MS`, since a tracker that is gone for good must not be
 *   called every few seconds by all who used it.
 */
import type { TrackerSnapshot } from '../../contract/snapshot.ts';
import type { Deps } from '../model/deps.ts';
import { isLoopbackHost } from '../readers/host-policy.ts';

export const QUICK_FOR_MS = 10 * 60_000;
/** Up to twice this by chance, since others lost the same peer; a peer that was disconnected has noticed by then. */
const FIRST_ASK_MS = 500;
const NEXT_ASK_MS = 4_000;
const ASKS = 3;
/** A peer that comes and goes does not make us ask all the time. */
const SEARCH_PAUSE_MS = 20_000;

export interface Reach {
  /** What the browser says. */
  readonly isOnline: boolean;
  /** Payload came or went within the last seconds. */
  readonly isMoving: boolean;
  /** Web seeds not counted. */
  readonly peers: number;
  /** Somebody was reached before: else nothing is known of the way to them. */
  readonly hadPeers: boolean;
  /** Asked for only when it comes to them: this is worked out for every torrent, several times a second. */
  trackers(): readonly Pick<TrackerSnapshot, 'state' | 'failure'>[];
}

/** Whether a torrent reaches nobody, and not because nobody is there. */
export function isCutOff(reach: Reach): boolean {
  if (reach.isMoving) return false;
  if (!reach.isOnline) return true;
  if (reach.peers > 0 || !reach.hadPeers) return false;
  const usable = reach.trackers().filter(({ state }) => state !== 'unsupported');
  return (
    usable.length > 0 &&
    usable.every(({ state, failure }) => state === 'unreachable' && failure !== 'garbage')
  );
}

/** What the engine as a whole reaches. */
export class Reachability {
  isOnline = true;
  #lastContactMs = -Infinity;

  constructor(
    readonly clock: Pick<Deps['clock'], 'now'>,
    /** Whether any torrent has a peer. */
    readonly hasPeers: () => boolean,
  ) {}

  /** Somebody is there, or was until now. */
  contact(): void {
    this.#lastContactMs = this.clock.now();
  }

  /** Whether a tracker that failed is to be tried again within seconds. */
  get isSought(): boolean {
    return !this.hasPeers() && this.clock.now() - this.#lastContactMs < QUICK_FOR_MS;
  }

  /** Whether trying an address makes sense: the browser knows nothing of the way to this machine itself. */
  mayTry(url: string): boolean {
    return this.isOnline || isLoopbackHost(new URL(url).hostname);
  }
}

/**
 * Asks the trackers of a torrent for others when its peers were found dead or the last of them has gone, and some times more
 * while there is none: what is offered first may reach a peer that has not noticed yet that we were away.
 */
export class PeerSearch {
  #peers = 0;
  #lastBeganMs = -Infinity;
  /** Others are wanted beside those that are there. */
  #isWanted = false;
  #cancel: (() => void) | null = null;

  constructor(
    readonly deps: Pick<Deps, 'clock' | 'random'>,
    readonly ask: () => void,
  ) {}

  /** How many peers there are now. */
  count(peers: number): void {
    const areGone = peers === 0 && this.#peers > 0;
    this.#peers = peers;
    if (areGone) this.#begin(this.#lastBeganMs + SEARCH_PAUSE_MS - this.deps.clock.now());
  }

  /** Connections were found dead and closed, though not all of them. */
  replaceDead(): void {
    this.#isWanted = true;
    this.#begin(0);
  }

  /**
   * The trackers were asked anew just now. A search that is under way begins anew, too: its next turn would take back offers that
   * are being answered, and who answered one takes no other of ours for half a minute.
   */
  trackersBack(): void {
    if (this.#peers > 0) return;
    this.stop();
    this.#begin(NEXT_ASK_MS);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #begin(pauseMs: number): void {
    if (this.#cancel) return;
    this.#after(Math.max(0, pauseMs) + FIRST_ASK_MS * (1 + this.deps.random()), 1);
  }

  #after(delayMs: number, turn: number): void {
    const { clock, random } = this.deps;
    this.#cancel = clock.after(delayMs, () => {
      this.#cancel = null;
      // Somebody came meanwhile, and whoever else there is hears of us as ever.
      if (this.#peers > 0 && !this.#isWanted) return;
      this.#isWanted = false;
      if (turn === 1) this.#lastBeganMs = clock.now();
      this.ask();
      if (turn < ASKS) this.#after(NEXT_ASK_MS * (1 + random() / 2), turn + 1);
    });
  }
}
