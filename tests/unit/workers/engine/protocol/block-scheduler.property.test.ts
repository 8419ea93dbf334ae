/** Whole downloads over peers that fail at random: the schedule always ends with every byte right. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { BLOCK_LENGTH } from '../../../../../workers/engine/protocol/active-piece.ts';
import {
  BlockScheduler,
  type BlockRequest,
} from '../../../../../workers/engine/protocol/block-scheduler.ts';
import { InFlightLimits } from '../../../../../workers/engine/protocol/in-flight-limits.ts';
import { seededBytes } from '../../../../support/torrents.ts';
import { peer, WAIT_MS } from './scheduler-scene.ts';

const MAX_IN_FLIGHT = 3;
/** endgame.ts: nobody is late sooner than half a second after it was due, and three at most are asked for a block. */
const EARLIEST_MS = WAIT_MS + 500;
const MAX_ASKERS = 3;

/** One step of a peer: asks, answers, fails its oldest request, or time passes. */
const step = fc.record({
  peer: fc.nat({ max: 2 }),
  act: fc.constantFrom('ask', 'ask', 'answer', 'answer', 'fail', 'wait', 'seek', 'press'),
  n: fc.nat({ max: 9 }),
});
const scene = fc.record({
  lengthBytes: fc.integer({ min: 1, max: 14 * BLOCK_LENGTH }),
  blocksPerPiece: fc.integer({ min: 1, max: 3 }),
  /** What the second and third peer have; the first has all. */
  has: fc.tuple(
    fc.uniqueArray(fc.nat({ max: 13 })),
    fc.option(fc.uniqueArray(fc.nat({ max: 13 })), { nil: null }),
  ),
  steps: fc.array(step, { maxLength: 150 }),
  seed: fc.nat(),
});
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

interface Ask {
  readonly request: BlockRequest;
  readonly atMs: number;
}

class Download {
  readonly content: Uint8Array;
  readonly stored: Uint8Array;
  readonly limits = new InFlightLimits(MAX_IN_FLIGHT);
  readonly scheduler: BlockScheduler;
  readonly peers;
  readonly asks = new Map<string, Ask[]>();
  nowMs = 0;
  isPressed = false;
  readers = 0;

  constructor({ lengthBytes, blocksPerPiece, has, seed }: Scene) {
    const map = new PieceMap(lengthBytes, blocksPerPiece * BLOCK_LENGTH);
    const wanted = new Bitfield(map.pieceCount);
    for (let i = 0; i < map.pieceCount; i++) wanted.set(i);
    const have = new Bitfield(map.pieceCount);
    this.scheduler = new BlockScheduler(map, have, wanted, this.limits, () => 0.3);
    this.content = seededBytes(lengthBytes, seed);
    this.stored = new Uint8Array(lengthBytes);
    const { scheduler } = this;
    this.peers = [peer(scheduler, '0'), peer(scheduler, '1', has[0])];
    if (has[1]) this.peers.push(peer(scheduler, '2', has[1]));
    for (const { id } of this.peers) this.asks.set(id, []);
  }

  get isComplete(): boolean {
    return this.scheduler.have.isFull;
  }

  ask(who: number): void {
    const view = this.peers[who % this.peers.length]!;
    const before = this.limits.inFlightPieces;
    const request = this.scheduler.next(view, this.nowMs, this.isPressed);
    const after = this.limits.inFlightPieces;
    if (this.isPressed) expect(after).toBe(before);
    expect(after).toBeLessThanOrEqual(Math.max(before, MAX_IN_FLIGHT + this.readers));
    if (!request) return;
    const others = [...this.asks.values()].flat().filter((ask) => isSame(ask.request, request));
    expect(others.length).toBeLessThan(MAX_ASKERS);
    for (const { atMs } of others) expect(this.nowMs - atMs).toBeGreaterThanOrEqual(EARLIEST_MS);
    this.asks.get(view.id)!.push({ request, atMs: this.nowMs });
  }

  /** The peer's oldest request is answered, or comes to nothing. */
  settle(who: number, isAnswered: boolean): void {
    const { id } = this.peers[who % this.peers.length]!;
    const ask = this.asks.get(id)!.shift();
    if (!ask) return;
    const { piece, offsetBytes, lengthBytes } = ask.request;
    if (!isAnswered || this.scheduler.active(piece.index) !== piece) {
      piece.forget(offsetBytes / BLOCK_LENGTH, id);
      return;
    }
    const start = this.scheduler.map.pieceOffset(piece.index);
    const from = start + offsetBytes;
    piece.put(offsetBytes, this.content.subarray(from, from + lengthBytes), id);
    if (!piece.isComplete) return;
    this.scheduler.toStorage(piece);
    this.stored.set(piece.bytes, start);
    this.scheduler.have.set(piece.index);
    this.scheduler.fromStorage(piece.index);
  }

  seek(piece: number): void {
    const last = this.scheduler.map.pieceCount - 1;
    const isGone = piece > last;
    this.scheduler.hurry(1, isGone ? null : { first: piece, last: Math.min(last, piece + 2) });
    this.readers = isGone ? 0 : 1;
  }

  run({ peer, act, n }: Scene['steps'][number]): void {
    if (act === 'ask') this.ask(peer);
    else if (act === 'wait') this.nowMs += n * 700;
    else if (act === 'seek') this.seek(n);
    else if (act === 'press') this.isPressed = n < 4;
    else this.settle(peer, act === 'answer');
  }

  /** From here on every peer answers. */
  finish(): void {
    this.isPressed = false;
    this.readers = 1;
    for (let round = 0; round < 200 && !this.isComplete; round++) {
      for (let who = 0; who < this.peers.length; who++) {
        this.ask(who);
        this.settle(who, true);
      }
    }
  }
}

function isSame(a: BlockRequest, b: BlockRequest): boolean {
  return a.piece === b.piece && a.offsetBytes === b.offsetBytes;
}

test('any schedule of two or three peers with failures, seeks and pressure completes with every byte right', () => {
  fc.assert(
    fc.property(scene, (drawn) => {
      const download = new Download(drawn);
      for (const one of drawn.steps) download.run(one);
      download.finish();
      expect(download.isComplete).toBe(true);
      expect(Buffer.compare(download.stored, download.content)).toBe(0);
      expect(download.limits.inFlightPieces).toBe(0);
    }),
    { numRuns: 150 },
  );
});
