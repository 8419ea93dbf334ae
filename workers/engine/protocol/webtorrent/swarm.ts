/** The Swarm port over webtorrent: the only thing of this folder that the rest of the engine sees. */
import type {
  ConnectionsSnapshot,
  PeerSnapshot,
  TrackerSnapshot,
} from '../../../contract/snapshot.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../contract/settings.ts';
import { Bitfield } from '../../model/bitfield.ts';
import type { Deps } from '../../model/deps.ts';
import type { PieceRange } from '../../model/piece-map.ts';
import type {
  DownloadPlan,
  JoinSpec,
  Swarm,
  SwarmEvents,
  SwarmStats,
  SwarmTorrent,
} from '../../model/swarm.ts';
import type { TrackerTiers } from '../../model/tracker-tiers.ts';
import { InFlightLimits } from '../in-flight-limits.ts';
import { isCutOff, PeerSearch, Reachability } from '../partition.ts';
import { RestingPeers, type Resting } from '../resting-peers.ts';
import type { RtcPool } from '../rtc-peer/rtc-pool.ts';
import type { AnnouncerHost } from '../trackers/announcer.ts';
import { TrackerList } from '../trackers/tracker-list.ts';
import { TrackerSockets } from '../trackers/tracker-socket.ts';
import { RillClient } from './client.ts';
import { snapshotPeer } from './peer-snapshot.ts';
import { RillTorrent, type TorrentContext } from './torrent.ts';

/** One torrent asks for no more peers than this; the rest of the budget is for others. */
const MAX_PEERS_PER_TORRENT = 30;
/** What we tell trackers is left while the length is not known: anything but 0, which would make us a seed. */
const UNKNOWN_LEFT_BYTES = 16 * 1024;

export class WebtorrentSwarm implements Swarm {
  readonly #client = new RillClient();
  readonly #limits = new InFlightLimits(20);
  readonly #sockets: TrackerSockets;
  readonly #reach: Reachability;
  readonly #members = new Set<Member>();
  readonly #resting: RestingPeers;
  #announcesToAllTiers = true;
  #uploadSlots = DEFAULT_SETTINGS.uploadSlots;

  constructor(
    readonly pool: RtcPool,
    readonly deps: Deps,
  ) {
    this.#reach = new Reachability(deps.clock, () =>
      [...this.#members].some(({ hasPeers }) => hasPeers),
    );
    this.#sockets = new TrackerSockets(deps, this.#reach);
    this.#resting = new RestingPeers(deps.clock);
    pool.onCrowded = () => this.#resting.yieldOne();
  }

