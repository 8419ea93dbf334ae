/**
 * webtorrent's Torrent with our own metadata, scheduling, verification, storage and pause. What stays webtorrent's: peers
 * and their handshakes, wires and their extensions. FACTS.md lists why each overridden part is overridden.
 */
import ltDontHave from 'lt_donthave';
import Torrent, { type TorrentPeer } from 'webtorrent/lib/torrent.js';
import type Wire from 'bittorrent-protocol';
import type { Bitfield } from '../../model/bitfield.ts';
import type { Deps } from '../../model/deps.ts';
import { pieceIndex, type InfoHash } from '../../../contract/ids.ts';
import type { Priority } from '../../../contract/snapshot.ts';
import { Padding } from '../../model/padding.ts';
import type { DownloadPlan, SwarmEvents } from '../../model/swarm.ts';
import type { PieceRange } from '../../model/piece-map.ts';
import { BlockScheduler } from '../block-scheduler.ts';
import { lineWaitMs } from '../line-wait.ts';
import type { InFlightLimits } from '../in-flight-limits.ts';
import type { ActivePiece } from '../active-piece.ts';
import type { TorrentRates } from '../rate-limits.ts';
import type { BanList } from '../ban-list.ts';
import { RateMeter } from '../rate-meter.ts';
import type { RtcConnection } from '../rtc-peer/rtc-connection.ts';
import { slotsWithin } from '../upload-slots.ts';
import { Violators } from '../violators.ts';
import { Bouncer } from './bouncer.ts';
import type { RillClient } from './client.ts';
import { pipeDirectly } from './direct-pipes.ts';
import { MetadataExchange } from '../metadata-exchange.ts';
import { metadataExtension, type MetadataWire } from './metadata-extension.ts';
import { identityOf } from './peer-identity.ts';
import { PieceJudge } from './piece-judge.ts';
import { reuseReceiveBuffer } from './receive-buffer.ts';
import { Role } from './role.ts';
import { takeBlocks } from './take-block.ts';
import { TransferPause } from './transfer-pause.ts';
import { guardWire } from './wire-guard.ts';
import { WebSeeds } from './web-seeds.ts';
import { WireChoker } from './wire-choker.ts';
import { WireProbe } from './wire-probe.ts';
import { WireSession } from './wire-session.ts';

/** How often peers that have nothing to do look for blocks that others are late with (endgame.ts). */
const LATE_LOOK_MS = 500;

export interface TorrentContext {
  readonly events: SwarmEvents;
  readonly limits: InFlightLimits;
  readonly rates: TorrentRates;
  /** Of the session, shared by all torrents. */
  readonly bans: BanList;
  readonly deps: Deps;
  /** Settings.uploadSlots, as it is now. */
  uploadSlots(): number;
  /** A peer connected, went or became of no use: more or fewer are wanted now. */
  onPeersChanged(): void;
  /** Peers were found dead after the network was away. */
  onPeersDead(): void;
}

export class RillTorrent extends Torrent {
  readonly context: TorrentContext;
  scheduler: BlockScheduler | null = null;
  plan: DownloadPlan | null = null;
  infoBytes: Uint8Array | null = null;
  wastedBytes = 0;
  readonly webSeeds: WebSeeds;
  /** Where the metadata of a magnet comes from. */
  readonly metadataExchange: MetadataExchange<MetadataWire>;
  readonly #metadataExtension: ReturnType<typeof metadataExtension>;
  /** Payload alone: what people count, without the protocol around it. */
  readonly down: RateMeter;
  readonly up: RateMeter;
  #isStorageBroken = false;
  #isInOrder = false;
  #isUpdateQueued = false;
  readonly #sessions = new Map<Wire, WireSession>();
  readonly #choker: WireChoker;
  readonly role: Role;
  readonly #pause: TransferPause;
  readonly #probe: WireProbe;
  #endLateLooks: (() => void) | null = null;
  readonly #bouncer: Bouncer;
  #judge: PieceJudge | null = null;
  readonly #violators: Violators;

