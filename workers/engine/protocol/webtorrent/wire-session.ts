/**
 * One wire of a torrent whose metadata is known: what the peer has, what we ask it for, what we give it.
 *
 * Invariants: the picker counts exactly what the peer has, from `begin` to `end`; a block is only given when it is
 * ours, verified, and the torrent is not paused. A peer that snubs us keeps one request, to find out that it lives again,
 * and no block: what it was asked for is free for others. Whom we choke is wire-choker.ts's.
 */
import type Wire from 'bittorrent-protocol';
import { pieceIndex } from '../../../contract/ids.ts';
import type { Bitfield } from '../../model/bitfield.ts';
import type { Clock } from '../../model/deps.ts';
import type { DownloadPlan } from '../../model/swarm.ts';
import { BLOCK_LENGTH, type ActivePiece } from '../active-piece.ts';
import type { BlockScheduler, PeerView } from '../block-scheduler.ts';
import { PeerHoldings } from '../peer-holdings.ts';
import { SnubWatch } from '../snub.ts';
import { readPeerPieces } from './peer-pieces.ts';

/** Requests kept under way are what the peer delivers in this time. */
const PIPELINE_S = 1;
/** While a reader waits: what is asked for now stands behind all of it, and a player seeks twice before its first picture. */
const READER_PIPELINE_S = 0.35;
const MIN_REQUESTS = 2;
const MAX_REQUESTS = 500;
const MAX_WEB_SEED_REQUESTS = 4;

/** What is expected of a peer that has given nothing of late, and of any at the best and the worst, in milliseconds. */
const UNKNOWN_WAIT_MS = 1_000;
const MIN_WAIT_MS = 500;
const MAX_WAIT_MS = 60_000;

export interface WireSessionHost {
  /** Whom asks and strikes are held against, when it is not the wire's peer id (peer-identity.ts). */
  readonly id?: string;
  readonly clock: Clock;
  /** Storage has failed: no piece is started. */
  isHalted(): boolean;
  isPaused(): boolean;
  /** A block came; `wasteBytes` of it were of no use. */
  onBlock(piece: ActivePiece, wasteBytes: number): void;
  cancelElsewhere(peers: readonly string[], piece: number, offset: number, length: number): void;
  /** What the peer was asked for is to be asked of others. */
  freed(): void;
}

export class WireSession {
  readonly view: PeerView;
  readonly #watch: SnubWatch;
  /** It was told that we want nothing of it, since it snubs us: until it gives something, or chokes us. */
  #isShunned = false;

