/**
 * webtorrent's Torrent with our own metadata, scheduling, verification, storage and pause. What stays webtorrent's: peers
 * and their handshakes, wires and their extensions. FACTS.md lists why each overridden part is overridden.
 */
import ltDontHave from 'lt_donthave';
import Torrent, { type TorrentPeer } from 'webtorrent/lib/torrent.js';
import type Wire from 'bittorrent-protocol';
import type { Bitfield } from '../../model/bitfield.ts';
import type { Deps } from '../../model/deps.ts';
import { pieceIndex } from '../../../contract/ids.ts';
import type { DownloadPlan, SwarmEvents } from '../../model/swarm.ts';
import type { PieceRange } from '../../model/piece-map.ts';
import { BlockScheduler } from '../block-scheduler.ts';
import type { InFlightLimits } from '../in-flight-limits.ts';
import type { ActivePiece } from '../active-piece.ts';
import { judgeHashFailure } from '../peer-policy.ts';
import { RateMeter } from '../rate-meter.ts';
import type { RillClient } from './client.ts';
import { pipeDirectly } from './direct-pipes.ts';
import { metadataExtension } from './metadata-extension.ts';
import { reuseReceiveBuffer } from './receive-buffer.ts';
import { guardWire } from './wire-guard.ts';
import { WebSeed } from './web-seed.ts';
import { WireChoker } from './wire-choker.ts';
import { WireSession } from './wire-session.ts';

/** How often peers that have nothing to do look for blocks that others are late with (block-scheduler.ts). */
const LATE_LOOK_MS = 1_000;

export interface TorrentContext {
  readonly events: SwarmEvents;
  readonly limits: InFlightLimits;
  readonly deps: Deps;
  /** Settings.uploadSlots, as it is now. */
  uploadSlots(): number;
  /** A peer connected or went: more or fewer are wanted now. */
  onPeersChanged(): void;
}

export class RillTorrent extends Torrent {
  readonly context: TorrentContext;
  scheduler: BlockScheduler | null = null;
  plan: DownloadPlan | null = null;
  infoBytes: Uint8Array | null = null;
  wastedBytes = 0;
  /** Payload alone: what people count, without the protocol around it. */
  readonly down: RateMeter;
  readonly up: RateMeter;
  #isStorageBroken = false;
  #isUpdateQueued = false;
  readonly #sessions = new Map<Wire, WireSession>();
  readonly #choker: WireChoker;
  #endLateLooks: (() => void) | null = null;
  readonly #strikes = new Map<string, number>();
  readonly #banned = new Set<string>();

