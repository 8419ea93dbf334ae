/**
 * The trackers of one torrent: an announcer at each that the tier policy names, anew whenever one comes to work or to fail.
 * Those of a kind that no page can use stand in their tiers and are shown, and are never contacted.
 */
import type { TrackerSnapshot } from '../../../contract/snapshot.ts';
import type { Deps } from '../../model/deps.ts';
import type { TrackerReach } from '../../model/swarm.ts';
import type { TrackerTiers } from '../../model/tracker-tiers.ts';
import { whyUnsupported } from '../../model/unsupported-tracker.ts';
import type { ConnectionSource } from '../rtc-peer/connection-seat.ts';
import { Announcer, type AnnouncerHost } from './announcer.ts';
import { movedToFront, shuffledTiers, trackersToAnnounceTo } from './tier-policy.ts';
import type { TrackerSockets } from './tracker-socket.ts';

export class TrackerList {
  #tiers: TrackerTiers = [];
  #reach: TrackerReach = 'tiers';
  readonly #announcers = new Map<string, Announcer>();
  /** A tracker came to work or to fail, and it is not settled yet what follows. */
  #isUnsettled = false;

  constructor(
    readonly host: AnnouncerHost,
    readonly sockets: TrackerSockets,
    readonly source: ConnectionSource,
    readonly deps: Deps,
    /** Whether every tier is announced to at once, now. */
    readonly allTiers: () => boolean,
  ) {}

  /** Announces to these from now on and to no others; where it announces already it goes on. Each URL is named once. */
  announceTo(tiers: TrackerTiers, reach: TrackerReach = 'tiers'): void {
    this.#reach = reach;
    this.#tiers = shuffledTiers(tiers, () => this.deps.random());
    this.settle();
  }

  /** Tells the trackers that the download is complete. */
  complete(): void {
    for (const announcer of this.#announcers.values()) announcer.complete();
  }

  /** Asks each tracker that it announces to for peers now. */
  askNow(): void {
    for (const announcer of this.#announcers.values()) announcer.askNow();
  }

  /** Asks again at once wherever it announces (Announcer.askAgain). */
  askAgain(): void {
    for (const announcer of this.#announcers.values()) announcer.askAgain();
  }

  /** Says goodbye everywhere. */
  leave(): void {
    this.announceTo([]);
  }

  /** In the order in which they are preferred now. */
  snapshot(): readonly TrackerSnapshot[] {
    return this.#tiers.flatMap((urls, tier) =>
      urls.map((url) => ({ ...(this.#announcers.get(url)?.snapshot() ?? notAsked(url)), tier })),
    );
  }

  /** Takes up and leaves trackers until it announces to those that the policy names. */
  settle(): void {
    for (const [url, { standing }] of this.#announcers) {
      if (standing === 'works') this.#tiers = movedToFront(this.#tiers, url);
    }
    const standingOf = (url: string) => this.#announcers.get(url)?.standing ?? 'untried';
    const usable = this.#tiers.map((urls) => urls.filter((url) => whyUnsupported(url) === null));
    const named = new Set(
      this.#reach === 'all'
        ? usable.flat()
        : trackersToAnnounceTo(usable, standingOf, this.allTiers()),
    );
    for (const [url, announcer] of this.#announcers) {
      if (named.has(url)) continue;
      this.#announcers.delete(url);
      announcer.leave();
    }
    for (const url of named) {
      if (!this.#announcers.has(url)) this.#announcers.set(url, this.#announcer(url));
    }
  }

  #announcer(url: string): Announcer {
    const { host, sockets, source, deps } = this;
    return new Announcer(url, () => this.#settleSoon(), host, sockets, source, deps);
  }

  /** Not within the call of a socket: what it tells several torrents is told to all of them first. */
  #settleSoon(): void {
    if (this.#isUnsettled) return;
    this.#isUnsettled = true;
    queueMicrotask(() => {
      this.#isUnsettled = false;
      this.settle();
    });
  }
}

/** A tracker of no use here, or one that is not asked while another of its tier, or one of a tier before it, works. */
function notAsked(url: string): Omit<TrackerSnapshot, 'tier'> {
  const why = whyUnsupported(url);
  return {
    url,
    state: why === null ? 'waiting' : 'unsupported',
    seeds: null,
    leechers: null,
    failure: null,
    lastError: why,
    nextAnnounceAt: null,
  };
}
