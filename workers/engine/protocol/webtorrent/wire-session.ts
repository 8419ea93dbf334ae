/**
 * One wire of a torrent whose metadata is known: what the peer has, what we ask it for, what we give it.
 *
 * Invariants: the picker counts exactly what the peer has, from `begin` to `end`; a block is only given when it is
 * ours, verified, and the torrent is not paused. A peer that snubs us keeps one request, to find out that it lives again,
 * and no block: what it was asked for is free for others. One that chokes us is asked for what it gives all the same (BEP 6);
 * we name no such pieces ourselves, since that would be payload past the choker. Whom we choke is wire-choker.ts's, how fast we ask and give
 * rate-limits.ts's: a block is asked for when there are tokens for it, and they come back when it does not.
 */
import type Wire from 'bittorrent-protocol';
import type { Bitfield } from '../../model/bitfield.ts';
import type { Clock } from '../../model/deps.ts';
import type { DownloadPlan } from '../../model/swarm.ts';
import { BLOCK_LENGTH, type ActivePiece } from '../active-piece.ts';
import type { BlockRequest, BlockScheduler, PeerView } from '../block-scheduler.ts';
import { PeerHoldings } from '../peer-holdings.ts';
import { expectedWaitMs, pipelineLength } from '../pipeline.ts';
import { RATE_WINDOW_S } from '../choker.ts';
import type { Taker, TorrentRates } from '../rate-limits.ts';
import { RateMeter } from '../rate-meter.ts';
import { SnubWatch } from '../snub.ts';
import { BlockGiver, type Respond } from './block-giver.ts';
import { MESSAGE } from './message-rules.ts';
import { pipelineBytes } from '../web-seed-policy.ts';
import { asWireRecord, readPeerPieces } from './peer-pieces.ts';
import { saysUploadOnly } from './upload-only.ts';

/** As many pieces as the wire remembers; whoever names more changes nothing by it. */
const MAX_FAST_PIECES = 100;

/** What a peer gives of late: the choker looks further back. */
const RATE_S = 5;
const RATE_STEP_MS = 100;

export interface WireSessionHost {
  /** Whom asks and strikes are held against, when it is not the wire's peer id (peer-identity.ts). */
  readonly id?: string;
  readonly clock: Clock;
  readonly rates: TorrentRates;
  /** Storage has failed: no piece is started. */
  isHalted(): boolean;
  isPaused(): boolean;
  /** A block came; `wasteBytes` of it were of no use. */
  onBlock(piece: ActivePiece, wasteBytes: number): void;
  cancelElsewhere(peers: readonly string[], piece: number, offset: number, length: number): void;
  /** What the peer was asked for is to be asked of others. */
  freed(): void;
  readonly role: {
    /** Whether the peer must not know that we have the piece (super-seed.ts). */
    hides(peer: WireSession, index: number): boolean;
    /** The peer said what it has: this piece too, or with `null` all of it anew. */
    heard(peer: WireSession, index: number | null): void;
  };
}

