/**
 * A torrent with its scheduler and a wire to each of its peers: measures what a HAVE, a block and a started piece cost. Every
 * round puts back what it changed. Costs are nanoseconds of this process's CPU time, since others may have the machine for
 * a while.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import Wire from 'bittorrent-protocol';
import ltDontHave from 'lt_donthave';
import { Bitfield } from '../../../workers/engine/model/bitfield.ts';
import { PieceMap } from '../../../workers/engine/model/piece-map.ts';
import { BLOCK_LENGTH } from '../../../workers/engine/protocol/active-piece.ts';
import {
  BlockScheduler,
  type BlockRequest,
  type PeerView,
} from '../../../workers/engine/protocol/block-scheduler.ts';
import { InFlightLimits } from '../../../workers/engine/protocol/in-flight-limits.ts';
import type { DownloadPlan } from '../../../workers/engine/model/swarm.ts';
import { RateLimits } from '../../../workers/engine/protocol/rate-limits.ts';
import { WireSession } from '../../../workers/engine/protocol/webtorrent/wire-session.ts';
import { guardWire } from '../../../workers/engine/protocol/webtorrent/wire-guard.ts';
import { reuseReceiveBuffer } from '../../../workers/engine/protocol/webtorrent/receive-buffer.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';

/** One number for each round. */
export interface Costs {
  /** Of a HAVE from its bytes on, and of what the picker does of that. */
  readonly haveNs: number[];
  readonly pickerHaveNs: number[];
  readonly blockNs: number[];
  readonly startNs: number[];
}

const BLOCKS_PER_PIECE = 16;
const HAVES = 10_000;
const BLOCKS = 3_200;
const STARTS = 3_000;
/** Requests that are out at any moment, over all peers. */
const OUTSTANDING = 100;
const MAX_IN_FLIGHT = 20;
const COSTS = ['haveNs', 'pickerHaveNs', 'blockNs', 'startNs'] as const;
/** The id of the message (BEP 3). */
const HAVE = 4;
const HANDSHAKE = new Uint8Array(68);
HANDSHAKE.set(new TextEncoder().encode('\u0013BitTorrent protocol'));
setFlagsFromString('--expose-gc');
/** What was made to be measured with is collected before, not within, the measurement. */
const collectGarbage = runInNewContext('gc') as (options: { type: 'minor' }) => void;
const clock = new FakeClock();
const HOST = {
  clock,
  rates: new RateLimits(clock).join(),
  isHalted: () => false,
  isPaused: () => false,
  onBlock: () => undefined,
  cancelElsewhere: () => undefined,
  freed: () => undefined,
  role: { hides: () => false, heard: () => undefined },
};
const block = new Uint8Array(BLOCK_LENGTH);

/** Which peer says which piece: as small as can be, since what the bench reads takes the caches from what is measured. */
interface Haves {
  readonly peers: Uint16Array;
  readonly pieces: Uint32Array;
}

export class ScheduledSwarm {
  readonly scheduler: BlockScheduler;
  readonly sessions: WireSession[] = [];
  readonly costs: Costs = { haveNs: [], pickerHaveNs: [], blockNs: [], startNs: [] };
  readonly #have: Bitfield;
  readonly #random = seededRandom(7);
  readonly #limits = new InFlightLimits(MAX_IN_FLIGHT);

