/**
 * A download from peers of given rates and delays, in steps of ten simulated milliseconds: how long it takes, and how much
 * comes twice. Asks as webtorrent/wire-session.ts does; nothing here is random.
 */
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { BLOCK_LENGTH } from '../../../../../workers/engine/protocol/active-piece.ts';
import {
  BlockScheduler,
  type BlockRequest,
  type PeerView,
} from '../../../../../workers/engine/protocol/block-scheduler.ts';
import { InFlightLimits } from '../../../../../workers/engine/protocol/in-flight-limits.ts';
import { PeerHoldings } from '../../../../../workers/engine/protocol/peer-holdings.ts';

export interface PeerFacts {
  readonly rateBps: number;
  readonly roundTripMs: number;
  /** From then on it gives nothing. */
  readonly stallsAtMs?: number;
}

export interface Outcome {
  readonly tookMs: number;
  readonly wastedBytes: number;
}

const STEP_MS = 10;
/** As RillTorrent's timer. */
const LOOK_MS = 500;
const RATE_WINDOW_MS = 2_000;

interface Sent {
  readonly request: BlockRequest;
  readonly atPeerMs: number;
  cancelledAtMs: number;
  leftBytes: number;
}

class SimulatedPeer {
  readonly view: PeerView;
  /** Asked for, and neither here nor taken back. */
  readonly requests: BlockRequest[] = [];
  readonly #queue: Sent[] = [];
  readonly #arriving: { readonly request: BlockRequest; readonly atMs: number }[] = [];
  readonly #arrived: { readonly atMs: number; readonly lengthBytes: number }[] = [];

  constructor(
    id: string,
    readonly facts: PeerFacts,
    pieceCount: number,
    readonly now: () => number,
  ) {
    this.view = {
      id,
      holdings: new PeerHoldings(pieceCount),
      waitMs: (lengthBytes) => this.#waitMs(lengthBytes),
    };
  }

  get #rateBps(): number {
    const sinceMs = this.now() - RATE_WINDOW_MS;
    while (this.#arrived.length && this.#arrived[0]!.atMs < sinceMs) this.#arrived.shift();
    const bytes = this.#arrived.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
    return (bytes * 1_000) / RATE_WINDOW_MS;
  }

