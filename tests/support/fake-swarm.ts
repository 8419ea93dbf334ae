// A Swarm port without peers: a test plays them, and sees what the application asked for.
import type { InfoHash } from '../../workers/contract/ids.ts';
import type { Settings } from '../../workers/contract/settings.ts';
import type { Ban, TrackerSnapshot } from '../../workers/contract/snapshot.ts';
import { pieceIndex } from '../../workers/contract/ids.ts';
import type { Bitfield } from '../../workers/engine/model/bitfield.ts';
import type { PieceRange } from '../../workers/engine/model/piece-map.ts';
import type {
  DownloadPlan,
  JoinSpec,
  Swarm,
  SwarmEvents,
  SwarmStats,
  SwarmTorrent,
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

  connections() {
    return { open: 1, pending: 2, budget: 60 };
  }

  configure(settings: Settings): void {
    this.configured.push(settings);
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
  readonly hurries = new Map<number, PieceRange | null>();
  isPaused = false;
  hasLeft = false;
  /** Pieces that were found in storage, and that went from it. */
  readonly gainedPieces: number[] = [];
  readonly lostPieces: number[] = [];
  uploadedBytes = 0;
  peerCount = 2;
  trackerSnapshots: readonly TrackerSnapshot[] = [];
  readonly infoHash: InfoHash;
  announcedTo: TrackerTiers;

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

  want(pieces: Bitfield): void {
    this.wanted = Array.from({ length: pieces.length }, (_, i) => i).filter((i) => pieces.has(i));
  }

  hurry(reader: number, pieces: PieceRange | null): void {
    this.hurries.set(reader, pieces);
  }

  announceTo(trackers: TrackerTiers): void {
    this.announcedTo = trackers;
  }

  gained(index: number): void {
    this.gainedPieces.push(index);
  }

  lost(index: number): void {
    this.lostPieces.push(index);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
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
      downloadBps: 100,
      uploadBps: 10,
      downloadedBytes: 0,
      uploadedBytes: this.uploadedBytes,
      wastedBytes: 0,
      inFlightPieces: 0,
      peers: this.peerCount,
      banned: 0,
      seeds: 1,
      snubbed: 1,
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