  constructor(
    readonly wire: Wire,
    readonly plan: DownloadPlan,
    readonly scheduler: BlockScheduler,
    readonly host: WireSessionHost,
  ) {
    this.view = {
      id: host.id ?? wire.peerId ?? '',
      holdings: new PeerHoldings(plan.map.pieceCount),
      waitMs: (lengthBytes) => expectedWaitMs(wire, lengthBytes),
    };
    this.#watch = new SnubWatch(host.clock, {
      snubbed: () => this.#shun(),
      gone: () => (this.scheduler.isInteresting(this.view) ? wire.destroy() : this.#stopAsking()),
    });
  }

  /** What the peer has. */
  get pieces(): Bitfield {
    return this.view.holdings.pieces;
  }

  /** It has unchoked us and was silent for too long (snub.ts). Who has everything asks for nothing. */
  get isSnubbed(): boolean {
    return this.#watch.isSnubbed && !this.plan.have.isFull;
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
      this.#isShunned = false;
      this.refreshInterest();
      this.scheduler.lost(this.view.id);
    });
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
    this.#watch.end();
    this.scheduler.picker.leaves(this.view.holdings);
    this.scheduler.lost(this.view.id);
  }

  /** Tells the peer of a piece we now have. */
  announce(index: number): void {
    // What a peer was asked for before it fell silent is taken back only here.
    const late = this.wire.requests.filter(({ piece }) => piece === index);
    for (const { piece, offset, length } of late) this.wire.cancel(piece, offset, length);
    if (!this.pieces.has(index)) this.wire.have(index);
    this.fill();
  }

  refreshInterest(): void {
    if (!this.#isShunned && this.scheduler.isInteresting(this.view)) this.wire.interested();
    else this.wire.uninterested();
  }

  /** Asks the peer for as much as it can deliver soon. */
  fill(): void {
    const { wire, host, scheduler } = this;
    if (wire.destroyed || wire.peerChoking || host.isPaused()) return;
    const isWebSeed = wire.type === 'webSeed';
    const limit = isWebSeed
      ? MAX_WEB_SEED_REQUESTS
      : this.isSnubbed
        ? 1
        : pipelineLength(wire, scheduler.hasReaders ? READER_PIPELINE_S : PIPELINE_S);
    if (wire.requests.length > limit / 2 && !isWebSeed) return;
    const now = host.clock.now();
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
      this.#noteAsked();
      if (bytes?.length) this.#heard();
      if (error || !bytes || this.scheduler.active(piece.index) !== piece) {
        this.#forget(piece, offset, length);
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
    this.#noteAsked();
    if (this.isSnubbed) this.#forget(piece, offset, length);
  }

  /** The blocks are free for others. */
  #forget(piece: ActivePiece, offset: number, length: number): void {
    for (let at = offset; at < offset + length; at += BLOCK_LENGTH) {
      piece.forget(at / BLOCK_LENGTH, this.view.id);
    }
  }

  /** A web seed has time limits of its own. */
  #noteAsked(): void {
    if (this.wire.type !== 'webSeed') this.#watch.asks(this.wire.requests.length > 0);
  }

  #heard(): void {
    this.#watch.heard();
    if (!this.#isShunned) return;
    this.#isShunned = false;
    this.refreshInterest();
  }

  /** It snubs us: all but one of its requests are taken back, and it is told that we wait for nothing. */
  #shun(): void {
    const { wire, scheduler, view } = this;
    if (!scheduler.isInteresting(view)) return this.#stopAsking();
    this.#isShunned = true;
    const [kept, ...others] = wire.requests;
    for (const { piece, offset, length } of others) wire.cancel(piece, offset, length);
    const piece = kept && scheduler.active(kept.piece);
    if (piece) this.#forget(piece, kept.offset, kept.length);
    this.refreshInterest();
    scheduler.lost(view.id);
    this.host.freed();
  }

  /** Nothing it has is wanted any more, so its silence means nothing. */
  #stopAsking(): void {
    for (const { piece, offset, length } of [...this.wire.requests]) {
      this.wire.cancel(piece, offset, length);
    }
    this.#heard();
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
    // The wire would take a late answer to a request that is off by now for one to the same request made anew, and drop both.
    const request = this.wire.peerRequests.at(-1)!;
    const isOn = () => this.wire.peerRequests.includes(request) && !this.host.isPaused();
    try {
      const bytes = await store.read(pieceIndex(index), offset, length);
      if (isOn()) respond(null, bytes);
    } catch (error) {
      if (isOn()) respond(error as Error);
    }
  }

  #recount(): void {
    const pieces = readPeerPieces(this.wire, this.plan.map.pieceCount);
    this.scheduler.picker.claims(this.view.holdings, pieces);
    this.wire.isSeeder = this.isSeed;
    this.refreshInterest();
    this.fill();
  }

  #gained(index: number): void {
    if (this.pieces.has(index)) return;
    this.scheduler.picker.gained(this.view.holdings, index);
    this.wire.isSeeder = this.isSeed;
    if (!this.wire.amInterested && !this.#isShunned && this.scheduler.isNeeded(index))
      this.wire.interested();
    this.fill();
  }

  #lost(index: number): void {
    if (!this.pieces.has(index)) return;
    this.scheduler.picker.lost(this.view.holdings, index);
    this.scheduler.lost(this.view.id);
    this.wire.isSeeder = false;
  }
}

type Respond = (error: Error | null, bytes?: Uint8Array) => void;

/** Within what time so many bytes more should come at the rate of late, in milliseconds. */
function expectedWaitMs(wire: Wire, lengthBytes: number): number {
  const rateBps = wire.downloadSpeed();
  if (rateBps <= 0) return UNKNOWN_WAIT_MS;
  const owedBytes = wire.requests.length * BLOCK_LENGTH;
  const ms = ((owedBytes + lengthBytes) / rateBps) * 1_000;
  return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, ms));
}

function pipelineLength(wire: Wire, seconds: number): number {
  const blocks = Math.ceil((seconds * wire.downloadSpeed()) / BLOCK_LENGTH);
  const reqq = wire.peerExtendedHandshake['reqq'];
  const most = typeof reqq === 'number' && reqq > 0 ? Math.min(reqq, MAX_REQUESTS) : MAX_REQUESTS;
  return Math.min(most, MIN_REQUESTS + blocks);
}
