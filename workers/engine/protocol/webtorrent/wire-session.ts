/**
 * One wire of a torrent whose metadata is known: what the peer has, what we ask it for, what we give it.
 *
 * Invariants: `availability` counts exactly what `pieces` holds, from `begin` to `end`; a block is only given when it is
 * ours, verified, and the torrent is not paused.
 */
import type Wire from 'bittorrent-protocol';
import { pieceIndex } from '../../../contract/ids.ts';
import { Bitfield } from '../../model/bitfield.ts';
import type { DownloadPlan } from '../../model/swarm.ts';
import { BLOCK_LENGTH, type ActivePiece } from '../active-piece.ts';
import type { BlockScheduler, PeerView } from '../block-scheduler.ts';
import { readPeerPieces } from './peer-pieces.ts';

/** Requests kept under way are what the peer delivers in this time. */
const PIPELINE_S = 1;
/** While a reader waits: what is asked for now stands behind all of it, and a player seeks twice before its first picture. */
const READER_PIPELINE_S = 0.35;
const MIN_REQUESTS = 2;
const MAX_REQUESTS = 500;
const MAX_WEB_SEED_REQUESTS = 4;

export interface WireSessionHost {
  now(): number;
  /** Storage has failed: no piece is started. */
  isHalted(): boolean;
  isPaused(): boolean;
  /** A block came; `wasteBytes` of it were of no use. */
  onBlock(piece: ActivePiece, wasteBytes: number): void;
  cancelElsewhere(peers: readonly string[], piece: number, offset: number, length: number): void;
}

export class WireSession {
  readonly view: PeerView & { id: string };
  pieces: Bitfield;

  constructor(
    readonly wire: Wire,
    readonly plan: DownloadPlan,
    readonly scheduler: BlockScheduler,
    readonly host: WireSessionHost,
  ) {
    this.pieces = new Bitfield(plan.map.pieceCount);
    this.view = { id: wire.peerId ?? '', has: (index) => this.pieces.has(index) };
  }

  get isSeed(): boolean {
    return this.pieces.isFull;
  }