  constructor(infoHash: string, client: RillClient, context: TorrentContext) {
    super(null, client, {});
    this.infoHash = infoHash;
    this.context = context;
    this.down = new RateMeter(context.deps.clock);
    this.up = new RateMeter(context.deps.clock);
    this.private = false;
    this.setMaxListeners(0);
    this.on('error', () => undefined);
    this.#choker = new WireChoker({
      deps: context.deps,
      isSeeding: () => this.plan?.have.isFull ?? false,
      slots: () => context.uploadSlots(),
    });
    this.once('close', () => this.#stopTimers());
    client.enter(this);
  }

  get bannedCount(): number {
    return this.#banned.size;
  }

  get sessions(): Iterable<WireSession> {
    return this.#sessions.values();
  }

  strikesOf(peerId: string): number {
    return this.#strikes.get(peerId) ?? 0;
  }

  /** From now on pieces are downloaded, stored and given. */
  begin(plan: DownloadPlan, wanted: Bitfield): void {
    const { meta, map, have, store } = plan;
    this.plan = plan;
    this.infoBytes = meta.infoBytes;
    this.metadata = meta.infoBytes;
    this.length = meta.lengthBytes;
    this.pieceLength = meta.pieceLength;
    this.private = meta.isPrivate;
    this.pieces = { length: map.pieceCount };
    const { limits, deps } = this.context;
    this.scheduler = new BlockScheduler(map, have, wanted, limits, () => deps.random());
    this.scheduler.onRoom = () => this._update();
    this.scheduler.hasStorageRoom = (lengthBytes, inFlightBytes) =>
      !store.isPressed && store.hasRoomFor(lengthBytes, inFlightBytes);
    store.onRelieved = () => this._update();
    this.ready = true;
    if (!this.paused) this.#startTimers();
    for (const wire of this.wires) this._onWireWithMetadata(wire);
  }

  want(pieces: Bitfield): void {
    if (!this.scheduler) return;
    this.scheduler.picker.want(pieces);
    this.#wantsChanged();
  }

  hurry(reader: number, range: PieceRange | null): void {
    if (!this.scheduler) return;
    this.scheduler.hurry(reader, range);
    if (range) this.#wantsChanged();
  }

  /** `have` says so already: peers are told, and what was under way of it is dropped. */
  gained(index: number): void {
    const active = this.scheduler?.active(index);
    if (active) this.scheduler?.take(active);
    this.scheduler?.picker.refresh(index);
    for (const session of this.#sessions.values()) session.announce(index);
  }

  /** `have` says so already: peers that understand it are told (BEP 54), and the piece may be started again. */
  lost(index: number): void {
    for (const { wire } of this.#sessions.values()) wire.lt_donthave.donthave(index);
    this.scheduler?.picker.refresh(index);
    this.#wantsChanged();
  }

  addWebSeedUrl(url: string): void {
    if (this.plan && !this._peers.has(url)) this.addWebSeed(new WebSeed(url, this.plan.meta));
  }

  /** Closes every connection: no payload moves in either direction until `resumeTransfers`. */
  pauseTransfers(): void {
    this.paused = true;
    this.#stopTimers();
    for (const id of [...this._peers.keys()]) this.removePeer(id);
    this.scheduler?.clear();
  }

  resumeTransfers(): void {
    this.paused = false;
    this.#isStorageBroken = false;
    if (this.ready) this.#startTimers();
    this._update();
  }

  override _registerPeer(peer: TorrentPeer): void {
    pipeDirectly(peer);
    super._registerPeer(peer);
  }

  /** Replaces webtorrent's: guards first, our metadata extension, no DHT, no peer exchange. */
  override _onWire(wire: Wire): void {
    if (this.paused || this.#banned.has(wire.peerId ?? '')) return void wire.destroy();
    guardWire(wire, {
      map: () => this.plan?.map ?? null,
      onUnasked: (lengthBytes) => (this.wastedBytes += lengthBytes),
      onViolation: (reason) =>
        this.context.events.warning(`A peer was disconnected: it sent ${reason}.`),
    });
    reuseReceiveBuffer(wire);
    this.wires.push(wire);
    wire.on('download', (bytes: number) => this.down.add(bytes));
    wire.on('upload', (bytes: number) => this.up.add(bytes));
    wire.setKeepAlive(true);
    wire.use(this.#metadataExtension);
    wire.use(ltDontHave());
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
      clock: this.context.deps.clock,
      isHalted: () => this.#isStorageBroken,
      isPaused: () => this.paused,
      onBlock: (piece, wasteBytes) => this.#onBlock(piece, wasteBytes),
      cancelElsewhere: (peers, piece, offset, length) => this.#cancel(peers, piece, offset, length),
      freed: () => this._update(),
    });
    this.#sessions.set(wire, session);
    wire.once('close', () => {
      this.#sessions.delete(wire);
      session.end();
      this.#choker.leave(session);
      this._update();
    });
    session.begin();
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

  readonly #metadataSource = ((torrent: RillTorrent) => ({
    get infoBytes() {
      return torrent.infoBytes;
    },
    get infoHash() {
      return torrent.infoHash;
    },
    onMetadata(infoBytes: Uint8Array) {
      if (torrent.infoBytes || torrent.destroyed) return;
      torrent.infoBytes = infoBytes;
      torrent.context.events.metadata(infoBytes);
    },
  }))(this);

  readonly #metadataExtension = metadataExtension(this.#metadataSource);

  #startTimers(): void {
    this.#choker.start();
    this.#endLateLooks ??= this.context.deps.clock.every(LATE_LOOK_MS, () => {
      if (this.scheduler?.inFlightPieces) this._update();
    });
  }

  #stopTimers(): void {
    this.#choker.stop();
    this.#endLateLooks?.();
    this.#endLateLooks = null;
  }

  #wantsChanged(): void {
    for (const session of this.#sessions.values()) session.refreshInterest();
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
    const isGood = await this.#isGood(piece, plan);
    const writing = isGood ? this.#write(index, bytes, plan) : false;
    // The store counts the bytes from its `write` on, not from when that is done.
    scheduler.handedOver(index);
    const isOurs = await writing;
    this.context.limits.buffers.give(bytes);
    if (isOurs) plan.have.set(index);
    scheduler.fromStorage(index);
    if (this.destroyed || !isOurs) return this._update();
    for (const session of this.#sessions.values()) session.announce(index);
    this.context.events.piece(index);
  }

  async #isGood({ index, bytes, sources }: ActivePiece, plan: DownloadPlan): Promise<boolean> {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
    if (this.destroyed) return false;
    if (isEqual(digest, plan.meta.pieceHashes.subarray(index * 20, index * 20 + 20))) return true;
    this.wastedBytes += bytes.length;
    this.scheduler?.suspect(index);
    this.#punish(sources);
    this.context.events.hashFailure(index, bytes.length);
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

  #punish(sources: ReadonlySet<string>): void {
    for (const { peer, strikes, isBanned } of judgeHashFailure(sources, (id) =>
      this.strikesOf(id),
    )) {
      this.#strikes.set(peer, strikes);
      if (!isBanned) continue;
      this.#banned.add(peer);
      for (const session of this.#sessions.values()) {
        if (session.view.id === peer) session.wire.destroy();
      }
    }
  }

  #cancel(peers: readonly string[], piece: number, offset: number, length: number): void {
    for (const session of this.#sessions.values()) {
      if (peers.includes(session.view.id)) session.wire.cancel(piece, offset, length);
    }
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
