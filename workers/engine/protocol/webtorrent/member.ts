/** One torrent in the swarm: its peers, its trackers and its web seeds, from when it joins until it leaves. */
import type {
  PeerSnapshot,
  Priority,
  TorrentLimits,
  TrackerSnapshot,
} from '../../../contract/snapshot.ts';
import type { Settings } from '../../../contract/settings.ts';
import { Bitfield } from '../../model/bitfield.ts';
import type { Deps } from '../../model/deps.ts';
import type { PieceRange } from '../../model/piece-map.ts';
import type {
  DownloadPlan,
  JoinSpec,
  SwarmEvents,
  SwarmStats,
  SwarmTorrent,
  TrackerReach,
} from '../../model/swarm.ts';
import type { TrackerTiers } from '../../model/tracker-tiers.ts';
import type { BanList } from '../ban-list.ts';
import type { InFlightLimits } from '../in-flight-limits.ts';
import { isCutOff, PeerSearch, type Reachability } from '../partition.ts';
import type { TorrentRates } from '../rate-limits.ts';
import type { ConnectionDesk } from '../rtc-peer/connection-desk.ts';
import type { RtcConnection } from '../rtc-peer/rtc-connection.ts';
import type { AnnouncerHost } from '../trackers/announcer.ts';
import { TrackerList } from '../trackers/tracker-list.ts';
import type { TrackerSockets } from '../trackers/tracker-socket.ts';
import type { RillClient } from './client.ts';
import { snapshotPeer } from './peer-snapshot.ts';
import { RillTorrent } from './torrent.ts';
import { TorrentPeers } from './torrent-peers.ts';

/** What we tell trackers is left while the length is not known: anything but 0, which would make us a seed. */
const UNKNOWN_LEFT_BYTES = 16 * 1024;

/** What all torrents share. */
export interface Common {
  readonly deps: Deps;
  readonly client: RillClient;
  readonly limits: InFlightLimits;
  readonly bans: BanList;
  readonly desk: ConnectionDesk;
  readonly sockets: TrackerSockets;
  readonly reach: Reachability;
  /** As they are now. */
  settings(): Settings;
}

export class Member implements SwarmTorrent, AnnouncerHost {
  readonly rtcPeers: TorrentPeers;
  readonly trackerList: TrackerList;
  readonly #torrent: RillTorrent;
  readonly #search: PeerSearch;
  #tiers: TrackerTiers;
  #reach: TrackerReach = 'tiers';
  #wanted: Bitfield | null = null;
  #isPaused = false;
  #isComplete = false;
  #hadPeers = false;
  /** Since when nobody is connected, or `null`. */
  #aloneSinceMs: number | null;

