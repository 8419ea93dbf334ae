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
import { InFlightLimits } from '../in-flight-limits.ts';
import type { RtcPool } from '../rtc-peer/rtc-pool.ts';
import { Announcer, type AnnouncerHost } from '../trackers/announcer.ts';
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
  #uploadSlots = DEFAULT_SETTINGS.uploadSlots;

  constructor(
    readonly pool: RtcPool,
    readonly deps: Deps,
  ) {
    this.#sockets = new TrackerSockets(deps);
  }

  join(spec: JoinSpec, events: SwarmEvents): SwarmTorrent {
    return new Member(
      spec,
      events,
      this.#client,
      { limits: this.#limits, uploadSlots: () => this.#uploadSlots },
      this.#sockets,
      this.pool,
      this.deps,
    );
  }

  connections(): ConnectionsSnapshot {
    return { open: this.pool.open, pending: this.pool.pending, budget: this.pool.budget };
  }

  wake(): void {
    this.#sockets.wake();
  }

  configure(settings: Settings): void {
    this.pool.config = { stunServers: settings.stunServers };
    this.pool.budget = settings.maxConnections;
    this.#limits.maxInFlightPieces = settings.maxInFlightPieces;
    this.#uploadSlots = settings.uploadSlots;
  }
}

class Member implements SwarmTorrent, AnnouncerHost {
  readonly #torrent: RillTorrent;
  #announcers: Announcer[] = [];
  #trackers: readonly string[];
  #wanted: Bitfield | null = null;
  #isPaused = false;
  #isComplete = false;

  constructor(
    readonly spec: JoinSpec,
    readonly events: SwarmEvents,
    readonly client: RillClient,
    shared: Pick<TorrentContext, 'limits' | 'uploadSlots'>,
    readonly sockets: TrackerSockets,
    readonly pool: RtcPool,
    readonly deps: Deps,
  ) {
    this.#trackers = spec.trackers;
    this.#torrent = new RillTorrent(spec.infoHash, client, {
      events: { ...events, piece: (index) => this.#onPiece(index) },
      ...shared,
      deps,
      onPeersChanged: () => undefined,
    });
    this.#announce();
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

  announceTo(trackers: readonly string[]): void {
    this.#trackers = trackers;
    if (!this.#isPaused) this.#announce();
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#torrent.pauseTransfers();
    this.#leaveTrackers();
  }

  resume(): void {
    const wasPaused = this.#isPaused;
    this.#isPaused = false;
    this.#torrent.resumeTransfers();
    if (!wasPaused) return;
    this.#announce();
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
      snapshotPeer(session, this.#torrent.strikesOf(session.view.id)),
    );
  }

  trackers(): readonly TrackerSnapshot[] {
    return this.#announcers.map((announcer) => announcer.snapshot());
  }

  leave(): Promise<void> {
    this.#leaveTrackers();
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

  #onPiece(index: number): void {
    this.#noteCompletion();
    this.events.piece(index);
  }

  #noteCompletion(): void {
    if (!this.#torrent.plan?.have.isFull || this.#isComplete) return;
    this.#isComplete = true;
    for (const announcer of this.#announcers) announcer.complete();
  }

  /** Is at each of its trackers, and at no other. */
  #announce(): void {
    const kept = this.#announcers.filter(({ url }) => this.#trackers.includes(url));
    for (const announcer of this.#announcers) if (!kept.includes(announcer)) announcer.leave();
    this.#announcers = this.#trackers.map(
      (url, tier) =>
        kept.find((announcer) => announcer.url === url) ??
        new Announcer(url, tier, this, this.sockets, this.pool, this.deps),
    );
  }

  #leaveTrackers(): void {
    for (const announcer of this.#announcers) announcer.leave();
    this.#announcers = [];
  }

  #addWebSeeds(): void {
    if (this.#isPaused || this.#torrent.plan?.have.isFull) return;
    for (const url of this.spec.webSeeds) this.#torrent.addWebSeedUrl(url);
  }
}