  join(spec: JoinSpec, events: SwarmEvents): SwarmTorrent {
    const trackersOf = (host: AnnouncerHost) =>
      new TrackerList(host, this.#sockets, this.pool, this.deps, () => this.#announcesToAllTiers);
    const shared = { limits: this.#limits, uploadSlots: () => this.#uploadSlots };
    const member = new Member(
      spec,
      events,
      this.#client,
      shared,
      trackersOf,
      this.deps,
      this.#reach,
      this.#resting,
      () => this.#members.delete(member),
    );
    this.#members.add(member);
    return member;
  }

  connections(): ConnectionsSnapshot {
    return { open: this.pool.open, pending: this.pool.pending, budget: this.pool.budget };
  }

  wake(): void {
    this.#sockets.wake();
    for (const member of this.#members) member.probe();
  }

  setOnline(isOnline: boolean): void {
    if (isOnline === this.#reach.isOnline) return;
    this.#reach.isOnline = isOnline;
    for (const member of this.#members) member.setOnline(isOnline);
    if (isOnline) this.wake();
  }

  configure(settings: Settings): void {
    this.pool.config = { stunServers: settings.stunServers };
    this.pool.budget = settings.maxConnections;
    this.#limits.maxInFlightPieces = settings.maxInFlightPieces;
    this.#announcesToAllTiers = settings.announceToAllTiers;
    for (const member of this.#members) member.trackerList.settle();
    this.#uploadSlots = settings.uploadSlots;
  }
}

class Member implements SwarmTorrent, AnnouncerHost, Resting {
  readonly #torrent: RillTorrent;
  readonly trackerList: TrackerList;
  #tiers: TrackerTiers;
  #wanted: Bitfield | null = null;
  #isPaused = false;
  #isComplete = false;
  #hadPeers = false;
  readonly #search: PeerSearch;

  constructor(
    readonly spec: JoinSpec,
    readonly events: SwarmEvents,
    readonly client: RillClient,
    shared: Pick<TorrentContext, 'limits' | 'uploadSlots'>,
    trackersOf: (host: AnnouncerHost) => TrackerList,
    deps: Deps,
    readonly reach: Reachability,
    readonly resting: RestingPeers,
    readonly onLeft: () => void,
  ) {
    this.#tiers = spec.trackers;
    this.trackerList = trackersOf(this);
    this.#torrent = new RillTorrent(spec.infoHash, client, {
      events: { ...events, piece: (index) => this.#onPiece(index) },
      ...shared,
      deps,
      onPeersChanged: () => this.#peersChanged(),
      onPeersDead: () => this.#search.replaceDead(),
    });
    this.#search = new PeerSearch(deps, () => this.trackerList.askAgain());
    this.trackerList.announceTo(this.#tiers);
  }

  get infoHash() {
    return this.spec.infoHash;
  }

  get peerId(): string {
    return this.client.peerId;
  }

  begin(plan: DownloadPlan): void {
    const wanted = this.#wanted ?? new Bitfield(plan.map.pieceCount);
    this.#torrent.begin(plan, wanted);
    this.#isComplete = plan.have.isFull;
    this.#addWebSeeds();
  }

  want(pieces: Bitfield): void {
    this.#wanted = pieces;
    this.#torrent.want(pieces);
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
    this.#addWebSeeds();
  }

  announceTo(trackers: TrackerTiers): void {
    this.#tiers = trackers;
    if (!this.#isPaused) this.trackerList.announceTo(trackers);
  }

  /** The trackers are left either way: they would go on giving us to others, who would connect in vain. */
  pause(peers: 'keep' | 'close'): void {
    const wasPaused = this.#isPaused;
    if (wasPaused && peers === 'keep') return;
    this.#isPaused = true;
    this.#search.stop();
    this.#torrent.pauseTransfers(peers);
    if (peers === 'keep') this.resting.rest(this);
    else this.resting.end(this);
    if (!wasPaused) this.trackerList.leave();
  }

  setOnline(isOnline: boolean): void {
    this.#torrent.setOnline(isOnline);
  }

  /** The network may have been away: dead connections are let go of, and web seeds that gave up are tried again. */
  probe(): void {
    this.#torrent.probePeers();
    this.#addWebSeeds();
    this.onTrackerBack();
  }

  onTrackerBack(): void {
    if (!this.#isPaused) this.#search.trackersBack();
  }

  get hasPeers(): boolean {
    return this.#torrent.peerCount > 0;
  }

  giveUpPeer(): boolean {
    const [id] = this.#torrent._peers.keys();
    if (id !== undefined) this.#torrent.removePeer(id);
    return id !== undefined;
  }

  giveUpPeers(): void {
    this.#torrent.pauseTransfers('close');
  }

  resume(): void {
    const wasPaused = this.#isPaused;
    this.#isPaused = false;
    this.resting.end(this);
    this.#torrent.resumeTransfers();
    if (!wasPaused) return;
    this.trackerList.announceTo(this.#tiers);
    this.#addWebSeeds();
  }

  stats(): SwarmStats {
    const torrent = this.#torrent;
    const sessions = [...torrent.sessions];
    return {
      downloadBps: torrent.down.bps,
      uploadBps: torrent.up.bps,
      downloadedBytes: torrent.down.totalBytes,
      uploadedBytes: torrent.up.totalBytes,
      wastedBytes: torrent.wastedBytes,
      inFlightPieces: torrent.scheduler?.inFlightPieces ?? 0,
      peers: torrent.wires.length,
      banned: torrent.bannedCount,
      seeds: sessions.filter(({ isSeed }) => isSeed).length,
      snubbed: sessions.filter(({ isSnubbed }) => isSnubbed).length,
      isCutOff: isCutOff({
        isOnline: this.reach.isOnline,
        isMoving: torrent.down.bps + torrent.up.bps > 0,
        peers: torrent.peerCount,
        hadPeers: this.#hadPeers,
        trackers: this.trackerList.snapshot(),
      }),
    };
  }

  peers(): readonly PeerSnapshot[] {
    return [...this.#torrent.sessions].map((session) =>
      snapshotPeer(session, this.#torrent.strikesOf(session.view.id)),
    );
  }

  trackers(): readonly TrackerSnapshot[] {
    return this.trackerList.snapshot();
  }

  leave(): Promise<void> {
    this.resting.end(this);
    this.#search.stop();
    this.trackerList.leave();
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
    // Those still connecting count: offers of strangers must not use up the budget.
    return !this.#isPaused && this.#torrent._peers.size < MAX_PEERS_PER_TORRENT;
  }

  isAlone(): boolean {
    return this.#torrent.wires.length === 0;
  }

  addPeer(connection: object): void {
    if (!this.#torrent.destroyed) this.#torrent.addPeer(connection, 'tracker');
  }

  #peersChanged(): void {
    const { peerCount } = this.#torrent;
    this.reach.contact();
    if (peerCount > 0) this.#hadPeers = true;
    if (!this.#isPaused) this.#search.count(peerCount);
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

  #addWebSeeds(): void {
    if (this.#isPaused || this.#torrent.plan?.have.isFull) return;
    for (const url of this.spec.webSeeds) this.#torrent.addWebSeedUrl(url);
  }
}