  constructor(
    readonly spec: JoinSpec,
    readonly events: SwarmEvents,
    readonly common: Common,
    readonly rates: TorrentRates,
    readonly onLeft: () => void,
  ) {
    const { deps, client, limits, bans, desk, sockets, settings } = common;
    this.#tiers = spec.trackers;
    this.#aloneSinceMs = deps.clock.now();
    this.#torrent = new RillTorrent(spec.infoHash, client, {
      events: { ...events, piece: (index) => this.#onPiece(index) },
      limits,
      rates,
      bans,
      deps,
      uploadSlots: () => settings().uploadSlots,
      onPeersChanged: () => this.#peersChanged(),
      onPeersDead: () => this.#search.replaceDead(),
    });
    this.#torrent.webSeeds.add(spec.webSeeds);
    const limitForAll = () => settings().maxConnectionsPerTorrent;
    this.rtcPeers = new TorrentPeers(this.#torrent, client.peerId, desk, limitForAll, deps);
    const { source } = this.rtcPeers;
    const allTiers = () => settings().announceToAllTiers;
    this.trackerList = new TrackerList(this, sockets, source, deps, allTiers);
    this.#search = new PeerSearch(deps, () => this.trackerList.askAgain());
    this.trackerList.announceTo(this.#tiers);
  }

  get infoHash() {
    return this.spec.infoHash;
  }

  get peerId(): string {
    return this.common.client.peerId;
  }

  get hasPeers(): boolean {
    return this.#torrent.peerCount > 0;
  }

  begin(plan: DownloadPlan): void {
    const wanted = this.#wanted ?? new Bitfield(plan.map.pieceCount);
    this.#torrent.begin(plan, wanted);
    this.#isComplete = plan.have.isFull;
    this.#openWebSeeds();
  }

  want(pieces: Bitfield, priorityOf?: (index: number) => Priority): void {
    this.#wanted = pieces;
    this.#torrent.want(pieces, priorityOf);
  }

  hurry(reader: number, pieces: PieceRange | null): void {
    this.#torrent.hurry(reader, pieces);
  }

  gained(index: number): void {
    this.#torrent.gained(index);
    this.#noteCompletion();
  }

  lost(index: number): void {
    this.#isComplete = false;
    this.#torrent.lost(index);
    this.#openWebSeeds();
  }

  limit(limits: TorrentLimits): void {
    this.rates.set(limits);
    this.rtcPeers.limit(limits.maxConnections);
  }

  superSeed(isOn: boolean): void {
    this.#torrent.role.superSeed(isOn);
  }

  fetchInOrder(isOn: boolean): void {
    this.#torrent.fetchInOrder(isOn);
  }

  announceTo(trackers: TrackerTiers, reach: TrackerReach = 'tiers'): void {
    this.#tiers = trackers;
    this.#reach = reach;
    if (!this.#isPaused) this.trackerList.announceTo(trackers, reach);
  }

  reannounce(): void {
    if (!this.#isPaused) this.trackerList.askNow();
  }

  /** The trackers are left either way: they would go on giving us to others, who would connect in vain. */
  pause(peers: 'keep' | 'close'): void {
    const wasPaused = this.#isPaused;
    if (wasPaused && peers === 'keep') return;
    this.#isPaused = true;
    this.#search.stop();
    this.rtcPeers.pause();
    this.#torrent.pauseTransfers(peers);
    if (!wasPaused) this.trackerList.leave();
    this.rtcPeers.placesChanged();
  }

  resume(): void {
    const wasPaused = this.#isPaused;
    this.#isPaused = false;
    this.#aloneSinceMs = this.common.deps.clock.now();
    this.#torrent.resumeTransfers();
    if (!wasPaused) return;
    this.rtcPeers.forgive();
    this.trackerList.announceTo(this.#tiers, this.#reach);
    this.#openWebSeeds();
  }

  dropSnubbed(): number {
    return this.#torrent.dropSnubbed();
  }

  addWebSeeds(urls: readonly string[]): void {
    this.#torrent.webSeeds.add(urls);
    this.#openWebSeeds();
  }

  setOnline(isOnline: boolean): void {
    this.#torrent.setOnline(isOnline);
  }

  /** The network may have been away: dead connections are let go of, and web seeds that gave up are tried again. */
  probe(): void {
    this.#torrent.probePeers();
    this.#torrent.webSeeds.wake();
    this.#openWebSeeds();
    this.onTrackerBack();
  }

  /** Connections are made in another way from now on: whoever could not be reached may be, and is asked for at once. */
  tryAnew(): void {
    this.rtcPeers.forgive();
    if (!this.hasPeers) this.reannounce();
  }

  /** Web seeds do not come back by themselves; peers do. */
  banLifted(): void {
    this.#openWebSeeds();
  }

  stats(): SwarmStats {
    const torrent = this.#torrent;
    const sessions = [...torrent.sessions];
    // A web seed that fails is in the list of peers, and nobody to get anything of.
    const failing = torrent.webSeeds.failingCount;
    const { length: seeds } = sessions.filter(
      ({ isSeed, view }) => isSeed && !torrent.webSeeds.isFailing(view.id),
    );
    this.#notePeers();
    return {
      downloadBps: torrent.down.bps,
      uploadBps: torrent.up.bps,
      downloadedBytes: torrent.down.totalBytes,
      uploadedBytes: torrent.up.totalBytes,
      wastedBytes: torrent.wastedBytes,
      inFlightPieces: torrent.scheduler?.inFlightPieces ?? 0,
      peers: Math.max(0, torrent.wires.length - failing),
      aloneMs: this.#aloneSinceMs === null ? 0 : this.common.deps.clock.now() - this.#aloneSinceMs,
      metadata: torrent.metadataExchange.progress,
      banned: torrent.bannedCount,
      seeds,
      isHeldBack: this.rates.download.isWaiting || (torrent.scheduler?.isHeldBack ?? false),
      missingPieces: seeds > 0 ? 0 : (torrent.scheduler?.unavailablePieces ?? 0),
      snubbed: sessions.filter(({ isSnubbed }) => isSnubbed).length,
      isCutOff: isCutOff({
        isOnline: this.common.reach.isOnline,
        isMoving: torrent.down.bps + torrent.up.bps > 0,
        peers: torrent.peerCount,
        hadPeers: this.#hadPeers,
        trackers: () => this.trackerList.snapshot(),
      }),
    };
  }

  peers(): readonly PeerSnapshot[] {
    return [...this.#torrent.sessions].map((session) =>
      snapshotPeer(
        session,
        this.common.bans.strikesOf(session.view.id),
        this.rtcPeers.addressOf(session.wire),
      ),
    );
  }

  trackers(): readonly TrackerSnapshot[] {
    return this.trackerList.snapshot();
  }

  leave(): Promise<void> {
    this.#search.stop();
    this.trackerList.leave();
    this.rtcPeers.leave();
    this.onLeft();
    this.#torrent.scheduler?.clear();
    return new Promise((resolve) => this.#torrent.destroy({}, resolve));
  }

  progress() {
    const { plan } = this.#torrent;
    const leftBytes = plan
      ? Math.max(0, (plan.map.pieceCount - plan.have.count) * plan.map.pieceLength)
      : UNKNOWN_LEFT_BYTES;
    return {
      uploadedBytes: this.#torrent.up.totalBytes,
      downloadedBytes: this.#torrent.down.totalBytes,
      leftBytes,
    };
  }

  wantsPeers(): boolean {
    return !this.#isPaused && this.rtcPeers.wantsMore;
  }

  isAlone(): boolean {
    return this.#torrent.wires.length <= this.#torrent.webSeeds.failingCount;
  }

  wouldTake(peerId: string): boolean {
    return !this.common.bans.isBanned(peerId) && this.rtcPeers.wouldTake(peerId);
  }

  addPeer(connection: RtcConnection): boolean {
    return this.rtcPeers.add(connection);
  }

  onTrackerBack(): void {
    if (!this.#isPaused) this.#search.trackersBack();
  }

  #notePeers(): void {
    if (this.#torrent.destroyed) return;
    if (!this.isAlone()) this.#aloneSinceMs = null;
    else this.#aloneSinceMs ??= this.common.deps.clock.now();
  }

  #peersChanged(): void {
    const { peerCount } = this.#torrent;
    this.#notePeers();
    this.common.reach.contact();
    if (peerCount > 0) this.#hadPeers = true;
    if (!this.#isPaused) this.#search.count(peerCount);
    this.rtcPeers.placesChanged();
  }

  #onPiece(index: number): void {
    this.#noteCompletion();
    this.events.piece(index);
  }

  #noteCompletion(): void {
    if (!this.#torrent.plan?.have.isFull || this.#isComplete) return;
    this.#isComplete = true;
    this.trackerList.complete();
  }

  #openWebSeeds(): void {
    const { plan } = this.#torrent;
    if (plan && !this.#isPaused && !plan.have.isFull) this.#torrent.webSeeds.open(plan.meta);
  }
}
