// A Swarm port without peers: a test plays them, and sees what the application asked for.
import type { InfoHash } from '../../workers/contract/ids.ts';
import type { Settings } from '../../workers/contract/settings.ts';
import type {
  Ban,
  MetadataSnapshot,
  Priority,
  TorrentLimits,
  TrackerSnapshot,
} from '../../workers/contract/snapshot.ts';
import { pieceIndex } from '../../workers/contract/ids.ts';
import type { Bitfield } from '../../workers/engine/model/bitfield.ts';
import type { PieceRange } from '../../workers/engine/model/piece-map.ts';
import type {
  BufferShares,
  DownloadPlan,
  JoinSpec,
  Swarm,
  SwarmEvents,
  SwarmStats,
  SwarmTorrent,
  TrackerReach,
} from '../../workers/engine/model/swarm.ts';
import type { TrackerTiers } from '../../workers/engine/model/tracker-tiers.ts';

export class FakeSwarm implements Swarm {
  readonly members: FakeMember[] = [];
  readonly configured: Settings[] = [];

  join(spec: JoinSpec, events: SwarmEvents): FakeMember {
    const member = new FakeMember(spec, events);
    this.members.push(member);
    return member;
  }

  /** The torrent's newest membership. */
  member(infoHash: string): FakeMember | undefined {
    return this.members.findLast(({ spec }) => spec.infoHash === infoHash);
  }

  wakes = 0;

  wake(): void {
    this.wakes++;
  }

  isOnline = true;

  setOnline(isOnline: boolean): void {
    this.isOnline = isOnline;
  }

  connections() {
    return { open: 1, pending: 2, budget: 60, problem: null };
  }

  bufferBytes(): number {
    return 0;
  }

  /** As they were said last. */
  shares: BufferShares | undefined;

  configure(settings: Settings, shares?: BufferShares): void {
    this.shares = shares;
    this.configured.push(settings);
  }

  /** How often it was to close what is over its limits. */
  closings = 0;

  closeSurplus(): void {
    this.closings++;
  }

  banned: readonly Ban[] = [];

  bans(): readonly Ban[] {
    return this.banned;
  }

  liftBan(id: string): boolean {
    const before = this.banned.length;
    this.banned = this.banned.filter((ban) => ban.id !== id);
    return this.banned.length < before;
  }
}

export class FakeMember implements SwarmTorrent {
  plan: DownloadPlan | null = null;
  begins = 0;
  /** Indexes of the wanted pieces, or `null` before anyone said. */
  wanted: number[] | null = null;
  /** Of those, in the same order. */
  priorities: Priority[] = [];
  reannounces = 0;
  readonly hurries = new Map<number, PieceRange | null>();
  isPaused = false;
  isSuperSeeding = false;
  isInOrder = false;
  /** What the last pause did with the peers. */
  pausedPeers: 'keep' | 'close' | null = null;
  hasLeft = false;
  /** Pieces that were found in storage, and that went from it. */
  readonly gainedPieces: number[] = [];
  readonly lostPieces: number[] = [];
  readonly addedWebSeeds: string[] = [];
  uploadedBytes = 0;
  downloadedBytes = 0;
  wastedBytes = 0;
  banned = 0;
  peerCount = 2;
  isCutOff = false;
  aloneMs = 0;
  metadata: MetadataSnapshot | null = null;
  trackerSnapshots: readonly TrackerSnapshot[] = [];
  readonly infoHash: InfoHash;
  announcedTo: TrackerTiers;
  reach: TrackerReach = 'tiers';
  downloadBps = 100;
  seeds = 1;
  snubbed = 1;
  missingPieces = 0;
  isHeldBack = false;
  /** How often peers that give nothing were dropped. */
  drops = 0;
  /** How often every connection was closed to begin anew. */
  restarts = 0;
  limits: TorrentLimits | null = null;

  constructor(
    readonly spec: JoinSpec,
    readonly events: SwarmEvents,
  ) {
    this.infoHash = spec.infoHash;
    this.announcedTo = spec.trackers;
  }

  begin(plan: DownloadPlan): void {
    this.plan = plan;
    this.begins++;
  }

  want(pieces: Bitfield, priorityOf?: (index: number) => Priority): void {
    this.wanted = Array.from({ length: pieces.length }, (_, i) => i).filter((i) => pieces.has(i));
    this.priorities = this.wanted.map((i) => priorityOf?.(i) ?? 'normal');
  }

  reannounce(): void {
    this.reannounces++;
  }

  hurry(reader: number, pieces: PieceRange | null): void {
    this.hurries.set(reader, pieces);
  }

  limit(limits: TorrentLimits): void {
    this.limits = limits;
  }

  superSeed(isOn: boolean): void {
    this.isSuperSeeding = isOn;
  }

  fetchInOrder(isOn: boolean): void {
    this.isInOrder = isOn;
  }

  announceTo(trackers: TrackerTiers, reach: TrackerReach = 'tiers'): void {
    this.announcedTo = trackers;
    this.reach = reach;
  }

  dropSnubbed(): number {
    this.drops++;
    const dropped = this.snubbed;
    this.snubbed = 0;
    return dropped;
  }

  addWebSeeds(urls: readonly string[]): void {
    this.addedWebSeeds.push(...urls);
  }

  gained(index: number): void {
    this.gainedPieces.push(index);
  }

  lost(index: number): void {
    this.lostPieces.push(index);
  }

  pause(peers: 'keep' | 'close'): void {
    if (this.isPaused && peers === 'keep') return;
    this.isPaused = true;
    this.pausedPeers = peers;
  }

  resume(): void {
    if (this.isPaused && this.pausedPeers === 'close') this.restarts++;
    this.isPaused = false;
  }

  /** Pieces come from a peer, are verified and stored, as the port says: store, `have`, then the event. */
  async deliver(content: Uint8Array, ...indexes: readonly number[]): Promise<void> {
    const { map, store, have } = this.plan!;
    for (const index of indexes) {
      const start = map.pieceOffset(index);
      const bytes = content.slice(start, start + map.pieceLengthOf(index));
      await store.write(pieceIndex(index), bytes);
      have.set(index);
      this.events.piece(index);
    }
  }

  stats(): SwarmStats {
    return {
      downloadBps: this.downloadBps,
      uploadBps: 10,
      downloadedBytes: this.downloadedBytes,
      uploadedBytes: this.uploadedBytes,
      wastedBytes: this.wastedBytes,
      inFlightPieces: 0,
      peers: this.peerCount,
      aloneMs: this.aloneMs,
      metadata: this.metadata,
      banned: this.banned,
      seeds: this.seeds,
      snubbed: this.snubbed,
      isCutOff: this.isCutOff,
      isHeldBack: this.isHeldBack,
      missingPieces: this.missingPieces,
    };
  }

  peers() {
    return [];
  }

  trackers() {
    return this.trackerSnapshots;
  }

  async leave(): Promise<void> {
    this.hasLeft = true;
  }
}
