/**
 * A filter in front of a wire, put there before it parses anything after the handshake: bittorrent-protocol reads what it
 * is sent (FACTS.md). Each message is judged by message-rules.ts; what is kept here is what one message cannot show.
 *
 * Invariants:
 * - what we owe a peer (blocks it asked for, and what was sent but not taken) is at most `MAX_OWED_BYTES`, and what it sends
 *   of no use is counted and has an end, so one connection costs no more memory or work than its honest use would;
 * - an extension handshake reaches a decoder only as we wrote it anew;
 * - a block that we did not ask for reaches nobody, and is not counted as downloaded;
 * - after a violation nothing more of the peer is looked at, whatever is still on the way.
 */
import type Wire from 'bittorrent-protocol';
import type { PieceMap } from '../../model/piece-map.ts';
import { WithdrawnRequests } from '../withdrawn-requests.ts';
import { rewriteHandshake } from './extension-handshake.ts';
import { judgeMessage, MESSAGE, uint32, type MessageFacts } from './message-rules.ts';
import { requestFor } from './take-block.ts';

/** As libtorrent: room for the bitfield of the largest torrent and for any block. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_QUEUED_REQUESTS = 512;
/** As many blocks of 16 KiB. An honest peer has that much under way at most, so it never meets this. */
const MAX_OWED_BYTES = 8 * 1024 * 1024;
/**
 * Requests in a row without a block given. BEP 6 lets a peer ask for what it may not have: of a piece that we lost, or
 * across a choke; then a reject is right. So many are no crossing: it asks for what we lack, or for too much.
 */
const MAX_UNMET_REQUESTS = 2_048;
/** Of our requests, refused in a row without a block: whoever only refuses would be asked again for ever. */
const MAX_REFUSALS = 1_024;
/** Blocks and rejects of what we do not wait for any more: we cancel, and a choke forgets what is under way. */
const MAX_UNASKED = 1_024;
/** Blocks that we never asked for: nobody sends such in good faith, and one costs as much as a good one. */
const MAX_STRAY_BLOCKS = 1;
/** Messages that nothing here reads. */
const MAX_USELESS = 4_096;
/** Bitfields, HAVE ALL and HAVE NONE: a few bytes that each mean a walk over all pieces. BEP 6 wants one, and first. */
const MAX_CLAIMS = 32;
const MAX_HANDSHAKES = 16;
/** Of a peer that claims before the metadata is known: as far as the wire's own record grows, in bytes. */
const UNKNOWN_BITFIELD_BYTES = 50_000;

export interface WireLimits {
  /** The torrent's pieces, or `null` while the metadata is not known. */
  map(): PieceMap | null;
  /** A block came that nobody asked for, or not any more. */
  onUnasked(lengthBytes: number): void;
  /** The peer broke a rule; the connection ends. */
  onViolation(reason: string): void;
}

/** The messages of a web seed are made by our own code, and may be as long as a piece. */
export function guardWire(wire: Wire, limits: WireLimits): void {
  if (wire.type !== 'webSeed') new WireGuard(wire, limits).stand();
}

class WireGuard {
  readonly #facts: MessageFacts;
  readonly #unmet = new Allowance(MAX_UNMET_REQUESTS);
  readonly #refusals = new Allowance(MAX_REFUSALS);
  readonly #unasked = new Allowance(MAX_UNASKED);
  readonly #strays = new Allowance(MAX_STRAY_BLOCKS);
  readonly #withdrawnByUs = new WithdrawnRequests();
  readonly #useless = new Allowance(MAX_USELESS);
  readonly #claims = new Allowance(MAX_CLAIMS);
  readonly #handshakes = new Allowance(MAX_HANDSHAKES);
  #hasBitfield = false;
  /** The last extension handshake, as it was passed on. */
  #handshake: Uint8Array | null = null;
  #wasChoking = true;