export class WireSession {
  readonly view: PeerView;
  /** The payload it gives us: the torrent counts. */
  readonly given: RateMeter;
  readonly #watch: SnubWatch;
  readonly #giver: BlockGiver;
  readonly #asker: Taker & { isUrgent: boolean } = {
    needBytes: BLOCK_LENGTH,
    isUrgent: false,
    use: () => this.#use(),
  };
  /** Bytes that were asked for and taken back: should they come anyway, they count. */
  #takenBackBytes = 0;
  /** It was told that we want nothing of it, since it snubs us: until it gives something, or chokes us. */
  #isShunned = false;
  #isOnline = true;
  /** How often the peer named a piece that it gives while it chokes us. */
  #fastCount = 0;
  /** The piece that a web seed would best be asked for next, or -1. */
  #goOnAt = -1;
  /** How many requests are to be under way, as of the last refill: the rate it comes from reads the clock. */
  #depth = 0;
  /** The least time from a request to its block, in milliseconds; one request at a time is timed. */
  #roundTripMs = Infinity;
  #isTiming = false;

  constructor(
    readonly wire: Wire,
    readonly plan: DownloadPlan,
    readonly scheduler: BlockScheduler,
    readonly host: WireSessionHost,
  ) {
    this.given = new RateMeter(host.clock, RATE_WINDOW_S, RATE_STEP_MS);
    wire.downloadSpeed = () => this.given.over(RATE_S);
    this.view = {
      id: host.id ?? wire.peerId ?? '',
      holdings: new PeerHoldings(plan.map.pieceCount),
      waitMs: (lengthBytes) =>
        expectedWaitMs(wire.downloadSpeed(), wire.requests.length, lengthBytes),
    };
    this.#giver = new BlockGiver(wire, plan, host);
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

  /** It has everything, or says that it downloads nothing more (BEP 21): it takes nothing of us. */
  get isUploadOnly(): boolean {
    return this.isSeed || saysUploadOnly(this.wire);
  }

  /** It wants something of us and waits for its turn. */
  get isQueued(): boolean {
    return this.wire.peerInterested && this.wire.amChoking;
  }

  get #mayWant(): boolean {
    return !this.#isShunned && !this.host.isPaused();
  }

  /** `isSecret`: it is told that we have nothing (super-seed.ts). */
  begin(isSecret = false): void {
    const { wire } = this;
    const claimed = () => {
      this.#recount();
      this.#disown();
      this.host.role.heard(this, null);
    };
    wire.on('bitfield', claimed);
    wire.on('have-all', claimed);
    wire.on('have-none', claimed);
    wire.on('have', (index: number) => this.#gained(index));
    wire.lt_donthave.on('donthave', () => this.#lost());
    wire.on('allowed-fast', () => {
      if (++this.#fastCount <= MAX_FAST_PIECES) this.fill();
    });
    wire.on('unchoke', () => this.fill());
    wire.on('choke', () => {
      this.#isShunned = false;
      this.refreshInterest();
      this.scheduler.lost(this.view.id);
    });
    wire.on('request', (...[index, , , respond]: [number, number, number, Respond]) => {
      // BEP 16: one that asks for what it was not told of is no worse for it.
      if (this.host.role.hides(this, index)) respond(new Error('not shown'));
      else this.#giver.asked(respond);
    });
    this.#claim(isSecret);
    this.#recount();
  }

  end(): void {
    this.#watch.end();
    this.#giver.end();
    this.host.rates.download.leaves(this.#asker);
    this.scheduler.picker.leaves(this.view.holdings);
    this.scheduler.lost(this.view.id);
  }

  /** Tells the peer of a piece we now have. One that has it too may be a super-seed, which waits to hear of it (BEP 16). */
  announce(index: number): void {
    // What a peer was asked for before it fell silent is taken back only here.
    const late = this.wire.requests.filter(({ piece }) => piece === index);
    for (const { piece, offset, length } of late) this.wire.cancel(piece, offset, length);
    if (!this.isSeed) this.wire.have(index);
    this.fill();
  }

  refreshInterest(): void {
    if (this.#mayWant && this.scheduler.isInteresting(this.view)) this.wire.interested();
    else this.wire.uninterested();
  }

  /** The torrent is paused: what the peer was asked for is taken back; what comes of it anyway is taken as ever. */
  rest(): void {
    const { wire } = this;
    for (const { piece, offset, length } of wire.requests) {
      wire._message(MESSAGE.cancel, [piece, offset, length], null);
    }
    wire.choke();
    this.refreshInterest();
  }

  /** The torrent goes on: what was taken back is free to be asked for again. */
  goOn(): void {
    this.#stopAsking();
    this.refreshInterest();
    this.fill();
  }

  /** While there is no network a peer's silence is not counted. */
  setOnline(isOnline: boolean): void {
    this.#isOnline = isOnline;
    this.#noteAsked();
  }

  /** Asks the peer for as much as it can deliver soon, and as the download limit allows. */
  fill(): void {
    const { wire, host } = this;
    if (wire.requests.length > this.#depth / 2 || !this.#mayAsk) return;
    this.#depth = this.#pipeline;
    if (wire.requests.length > this.#depth / 2) return;
    this.#goOnAt = -1;
    this.#noteUrgency();
    host.rates.download.wants(this.#asker);
    if (!wire.requests.length && wire.amInterested) this.refreshInterest();
  }

  /** What was taken back came anyway. */
  cameAnyway(lengthBytes: number): void {
    const bytes = Math.min(lengthBytes, this.#takenBackBytes);
    this.#takenBackBytes -= bytes;
    this.host.rates.download.charge(bytes);
  }

  get #mayAsk(): boolean {
    const { wire, host } = this;
    const isGiven = !wire.peerChoking || wire.peerAllowedFastSet.length > 0;
    return !wire.destroyed && isGiven && !host.isPaused();
  }

  /** How many requests are to be under way now. */
  get #pipeline(): number {
    const { wire, scheduler } = this;
    if (wire.type === 'webSeed')
      return (
        pipelineBytes(wire.downloaded, wire.downloadSpeed(), scheduler.hasReaders) / BLOCK_LENGTH
      );
    if (this.isSnubbed) return 1;
    const { reqq } = wire.peerExtendedHandshake;
    const pace = {
      rateBps: wire.downloadSpeed(),
      latestBps: this.given.over(1),
      roundTripMs: this.#roundTripMs,
    };
    return pipelineLength(pace, scheduler.hasReaders, reqq);
  }

  /** Its turn to ask for a block. */
  #use(): number {
    const { wire, host } = this;
    if (!this.#mayAsk || wire.requests.length >= this.#depth) return 0;
    const nowMs = host.clock.now();
    const next = this.#next(nowMs, host.isHalted());
    if (!next) return 0;
    const { piece, offsetBytes, lengthBytes } = next;
    // What lies end to end is one request to the server (range-queue.ts).
    if (wire.type === 'webSeed') this.#goOnAt = piece.index + 1;
    const isSent = this.#ask(piece, offsetBytes, lengthBytes, nowMs);
    this.#noteUrgency();
    return isSent ? lengthBytes : 0;
  }

  #next(nowMs: number, isHalted: boolean): BlockRequest | null {
    const { wire, scheduler, view } = this;
    if (!wire.peerChoking) return scheduler.next(view, nowMs, isHalted, this.#goOnAt);
    return scheduler.nextOf(wire.peerAllowedFastSet, view, nowMs, isHalted);
  }

  /** Whether a reader waits for what the peer would be asked for: it matters only where somebody has to wait. */
  #noteUrgency(): void {
    const { scheduler, host } = this;
    this.#asker.isUrgent =
      scheduler.hasReaders && host.rates.download.isLimited && scheduler.isUrgentFor(this.view);
  }

  /** Returns whether the request went out: a wire that is about to close takes none. */
  #ask(piece: ActivePiece, offset: number, length: number, nowMs: number): boolean {
    const { wire, host, view } = this;
    const underWay = wire.requests.length;
    const isTimed = !this.#isTiming;
    let isSent = false;
    wire.request(piece.index, offset, length, (error, bytes) => {
      if (isTimed) this.#timed(bytes ? host.clock.now() - nowMs : Infinity);
      if (isSent && !bytes) {
        this.#takenBackBytes += length;
        host.rates.download.giveBack(length);
      }
      this.#noteAsked();
      if (bytes?.length) this.#heard();
      if (error || !bytes || this.scheduler.active(piece.index) !== piece) {
        this.#forget(piece, offset, length);
        if (error && wire.peerChoking) this.#isNotGiven(piece.index);
        if (bytes) host.onBlock(piece, bytes.length);
        if (wire.destroyed || wire.peerChoking) this.scheduler.lost(view.id);
        else if (isSent) queueMicrotask(() => this.fill());
        return;
      }
      this.#cancelElsewhere(piece, offset, length);
      const newBytes = piece.put(offset, bytes, view.id);
      host.onBlock(piece, bytes.length - newBytes);
      this.fill();
    });
    isSent = wire.requests.length > underWay;
    if (isTimed) this.#isTiming = isSent;
    this.#noteAsked();
    if (this.isSnubbed) this.#forget(piece, offset, length);
    return isSent;
  }

  /** A clock that was set back says nothing. */
  #timed(tookMs: number): void {
    this.#isTiming = false;
    if (tookMs >= 0) this.#roundTripMs = Math.min(this.#roundTripMs, tookMs);
  }

  /** BEP 6: it may refuse while it chokes us what it had said it gives; then it is not asked for that again. */
  #isNotGiven(index: number): void {
    const { peerAllowedFastSet } = this.wire;
    const at = peerAllowedFastSet.indexOf(index);
    if (at >= 0) peerAllowedFastSet.splice(at, 1);
  }

  /** The blocks are free for others. */
  #forget(piece: ActivePiece, offset: number, length: number): void {
    for (let at = offset; at < offset + length; at += BLOCK_LENGTH) {
      piece.forget(at / BLOCK_LENGTH, this.view.id);
    }
  }

  /** A web seed has time limits of its own. */
  #noteAsked(): void {
    if (this.wire.type === 'webSeed') return;
    this.#watch.asks(this.#isOnline && this.wire.requests.length > 0);
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

  #claim(isSecret: boolean): void {
    const { wire } = this;
    const { have } = this.plan;
    const isNone = isSecret || have.count === 0;
    if (wire.hasFast && isNone) wire.haveNone();
    else if (wire.hasFast && have.isFull) wire.haveAll();
    else if (!isSecret) wire.bitfield(have.bytes.slice());
  }

  #recount(): void {
    const pieces = readPeerPieces(this.wire, this.plan.map.pieceCount);
    this.scheduler.picker.claims(this.view.holdings, pieces);
    this.wire.peerPieces = asWireRecord(this.view.holdings, this.scheduler.picker);
    this.wire.isSeeder = this.isSeed;
    this.refreshInterest();
    this.fill();
  }

  /** The picker has counted it (peer-pieces.ts). */
  #gained(index: number): void {
    this.wire.isSeeder = this.isSeed;
    if (!this.wire.amInterested && this.#mayWant && this.scheduler.isNeeded(index))
      this.wire.interested();
    this.host.role.heard(this, index);
    this.fill();
  }

  #lost(): void {
    this.wire.isSeeder = false;
    this.#disown();
    this.refreshInterest();
  }

  /** Pieces that only it was to give, and that it turns out not to have, are for others. */
  #disown(): void {
    this.scheduler.lost(this.view.id, (index) => this.pieces.has(index));
  }
}