  /** `seeds` of the peers have everything, the others a random half. */
  constructor(
    readonly pieceCount: number,
    peers: number,
    seeds: number,
  ) {
    const pieceLength = BLOCKS_PER_PIECE * BLOCK_LENGTH;
    const map = new PieceMap(pieceCount * pieceLength, pieceLength);
    this.#have = new Bitfield(pieceCount);
    const all = new Bitfield(pieceCount, new Uint8Array(this.#have.bytes.length).fill(255));
    this.scheduler = new BlockScheduler(map, this.#have, all, this.#limits, this.#random);
    const plan = { map, have: this.#have } as DownloadPlan;
    for (let n = 0; n < peers; n++) {
      const wire = new Wire();
      wire.on('handshake', () => {
        guardWire(wire, {
          map: () => map,
          onUnasked: () => undefined,
          onViolation: () => undefined,
        });
        reuseReceiveBuffer(wire);
      });
      wire.use(ltDontHave());
      wire._write(HANDSHAKE, () => undefined);
      const session = new WireSession(wire, plan, this.scheduler, HOST);
      session.begin();
      wire._onBitField(this.#have.bytes.map(() => (n < seeds ? 255 : this.#random() * 256)));
      this.sessions.push(session);
    }
  }

  async round(isMeasured: boolean): Promise<void> {
    const haves = this.#drawHaves();
    const ns = {
      haveNs: await this.#receive(haves),
      pickerHaveNs: this.#count(haves),
      blockNs: this.#blocks(),
      startNs: this.#starts(),
    };
    if (!isMeasured) return;
    for (const name of COSTS) this.costs[name].push(ns[name]);
  }

  /** Each HAVE comes as the bytes of one message of a channel; a wire copies what it keeps, so one buffer is enough. */
  async #receive({ peers, pieces }: Haves): Promise<number> {
    const { picker } = this.scheduler;
    const sessions = Array.from(peers, (peer) => this.sessions[peer]!);
    const message = Uint8Array.of(0, 0, 0, 5, HAVE, 0, 0, 0, 0);
    const view = new DataView(message.buffer);
    const done = () => undefined;
    collectGarbage({ type: 'minor' });
    const began = process.cpuUsage();
    for (let n = 0; n < HAVES; n++) {
      view.setUint32(5, pieces[n]!);
      sessions[n]!.wire._write(message, done);
    }
    await settled();
    const ns = nanosecondsSince(began);
    if (!sessions.every((session, n) => session.pieces.has(pieces[n]!))) throw new Error('not had');
    sessions.forEach(({ view: { holdings } }, n) => picker.lost(holdings, pieces[n]!));
    return ns / HAVES;
  }

  #count({ peers, pieces }: Haves): number {
    const { picker } = this.scheduler;
    const holdings = Array.from(peers, (peer) => this.sessions[peer]!.view.holdings);
    const began = process.cpuUsage();
    for (let n = 0; n < HAVES; n++) picker.gained(holdings[n]!, pieces[n]!);
    const ns = nanosecondsSince(began);
    for (let n = 0; n < HAVES; n++) picker.lost(holdings[n]!, pieces[n]!);
    return ns / HAVES;
  }

  /** Peers in random order are asked for a block each, and the oldest request is answered, until enough have come. */
  #blocks(): number {
    const requests: { peer: PeerView; request: BlockRequest }[] = [];
    const stored: number[] = [];
    const order = Array.from({ length: 4096 }, () => this.#drawPeer());
    let asked = 0;
    let answered = 0;
    const began = process.cpuUsage();
    for (let turn = 0; answered < BLOCKS; turn++) {
      const peer = order[turn % order.length]!;
      const request = this.scheduler.next(peer, 0, false);
      if (request && ++asked) requests.push({ peer, request });
      if (request && requests.length < OUTSTANDING) continue;
      const oldest = requests.shift();
      if (oldest) this.#answer(oldest.request, oldest.peer, stored);
      if (oldest) answered++;
    }
    const ns = nanosecondsSince(began);
    if (asked < BLOCKS) throw new Error(`only ${asked} blocks were asked for`);
    this.scheduler.clear();
    for (const index of stored) {
      this.#have.clear(index);
      this.scheduler.picker.refresh(index);
    }
    return ns / BLOCKS;
  }

  #answer({ piece, offsetBytes }: BlockRequest, { id }: PeerView, stored: number[]): void {
    piece.put(offsetBytes, block, id);
    if (!piece.isComplete) return;
    this.scheduler.toStorage(piece);
    this.scheduler.handedOver(piece.index);
    this.#limits.buffers.give(piece.bytes);
    this.#have.set(piece.index);
    this.scheduler.fromStorage(piece.index);
    this.scheduler.retry(() => {});
    stored.push(piece.index);
  }

  /** A piece is chosen for a peer and given up again. */
  #starts(): number {
    const order = Array.from({ length: 4096 }, () => this.#drawPeer());
    const began = process.cpuUsage();
    for (let n = 0; n < STARTS; n++) {
      const { piece } = this.scheduler.next(order[n % order.length]!, 0, false)!;
      this.#limits.buffers.give(piece.bytes);
      this.scheduler.take(piece);
    }
    return nanosecondsSince(began) / STARTS;
  }

  /** Pieces that peers do not have, each peer and piece once, in random order. */
  #drawHaves(): Haves {
    const drawn = new Set<number>();
    const haves = { peers: new Uint16Array(HAVES), pieces: new Uint32Array(HAVES) };
    while (drawn.size < HAVES) {
      const key = Math.floor(this.#random() * this.sessions.length * this.pieceCount);
      const peer = Math.floor(key / this.pieceCount);
      const piece = key % this.pieceCount;
      if (drawn.has(key) || this.sessions[peer]!.pieces.has(piece)) continue;
      haves.peers[drawn.size] = peer;
      haves.pieces[drawn.size] = piece;
      drawn.add(key);
    }
    return haves;
  }

  #drawPeer(): PeerView {
    return this.sessions[Math.floor(this.#random() * this.sessions.length)]!.view;
  }
}

function nanosecondsSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) * 1e3;
}