  constructor(infoHash: string, client: RillClient, context: TorrentContext) {
    super(null, client, {});
    this.infoHash = infoHash;
    this.context = context;
    this.down = new RateMeter(context.deps.clock);
    this.up = new RateMeter(context.deps.clock);
    this.#violators = new Violators(context.deps.clock);
    this.private = false;
    this.setMaxListeners(0);
    this.on('error', () => undefined);
    this.#choker = new WireChoker({
      deps: context.deps,
      isSeeding: () => this.plan?.have.isFull ?? false,
      slots: () => slotsWithin(context.uploadSlots(), context.rates.upload.fairBps),
    });
    this.role = new Role(this);
    this.#bouncer = new Bouncer(this, context.bans);
    this.once('close', () => {
      this.#stopTimers();
      this.#probe.stop();
      this.#bouncer.leave();
      this.metadataExchange.end();
    });
    this.#pause = new TransferPause(context.deps.clock, {
      sessions: () => this.sessions,
      giveUpPieces: () => this.scheduler?.clear(),
      giveUpPeers: () => this.pauseTransfers('close'),
    });
    this.#probe = new WireProbe(context.deps.clock, {
      sessions: () => this.sessions,
      isPaused: () => this.paused,
      onDead: () => context.onPeersDead(),
    });
    this.webSeeds = new WebSeeds({
      deps: context.deps,
      // webtorrent's destroy leaves no list of peers.
      isConnected: (url) => !this.destroyed && this._peers.has(url),
      isBanned: (url) => context.bans.isBanned(url),
      connect: (seed) => this.addWebSeed(seed),
      onFailure: () => context.onPeersChanged(),
      warning: (message) => context.events.warning(message),
    });
    this.metadataExchange = new MetadataExchange({
      infoHash,
      clock: context.deps.clock,
      onMetadata: (infoBytes) => this.#learn(infoBytes),
      onLiar: ({ wire }) => {
        this.#bouncer.strike(wire, infoHash as InfoHash);
        wire.destroy();
      },
    });
    this.#metadataExtension = metadataExtension(this.#metadataSource());
    client.enter(this);
  }

  get bannedCount(): number {
    return this.context.bans.list.filter(({ infoHash }) => infoHash === this.infoHash).length;
  }

  get sessions(): Iterable<WireSession> {
    return this.#sessions.values();
  }

  /** No payload will move on the wire for the time being: both ends only upload, or we are paused. */
  isRedundant(wire: Wire | null): boolean {
    if (this.paused) return true;
    const session = wire && this.#sessions.get(wire);
    return session ? this.role.isUseless(session) : false;
  }

  /** From now on pieces are downloaded, stored and given. */
  begin(plan: DownloadPlan, wanted: Bitfield): void {
    const { meta, map, have, store } = plan;
    this.plan = plan;
    this.infoBytes = meta.infoBytes;
    this.metadataExchange.end();
    this.metadata = meta.infoBytes;
    this.length = meta.lengthBytes;
    this.pieceLength = meta.pieceLength;
    this.private = meta.isPrivate;
    this.pieces = { length: map.pieceCount };
    const { limits, deps } = this.context;
    this.scheduler = new BlockScheduler(map, have, wanted, limits, () => deps.random());
    this.scheduler.picker.isInOrder = this.#isInOrder;
    const padding = new Padding(meta.files, map);
    this.scheduler.isPadding = (index, at, bytes) => padding.covers(index, at, bytes);
    this.scheduler.onRoom = () => this._update();
    this.scheduler.hasStorageRoom = (lengthBytes, inFlightBytes) =>
      !store.isPressed && store.hasRoomFor(lengthBytes, inFlightBytes);
    this.scheduler.sourcesOf = (index) => this.#bouncer.sourcesOf(index);
    this.scheduler.hasLied = (peer) => this.context.bans.strikesOf(peer) > 0;
    this.scheduler.lineWaitMs = () => lineWaitMs(this.#requestedBlocks, this.down.peakBps);
    this.scheduler.onDropped = (lengthBytes) => (this.wastedBytes += lengthBytes);
    this.#judge = new PieceJudge({
      infoHash: meta.infoHash,
      pieceHashes: meta.pieceHashes,
      suspicion: this.scheduler.suspicion,
      bans: this.context.bans,
      isOver: () => this.destroyed,
      culprit: (peer) => this.#bouncer.culprit(peer),
    });
    store.onRelieved = () => this._update();
    this.ready = true;
    if (!this.paused) this.#startTimers();
    for (const wire of this.wires) this._onWireWithMetadata(wire);
  }

  want(pieces: Bitfield, priorityOf?: (index: number) => Priority): void {
    if (!this.scheduler) return;
    this.scheduler.picker.want(pieces, priorityOf);
    this.#wantsChanged();
  }

  /** For the pieces that are started from now on. */
  fetchInOrder(isOn: boolean): void {
    this.#isInOrder = isOn;
    if (this.scheduler) this.scheduler.picker.isInOrder = isOn;
  }

  hurry(reader: number, range: PieceRange | null): void {
    if (!this.scheduler) return;
    this.scheduler.hurry(reader, range);
    if (range) this.#wantsChanged();
    else this.role.refresh();
  }

  /** `have` says so already: peers are told, and what was under way of it is dropped. */
  gained(index: number): void {
    this.scheduler?.gained(index);
    for (const session of this.#sessions.values()) session.announce(index);
    this.role.refresh();
  }

  /** `have` says so already: peers that understand it are told (BEP 54), and the piece may be started again. */
  lost(index: number): void {
    for (const { wire } of this.#sessions.values()) wire.lt_donthave.donthave(index);
    this.scheduler?.picker.refresh(index);
    this.#wantsChanged();
  }

  /**
   * No payload moves in either direction until `resumeTransfers`, and nobody new is let in. Peers whose pieces are known
   * may be kept (transfer-pause.ts); web seeds, and whoever is not that far, are let go of.
   */
  pauseTransfers(peers: 'keep' | 'close'): void {
    this.paused = true;
    this.#stopTimers();
    for (const [id, { wire }] of [...this._peers]) {
      const isKept = peers === 'keep' && wire?.type === 'webrtc' && this.#sessions.has(wire);
      if (!isKept) this.removePeer(id);
    }
    if (peers === 'keep') return this.#pause.begin();
    this.scheduler?.clear();
  }

  resumeTransfers(): void {
    const wasPaused = this.paused;
    this.paused = false;
    this.#isStorageBroken = false;
    if (this.ready) this.#startTimers();
    if (wasPaused) this.#pause.end();
    if (wasPaused) this.#choker.round();
    this._update();
  }

  /** Disconnects whoever snubs us; returns how many that were. What they were asked for is free for others. */
  dropSnubbed(): number {
    const snubbed = [...this.#sessions.values()].filter(({ isSnubbed }) => isSnubbed);
    for (const { wire } of snubbed) wire.destroy();
    return snubbed.length;
  }

  /** Peers that are connected, without web seeds. */
  get peerCount(): number {
    return this.wires.filter(({ type }) => type !== 'webSeed').length;
  }

  setOnline(isOnline: boolean): void {
    for (const session of this.#sessions.values()) session.setOnline(isOnline);
  }

  /** The network was away, or everything slept: peers that do not answer now are disconnected. */
  probePeers(): void {
    this.#probe.begin();
  }

  /** Takes an open connection. */
  admit(connection: RtcConnection): void {
    connection.introduce(() => this.addPeer(connection, 'tracker'));
  }

  override _registerPeer(peer: TorrentPeer): void {
    pipeDirectly(peer);
    super._registerPeer(peer);
  }

  /** Replaces webtorrent's: guards first, our metadata extension, no DHT, no peer exchange. */
  override _onWire(wire: Wire): void {
    const isRefused = this.#violators.isRefused(wire.peerId ?? '');
    if (this.paused || isRefused || !this.#bouncer.isWelcome(wire)) return void wire.destroy();
    takeBlocks(wire, (lengthBytes) => {
      this.down.add(lengthBytes);
      this.#sessions.get(wire)?.given.add(lengthBytes);
    });
    guardWire(wire, {
      map: () => this.plan?.map ?? null,
      onUnasked: (lengthBytes) => {
        this.wastedBytes += lengthBytes;
        this.#sessions.get(wire)?.cameAnyway(lengthBytes);
        this.#pause.onUnasked(wire);
      },
      onViolation: (reason) => {
        this.#violators.note(wire.peerId ?? '');
        this.context.events.warning(`A peer was disconnected: it sent ${reason}.`);
      },
    });
    reuseReceiveBuffer(wire);
    this.wires.push(wire);
    wire.on('upload', (bytes: number) => this.up.add(bytes));
    wire.setKeepAlive(true);
    wire.use(this.#metadataExtension);
    wire.use(ltDontHave());
    this.role.greet(wire);
    this.context.onPeersChanged();
    wire.once('close', () => this.context.onPeersChanged());
    // A microtask later our handshake has gone out, which must come before any other message.
    if (this.ready) queueMicrotask(() => this._onWireWithMetadata(wire));
  }

  override _onWireWithMetadata(wire: Wire): void {
    if (
      this.destroyed ||
      wire.destroyed ||
      !this.plan ||
      !this.scheduler ||
      this.#sessions.has(wire)
    ) {
      return;
    }
    const session = new WireSession(wire, this.plan, this.scheduler, {
      id: identityOf(wire, this._peers).id,
      clock: this.context.deps.clock,
      rates: this.context.rates,
      isHalted: () => this.#isStorageBroken,
      isPaused: () => this.paused,
      onBlock: (piece, wasteBytes) => this.#onBlock(piece, wasteBytes),
      cancelElsewhere: (peers, piece, offset, length) => this.#cancel(peers, piece, offset, length),
      freed: () => this._update(),
      role: this.role,
    });
    this.#sessions.set(wire, session);
    this.#lookWhileConnected();
    wire.once('close', () => {
      this.#sessions.delete(wire);
      this.#lookWhileConnected();
      session.end();
      this.#choker.leave(session);
      this.role.leave(session);
      this._update();
    });
    this.role.begin(session);
    this.#choker.join(session);
  }

  /** Replaces webtorrent's choker (choker.ts says by what). */
  override _rechoke(): void {
    this.#choker.round();
  }

  /** Replaces webtorrent's walk over all wires on every block: one walk a task at most. */
  override _update(): void {
    if (this.#isUpdateQueued) return;
    this.#isUpdateQueued = true;
    queueMicrotask(() => {
      this.#isUpdateQueued = false;
      this.scheduler?.retry(() => {
        if (this.destroyed || this.paused) return;
        const sessions = [...this.#sessions.values()];
        for (const session of sessions) if (!session.isSnubbed) session.fill();
        for (const session of sessions) if (session.isSnubbed) session.fill();
      });
    });
  }

  get #requestedBlocks(): number {
    let count = 0;
    for (const { wire } of this.#sessions.values()) count += wire.requests.length;
    return count;
  }

  #metadataSource() {
    const infoBytes = () => this.infoBytes;
    return {
      exchange: this.metadataExchange,
      get infoBytes() {
        return infoBytes();
      },
    };
  }

  #learn(infoBytes: Uint8Array): void {
    if (this.infoBytes || this.destroyed) return;
    this.infoBytes = infoBytes;
    this.context.events.metadata(infoBytes);
  }

  #startTimers(): void {
    this.#choker.start();
    this.role.resume();
    this.#lookWhileConnected();
  }

  /** Timers are what a hundred torrents that have no peer would cost. */
  #lookWhileConnected(): void {
    if (this.#sessions.size === 0 || this.paused) {
      this.#endLateLooks?.();
      this.#endLateLooks = null;
      return;
    }
    this.#endLateLooks ??= this.context.deps.clock.every(LATE_LOOK_MS, () => {
      this.#bouncer.enforce();
      if (this.scheduler?.inFlightPieces) this._update();
    });
  }

  #stopTimers(): void {
    this.#pause.stop();
    this.#choker.stop();
    this.role.pause();
    this.#endLateLooks?.();
    this.#endLateLooks = null;
  }

  #wantsChanged(): void {
    for (const session of this.#sessions.values()) session.refreshInterest();
    this.role.refresh();
    this._update();
  }

  #onBlock(piece: ActivePiece, wasteBytes: number): void {
    this.wastedBytes += wasteBytes;
    // A late duplicate finds the piece complete and gone from the scheduler: it is finished once.
    if (piece.isComplete && this.scheduler?.active(piece.index) === piece) void this.#finish(piece);
  }

  /** A complete piece: hash it, write it, and only then say that we have it. */
  async #finish(piece: ActivePiece): Promise<void> {
    const { plan, scheduler } = this;
    if (!plan || !scheduler) return;
    const { index, bytes } = piece;
    scheduler.toStorage(piece);
    this._update();
    const isGood = await this.#isGood(piece);
    const writing = isGood ? this.#write(index, bytes, plan) : false;
    // The store counts the bytes from its `write` on, not from when that is done.
    scheduler.handedOver(index);
    const isOurs = await writing;
    this.context.limits.buffers.give(bytes);
    if (isOurs) plan.have.set(index);
    scheduler.fromStorage(index);
    if (this.destroyed || !isOurs) return this._update();
    for (const session of this.#sessions.values()) session.announce(index);
    this.role.refresh();
    this.context.events.piece(index);
  }

  async #isGood(piece: ActivePiece): Promise<boolean> {
    const isGood = (await this.#judge?.isGood(piece)) ?? false;
    if (this.destroyed) return false;
    if (isGood) return true;
    this.wastedBytes += piece.lengthBytes;
    this.context.events.hashFailure(piece.index, piece.lengthBytes);
    return false;
  }

  async #write(index: number, bytes: Uint8Array, plan: DownloadPlan): Promise<boolean> {
    try {
      await plan.store.write(pieceIndex(index), bytes);
      return true;
    } catch (error) {
      if (this.destroyed) return false;
      this.#isStorageBroken = true;
      this.context.events.storageFailed(error as Error);
      return false;
    }
  }

  #cancel(peers: readonly string[], piece: number, offset: number, length: number): void {
    for (const session of this.#sessions.values()) {
      if (peers.includes(session.view.id)) session.wire.cancel(piece, offset, length);
    }
  }
}
