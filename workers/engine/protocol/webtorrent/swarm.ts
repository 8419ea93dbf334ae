/** The Swarm port over webtorrent: the only thing of this folder that the rest of the engine sees. */
import type {
  Ban,
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
import { BanList } from '../ban-list.ts';
import { InFlightLimits } from '../in-flight-limits.ts';
import type { RtcConnection } from '../rtc-peer/rtc-connection.ts';
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
  readonly #bans: BanList;
  readonly #sockets: TrackerSockets;
  readonly #members = new Set<Member>();
  #announcesToAllTiers = true;
  #uploadSlots = DEFAULT_SETTINGS.uploadSlots;

  constructor(
    readonly pool: RtcPool,
    readonly deps: Deps,
  ) {
    this.#sockets = new TrackerSockets(deps);
    this.#bans = new BanList(() => deps.clock.now());
  }

  join(spec: JoinSpec, events: SwarmEvents): SwarmTorrent {
    const trackersOf = (host: AnnouncerHost) =>
      new TrackerList(host, this.#sockets, this.pool, this.deps, () => this.#announcesToAllTiers);
    const shared = { limits: this.#limits, bans: this.#bans, uploadSlots: () => this.#uploadSlots };
    const member = new Member(spec, events, this.#client, shared, trackersOf, this.deps, () =>
      this.#members.delete(member),
    );
    this.#members.add(member);
    return member;
  }

  connections(): ConnectionsSnapshot {
    return { open: this.pool.open, pending: this.pool.pending, budget: this.pool.budget };
  }

  wake(): void {
    this.#sockets.wake();
  }

  bans(): readonly Ban[] {
    return this.#bans.list;
  }

  liftBan(id: string): boolean {
    if (!this.#bans.lift(id)) return false;
    for (const member of this.#members) member.banLifted();
    return true;
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

class Member implements SwarmTorrent, AnnouncerHost {
  readonly #torrent: RillTorrent;
  readonly trackerList: TrackerList;
  #tiers: TrackerTiers;
  #wanted: Bitfield | null = null;
  #isPaused = false;
  #isComplete = false;

  constructor(
    readonly spec: JoinSpec,
    readonly events: SwarmEvents,
    readonly client: RillClient,
    readonly shared: Pick<TorrentContext, 'limits' | 'bans' | 'uploadSlots'>,
    trackersOf: (host: AnnouncerHost) => TrackerList,
    deps: Deps,
    readonly onLeft: () => void,
  ) {
    this.#tiers = spec.trackers;
    this.trackerList = trackersOf(this);
    this.#torrent = new RillTorrent(spec.infoHash, client, {
      events: { ...events, piece: (index) => this.#onPiece(index) },
      ...shared,
      deps,
      onPeersChanged: () => undefined,
    });
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

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#torrent.pauseTransfers();
    this.trackerList.leave();
  }

  resume(): void {
    const wasPaused = this.#isPaused;
    this.#isPaused = false;
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
    };
  }

  peers(): readonly PeerSnapshot[] {
    return [...this.#torrent.sessions].map((session) =>
      snapshotPeer(session, this.shared.bans.strikesOf(session.view.id)),
    );
  }

  trackers(): readonly TrackerSnapshot[] {
    return this.trackerList.snapshot();
  }

  leave(): Promise<void> {
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

  isRefused(peerId: string): boolean {
    return this.shared.bans.isBanned(peerId);
  }

  addPeer(connection: RtcConnection): void {
    if (!this.#torrent.destroyed) this.#torrent.addPeer(connection, 'tracker');
  }

  /** Web seeds do not come back by themselves; peers do. */
  banLifted(): void {
    this.#addWebSeeds();
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
