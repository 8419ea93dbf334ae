/**
 * A torrent's part in the swarm, from when it first may run until it leaves: whom it announces to, how it is limited, and which
 * pieces it asks for.
 *
 * Invariants: what was set before it joined holds once it has; what it moved to the very end is counted.
 */
import type { TorrentRecord } from '../model/catalogue.ts';
import type { SwarmEvents, SwarmStats, SwarmTorrent, TrackerReach } from '../model/swarm.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import type { TrackerTiers } from '../model/tracker-tiers.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { StoredTorrent } from './stored-torrent.ts';
import type { OwnSettings, TorrentContext } from './torrent-context.ts';
import type { TorrentPieces } from './torrent-pieces.ts';

/** The torrent, as its membership sees it. */
export interface MembershipOf {
  readonly context: Pick<TorrentContext, 'swarm' | 'trackersFor'>;
  readonly record: TorrentRecord;
  readonly meta: TorrentMeta | null;
  readonly stored: StoredTorrent | null;
  readonly isHeld: boolean;
  /** Those that rest are not asked for at present, though they are wanted. */
  readonly pieces: Pick<TorrentPieces, 'resting'>;
}

export class Membership {
  /** `null`: it has not joined yet, or has left. */
  member: SwarmTorrent | null = null;
  readonly #torrent: MembershipOf;
  readonly #keeper: Pick<RecordKeeper, 'endMembership'>;
  readonly #events: SwarmEvents;

  constructor(
    torrent: MembershipOf,
    keeper: Pick<RecordKeeper, 'endMembership'>,
    events: SwarmEvents,
  ) {
    this.#torrent = torrent;
    this.#keeper = keeper;
    this.#events = events;
  }

  get stats(): SwarmStats | null {
    return this.member?.stats() ?? null;
  }

  /** Joins, or goes on after a pause. */
  run(): void {
    if (this.member) this.member.resume();
    else this.#join();
  }

  /** The store is open: pieces are asked for and given from now on. */
  begin(): void {
    const { stored } = this.#torrent;
    if (!stored) return;
    this.member?.begin(stored.plan);
    this.want();
  }

  /** Which pieces are to be fetched, or how urgently, may be otherwise now. */
  want(): void {
    const { stored, isHeld, pieces } = this.#torrent;
    if (!stored || isHeld) return;
    const wanted = stored.wanted();
    for (const index of pieces.resting) wanted.clear(index);
    this.member?.want(wanted, stored.ledger.piecePriorities());
  }

  /** What was set for this torrent alone holds from now on; it is in the record already. */
  adjust({ trackers, webSeeds, limits, superSeeding, sequential }: Partial<OwnSettings>): void {
    const { member } = this;
    if (trackers) this.announce();
    if (webSeeds) member?.addWebSeeds(webSeeds);
    if (limits) member?.limit(limits);
    if (superSeeding !== undefined) member?.superSeed(superSeeding);
    if (sequential !== undefined) member?.fetchInOrder(sequential);
  }

  /** To the trackers that are its now, and to no others. */
  announce(reach?: TrackerReach): void {
    this.member?.announceTo(this.#trackers, reach);
  }

  async leave(): Promise<void> {
    await this.member?.leave();
    const { stats } = this;
    this.member = null;
    await this.#keeper.endMembership(stats).catch(() => undefined);
  }

  #join(): void {
    const { infoHash, webSeeds, limits, superSeeding, sequential } = this.#torrent.record;
    const spec = { infoHash, trackers: this.#trackers, webSeeds };
    this.member = this.#torrent.context.swarm.join(spec, this.#events);
    this.adjust({ limits, superSeeding, sequential });
    this.begin();
  }

  get #trackers(): TrackerTiers {
    const { context, record, meta } = this.#torrent;
    return context.trackersFor(record, meta?.isPrivate ?? false);
  }
}