  get pipelineLength(): number {
    return Math.min(500, 2 + Math.ceil(this.#rateBps / BLOCK_LENGTH));
  }

  #waitMs(lengthBytes: number): number {
    if (this.#rateBps === 0) return 1_000;
    const owedBytes = this.requests.length * BLOCK_LENGTH;
    const ms = ((owedBytes + lengthBytes) / this.#rateBps) * 1_000;
    return Math.min(60_000, Math.max(500, ms));
  }

  ask(request: BlockRequest): void {
    this.requests.push(request);
    const atPeerMs = this.now() + this.facts.roundTripMs / 2;
    const { lengthBytes: leftBytes } = request;
    this.#queue.push({ request, atPeerMs, cancelledAtMs: Infinity, leftBytes });
  }

  /** The cancel is on its way; what it meets at the peer is not sent. */
  cancel(piece: BlockRequest['piece'], offsetBytes: number): void {
    const isIt = (one: BlockRequest) => one.piece === piece && one.offsetBytes === offsetBytes;
    const at = this.requests.findIndex(isIt);
    if (at >= 0) this.requests.splice(at, 1);
    for (const sent of this.#queue) {
      if (isIt(sent.request)) sent.cancelledAtMs = this.now() + this.facts.roundTripMs / 2;
    }
    piece.forget(offsetBytes / BLOCK_LENGTH, this.view.id);
  }

  /** Sends for one step; returns what has come. */
  step(): BlockRequest[] {
    const nowMs = this.now();
    const { rateBps, roundTripMs, stallsAtMs = Infinity } = this.facts;
    let roomBytes = nowMs < stallsAtMs ? (rateBps * STEP_MS) / 1_000 : 0;
    while (roomBytes > 0 && this.#queue.length) {
      const sent = this.#queue[0]!;
      const isStarted = sent.leftBytes < sent.request.lengthBytes;
      if (!isStarted && sent.cancelledAtMs <= nowMs) {
        this.#queue.shift();
        continue;
      }
      if (sent.atPeerMs > nowMs) break;
      const bytes = Math.min(roomBytes, sent.leftBytes);
      sent.leftBytes -= bytes;
      roomBytes -= bytes;
      if (sent.leftBytes > 0) break;
      this.#queue.shift();
      this.#arriving.push({ request: sent.request, atMs: nowMs + roundTripMs / 2 });
    }
    const here: BlockRequest[] = [];
    while (this.#arriving.length && this.#arriving[0]!.atMs <= nowMs) {
      const { request } = this.#arriving.shift()!;
      here.push(request);
      this.#arrived.push({ atMs: nowMs, lengthBytes: request.lengthBytes });
      const at = this.requests.indexOf(request);
      if (at >= 0) this.requests.splice(at, 1);
    }
    return here;
  }
}

/** Downloads everything; throws when it takes longer than `mostMs`. */
export function simulateDownload(
  lengthBytes: number,
  pieceLength: number,
  facts: readonly PeerFacts[],
  random: () => number,
  mostMs = 600_000,
): Outcome {
  const map = new PieceMap(lengthBytes, pieceLength);
  const all = () => {
    const field = new Bitfield(map.pieceCount);
    for (let i = 0; i < map.pieceCount; i++) field.set(i);
    return field;
  };
  const limits = new InFlightLimits(20);
  const have = new Bitfield(map.pieceCount);
  const scheduler = new BlockScheduler(map, have, all(), limits, random);
  let nowMs = 0;
  let wastedBytes = 0;
  scheduler.onDropped = (bytes) => (wastedBytes += bytes);
  const peers = facts.map(
    (one, n) => new SimulatedPeer(`peer ${n}`, one, map.pieceCount, () => nowMs),
  );
  for (const { view } of peers) scheduler.picker.claims(view.holdings, all());

  const fill = (peer: SimulatedPeer) => {
    while (peer.requests.length < peer.pipelineLength) {
      const request = scheduler.next(peer.view, nowMs, false);
      if (!request) return;
      peer.ask(request);
    }
  };
  const take = (peer: SimulatedPeer, { piece, offsetBytes, lengthBytes: bytes }: BlockRequest) => {
    const block = offsetBytes / BLOCK_LENGTH;
    if (scheduler.active(piece.index) !== piece) {
      wastedBytes += bytes;
      return;
    }
    const others = piece.othersAsked(block, peer.view.id);
    for (const other of peers) if (others.includes(other.view.id)) other.cancel(piece, offsetBytes);
    wastedBytes += bytes - piece.put(offsetBytes, new Uint8Array(bytes), peer.view.id);
    if (!piece.isComplete) return;
    scheduler.toStorage(piece);
    scheduler.handedOver(piece.index);
    have.set(piece.index);
    scheduler.fromStorage(piece.index);
    for (const one of peers) fill(one);
  };

  for (const peer of peers) fill(peer);
  for (; !have.isFull; nowMs += STEP_MS) {
    if (nowMs > mostMs) throw new Error(`not complete after ${mostMs} ms`);
    if (nowMs % LOOK_MS === 0) for (const peer of peers) fill(peer);
    for (const peer of peers) {
      for (const request of peer.step()) {
        take(peer, request);
        fill(peer);
      }
    }
  }
  // What is on its way still comes: cancels that met their block at the peer cost nothing, the others a block each.
  const endMs = nowMs;
  for (; nowMs < endMs + 60_000; nowMs += STEP_MS) {
    for (const peer of peers)
      for (const { lengthBytes: bytes } of peer.step()) wastedBytes += bytes;
  }
  return { tookMs: endMs, wastedBytes };
}