  begin(): void {
    const { wire } = this;
    wire.on('bitfield', () => this.#recount());
    wire.on('have-all', () => this.#recount());
    wire.on('have-none', () => this.#recount());
    wire.on('have', (index: number) => this.#gained(index));
    wire.lt_donthave.on('donthave', (index) => this.#lost(index));
    wire.on('unchoke', () => this.fill());
    wire.on('choke', () => {
      this.refreshInterest();
      this.scheduler.lost(this.view.id);
    });
    // webtorrent unchokes on first interest and leaves the rest to its choker; so do we.
    wire.once('interested', () => wire.unchoke());
    wire.on(
      'request',
      (index: number, offset: number, length: number, respond: Respond) =>
        void this.#give(index, offset, length, respond),
    );
    const { have } = this.plan;
    if (wire.hasFast && have.isFull) wire.haveAll();
    else if (wire.hasFast && have.count === 0) wire.haveNone();
    else wire.bitfield(have.bytes.slice());
    this.#recount();
  }

  end(): void {
    this.#uncount();
    this.pieces = new Bitfield(this.plan.map.pieceCount);
    this.scheduler.lost(this.view.id);
  }

  /** Tells the peer of a piece we now have. */
  announce(index: number): void {
    if (!this.pieces.has(index)) this.wire.have(index);
    this.fill();
  }

  refreshInterest(): void {
    if (this.scheduler.isInteresting(this.view)) this.wire.interested();
    else this.wire.uninterested();
  }

  /** Asks the peer for as much as it can deliver soon. */
  fill(): void {
    const { wire, host, scheduler } = this;
    if (wire.destroyed || wire.peerChoking || host.isPaused()) return;
    const isWebSeed = wire.type === 'webSeed';
    const limit = isWebSeed
      ? MAX_WEB_SEED_REQUESTS
      : pipelineLength(wire, scheduler.hasReaders ? READER_PIPELINE_S : PIPELINE_S);
    if (wire.requests.length > limit / 2 && !isWebSeed) return;
    const now = host.now();
    while (wire.requests.length < limit) {
      const next = scheduler.next(this.view, now, host.isHalted(), isWebSeed);
      if (!next) break;
      this.#ask(next.piece, next.offsetBytes, next.lengthBytes);
    }
    if (!wire.requests.length && wire.amInterested) this.refreshInterest();
  }

  #ask(piece: ActivePiece, offset: number, length: number): void {
    const { wire, host, view } = this;
    wire.request(piece.index, offset, length, (error, bytes) => {
      if (error || !bytes || this.scheduler.active(piece.index) !== piece) {
        for (let at = offset; at < offset + length; at += BLOCK_LENGTH) {
          piece.forget(at / BLOCK_LENGTH, view.id);
        }
        if (bytes) host.onBlock(piece, bytes.length);
        if (wire.destroyed || wire.peerChoking) this.scheduler.lost(view.id);
        else queueMicrotask(() => this.fill());
        return;
      }
      this.#cancelElsewhere(piece, offset, length);
      const newBytes = piece.put(offset, bytes, view.id);
      host.onBlock(piece, bytes.length - newBytes);
      this.fill();
    });
  }

  /** Whoever else was asked for any of these blocks need not send it. */
  #cancelElsewhere(piece: ActivePiece, offset: number, length: number): void {
    for (let at = offset; at < offset + length; at += BLOCK_LENGTH) {
      const block = at / BLOCK_LENGTH;
      const others = piece.othersAsked(block, this.view.id);
      if (others.length)
        this.host.cancelElsewhere(others, piece.index, at, piece.blockLength(block));
    }
  }

  /** The range is within the torrent: wire-guard.ts saw to it. */
  async #give(index: number, offset: number, length: number, respond: Respond): Promise<void> {
    const { have, store } = this.plan;
    if (this.host.isPaused() || !have.has(index)) {
      // BEP 6 rejects what we may just have lost; without it only the end of the connection says that nothing comes.
      return this.wire.hasFast ? respond(new Error('not here')) : void this.wire.destroy();
    }
    try {
      const bytes = await store.read(pieceIndex(index), offset, length);
      if (!this.wire.destroyed && !this.host.isPaused()) respond(null, bytes);
    } catch (error) {
      respond(error as Error);
    }
  }

  #recount(): void {
    this.#uncount();
    this.pieces = readPeerPieces(this.wire, this.plan.map.pieceCount);
    const { availability } = this.scheduler;
    for (let i = 0; i < availability.length; i++) if (this.pieces.has(i)) availability[i]!++;
    this.wire.isSeeder = this.isSeed;
    this.refreshInterest();
    this.fill();
  }

  #uncount(): void {
    const { availability } = this.scheduler;
    for (let i = 0; i < availability.length; i++) if (this.pieces.has(i)) availability[i]!--;
  }

  #gained(index: number): void {
    if (this.pieces.has(index)) return;
    this.pieces.set(index);
    this.scheduler.availability[index]!++;
    this.wire.isSeeder = this.isSeed;
    if (!this.wire.amInterested && this.scheduler.isNeeded(index)) this.wire.interested();
    this.fill();
  }

  #lost(index: number): void {
    if (!this.pieces.has(index)) return;
    this.pieces.clear(index);
    this.scheduler.availability[index]!--;
    this.scheduler.lost(this.view.id);
    this.wire.isSeeder = false;
  }
}

type Respond = (error: Error | null, bytes?: Uint8Array) => void;

function pipelineLength(wire: Wire, seconds: number): number {
  const blocks = Math.ceil((seconds * wire.downloadSpeed()) / BLOCK_LENGTH);
  const reqq = wire.peerExtendedHandshake['reqq'];
  const most = typeof reqq === 'number' && reqq > 0 ? Math.min(reqq, MAX_REQUESTS) : MAX_REQUESTS;
  return Math.min(most, MIN_REQUESTS + blocks);
}