  constructor(
    readonly wire: Wire,
    readonly limits: WireLimits,
  ) {
    this.#facts = {
      get map() {
        return limits.map();
      },
      get hasFast() {
        return wire.hasFast;
      },
      extensionName: (number) => wire.extendedMapping[number],
    };
  }

  stand(): void {
    const { wire } = this;
    const onMessageLength = wire._onMessageLength.bind(wire);
    wire._onMessageLength = (bytes) => {
      const length = uint32(bytes, 0);
      // A keep-alive is over with its length. Nobody here waits for one, and a flood of them must cost little.
      if (length === 0) return;
      if (length > MAX_MESSAGE_BYTES) this.#violated(`a message of ${length} bytes`);
      else onMessageLength(bytes);
    };
    const onMessage = wire._onMessage.bind(wire);
    wire._onMessage = (message) => {
      wire._parse(4, wire._onMessageLength);
      const verdict = judgeMessage(message, this.#facts);
      if (typeof verdict === 'object') this.#violated(verdict.violation);
      else if (verdict === 'ignore') this.#pass();
      else if (this.#isIdle(message[0]!)) return;
      else if (this.#refusals.spend(this.#withdrawn(message))) onMessage(message);
      else this.#violated('refusals and no blocks');
    };
    this.#watchClaims();
    this.#watchRequests();
    this.#watchAnswers();
    this.#watchHandshakes();
  }

  /** What the peer has: one bitfield, and BEP 6's two short ones. */
  #watchClaims(): void {
    const { wire } = this;
    const onBitField = wire._onBitField.bind(wire);
    wire._onBitField = (bytes) => {
      // BEP 3 has one, first. A second would undo what came since.
      if (this.#hasBitfield) return this.#pass();
      this.#hasBitfield = true;
      if (this.#mayClaim()) onBitField(bytes);
    };
    const onHaveAll = wire._onHaveAll.bind(wire);
    wire._onHaveAll = () => {
      if (this.#mayClaim()) onHaveAll();
    };
    // The wire forgets to forget: after HAVE NONE its record of the peer would still say what was claimed before.
    wire._onHaveNone = () => {
      const pieceCount = this.limits.map()?.pieceCount;
      const lengthBytes = pieceCount ? Math.ceil(pieceCount / 8) : UNKNOWN_BITFIELD_BYTES;
      if (this.#mayClaim()) onBitField(new Uint8Array(lengthBytes));
    };
  }

  /** What the peer asks of us. */
  #watchRequests(): void {
    const { wire } = this;
    const onRequest = wire._onRequest.bind(wire);
    wire._onRequest = (index, offset, length) => {
      // Chokes and unchokes are ours: what they left unmet is not the peer's fault.
      if (wire.amChoking !== this.#wasChoking) this.#unmet.renew();
      this.#wasChoking = wire.amChoking;
      // Passed over before it is dropped: rejects that are on their way still arrive.
      if (!this.#unmet.spend()) return this.#pass();
      if (this.#mayQueue(length)) onRequest(index, offset, length);
      else if (wire.hasFast) wire._message(MESSAGE.reject, [index, offset, length], null);
    };
    wire.on('upload', () => this.#unmet.renew());
  }

  /** What the peer answers to us. */
  #watchAnswers(): void {
    const { wire } = this;
    const onPiece = wire._onPiece.bind(wire);
    wire._onPiece = (index, offset, block) => {
      if (!this.#isAsked(index, offset, block.length)) {
        this.limits.onUnasked(block.length);
        if (this.#withdrawnByUs.spend(index, offset, block.length) || this.#strays.spend())
          return this.#notAsked();
        return this.#violated('blocks that it was not asked for');
      }
      this.#refusals.renew();
      this.#unasked.restore();
      onPiece(index, offset, block);
    };
    const cancel = wire.cancel.bind(wire);
    wire.cancel = (index, offset, length) => {
      if (this.#isAsked(index, offset, length)) this.#withdrawnByUs.add(index, offset, length);
      cancel(index, offset, length);
    };
    const onChoke = wire._onChoke.bind(wire);
    wire._onChoke = () => {
      // Then the wire forgets them, and the peer may have sent some.
      if (!wire.hasFast)
        for (const { piece, offset, length } of wire.requests)
          this.#withdrawnByUs.add(piece, offset, length);
      onChoke();
    };
    const onReject = wire._onReject.bind(wire);
    wire._onReject = (index, offset, length) => {
      if (this.#isAsked(index, offset, length)) onReject(index, offset, length);
      else this.#notAsked();
    };
  }

  #watchHandshakes(): void {
    const { wire } = this;
    const onExtended = wire._onExtended.bind(wire);
    wire._onExtended = (extension, bytes) => {
      if (extension !== 0) return onExtended(extension, bytes);
      const rewritten = this.#handshakes.spend() ? rewriteHandshake(bytes, this.#handshake) : null;
      if (!rewritten) return this.#pass();
      this.#handshake = rewritten;
      onExtended(0, rewritten);
    };
  }

  /** What changes nothing, such as a second choke: passing it on would only make others look. */
  #isIdle(id: number): boolean {
    const { wire } = this;
    if (id === MESSAGE.choke) return wire.peerChoking;
    if (id === MESSAGE.unchoke) return !wire.peerChoking;
    if (id === MESSAGE.interested) return wire.peerInterested;
    return id === MESSAGE.uninterested && !wire.peerInterested;
  }

  /** How many of our requests the message says will not be answered: each would be asked again, here or elsewhere. */
  #withdrawn(message: Uint8Array): number {
    const { requests, hasFast, extendedMapping } = this.wire;
    if (message[0] === MESSAGE.reject) return 1;
    // BEP 6: with the fast extension a choke refuses nothing by itself.
    if (message[0] === MESSAGE.choke) return hasFast ? 0 : requests.length;
    const isLoss =
      message[0] === MESSAGE.extended && extendedMapping[message[1]!] === 'lt_donthave';
    if (!isLoss) return 0;
    const index = uint32(message, 2);
    const lost = requests.filter((request) => request.piece === index);
    // lt_donthave forgets them, and the peer may have been about to send some.
    for (const { piece, offset, length } of lost) this.#withdrawnByUs.add(piece, offset, length);
    return lost.length;
  }

  #mayClaim(): boolean {
    if (this.#claims.spend()) return true;
    this.#violated('what it has again and again');
    return false;
  }

  #mayQueue(lengthBytes: number): boolean {
    const { peerRequests, _readableState } = this.wire;
    if (peerRequests.length >= MAX_QUEUED_REQUESTS) return false;
    let owedBytes = _readableState.buffered + lengthBytes;
    for (const request of peerRequests) owedBytes += request.length;
    return owedBytes <= MAX_OWED_BYTES;
  }

  #isAsked(index: number, offset: number, length: number): boolean {
    return requestFor(this.wire, index, offset, length) >= 0;
  }

  #notAsked(): void {
    if (!this.#unasked.spend()) this.#violated('much that it was not asked for');
  }

  #pass(): void {
    if (!this.#useless.spend()) this.#violated('much that is of no use');
  }

  #violated(reason: string): void {
    const { wire } = this;
    // `destroy` ends the stream only later: until then nothing of what is buffered or on the way may be parsed or kept.
    wire._parse(Number.MAX_VALUE, () => undefined);
    wire._write = (_, callback) => callback(null);
    this.limits.onViolation(reason);
    wire.destroy();
  }
}

/** So many of something, and no more. */
class Allowance {
  #spent = 0;

  constructor(readonly most: number) {}

  /** Whether so many more are allowed. */
  spend(count = 1): boolean {
    this.#spent += count;
    return this.#spent <= this.most;
  }

  restore(): void {
    if (this.#spent > 0) this.#spent--;
  }

  renew(): void {
    this.#spent = 0;
  }
}
