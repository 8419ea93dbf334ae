/** The picker against a plain model that goes through all pieces each time, over anything that can happen. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';
import type { Priority } from '../../../../../workers/engine/protocol/availability-index.ts';
import { PeerHoldings } from '../../../../../workers/engine/protocol/peer-holdings.ts';
import { PiecePicker } from '../../../../../workers/engine/protocol/piece-picker.ts';
import { bits } from './scheduler-scene.ts';

const PIECES = 20;
const PEERS = 4;
const ORDER: readonly Priority[] = ['high', 'normal', 'low'];

const piece = fc.nat({ max: PIECES - 1 });
const pieces = fc.oneof(
  fc.uniqueArray(piece),
  fc.constant(Array.from({ length: PIECES }, (_, i) => i)),
);
const peer = fc.nat({ max: PEERS - 1 });
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ act: fc.constant('claims' as const), peer, pieces }) },
  { weight: 6, arbitrary: fc.record({ act: fc.constant('gained' as const), peer, piece }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('lost' as const), peer, piece }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('leaves' as const), peer }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('want' as const),
      pieces,
      priorities: fc.array(fc.constantFrom(...ORDER), { minLength: PIECES, maxLength: PIECES }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('started' as const), piece }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('ended' as const), piece }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('have' as const), piece }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('order' as const), isInOrder: fc.boolean() }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Both {
  readonly have = new Bitfield(PIECES);
  readonly picker: PiecePicker;
  readonly peers = Array.from({ length: PEERS }, () => new PeerHoldings(PIECES));
  // The model.
  readonly held = Array.from({ length: PEERS }, () => new Set<number>());
  readonly wanted = new Map<number, Priority>();
  readonly started = new Set<number>();

  constructor(maxProbes: number) {
    this.picker = new PiecePicker(this.have, new Bitfield(PIECES), maxProbes);
  }

  run(one: Step): void {
    switch (one.act) {
      case 'claims':
        this.picker.claims(this.peers[one.peer]!, bits(PIECES, one.pieces));
        this.held[one.peer] = new Set(one.pieces);
        return;
      case 'gained':
        this.picker.gained(this.peers[one.peer]!, one.piece);
        return void this.held[one.peer]!.add(one.piece);
      case 'lost':
        this.picker.lost(this.peers[one.peer]!, one.piece);
        return void this.held[one.peer]!.delete(one.piece);
      case 'leaves':
        this.picker.leaves(this.peers[one.peer]!);
        return this.held[one.peer]!.clear();
      case 'want':
        this.picker.want(bits(PIECES, one.pieces), (i) => one.priorities[i]!);
        this.wanted.clear();
        for (const i of one.pieces) this.wanted.set(i, one.priorities[i]!);
        return;
      case 'started':
        this.picker.started(one.piece);
        return void this.started.add(one.piece);
      case 'ended':
        this.picker.ended(one.piece);
        return void this.started.delete(one.piece);
      case 'order':
        this.picker.isInOrder = one.isInOrder;
        return;
      case 'have':
        if (this.have.has(one.piece)) this.have.clear(one.piece);
        else this.have.set(one.piece);
        return this.picker.refresh(one.piece);
    }
  }

  /** Everything that is asked of the picker is what a scan would say. */
  check(chance: number): void {
    this.#checkUnavailable();
    for (const [who, held] of this.held.entries()) {
      const peer = this.peers[who]!;
      const needed = [...held].filter((i) => this.wanted.has(i) && !this.have.has(i));
      expect(this.picker.neededOf(peer)).toBe(needed.length);
      expect([...held].filter((i) => this.picker.isNeeded(i))).toEqual(needed);
      const candidates = needed.filter((i) => !this.started.has(i));
      const picked = this.picker.pickRarest(peer, chance);
      if (candidates.length) expect(candidates).toContain(picked);
      else expect(picked).toBe(-1);
      const best = Math.min(...candidates.map((i) => this.#rank(i)));
      if (candidates.length) expect(this.#rank(picked)).toBe(best);
      if (this.picker.isInOrder) {
        expect(this.picker.pickNext(peer, chance)).toBe(this.#first(candidates));
      }
    }
  }

  #checkUnavailable(): void {
    // Who has everything need not be counted, and then nothing is missing.
    if (this.held.some(({ size }) => size === PIECES)) return;
    const nobodyHas = (i: number) => this.held.every((held) => !held.has(i));
    const missing = [...this.wanted.keys()].filter((i) => !this.have.has(i) && nobodyHas(i));
    expect(this.picker.unavailableCount(this.started)).toBe(missing.length);
  }

  /** The first of those of the highest priority, or -1. */
  #first(candidates: readonly number[]): number {
    const priority = (index: number) => ORDER.indexOf(this.wanted.get(index)!);
    const inOrder = candidates.toSorted((a, b) => priority(a) - priority(b) || a - b);
    return inOrder[0] ?? -1;
  }

  /** Lower comes first: the priority, and within it how many peers have the piece. */
  #rank(index: number): number {
    const owners = this.held.filter((held) => held.has(index)).length;
    return ORDER.indexOf(this.wanted.get(index)!) * (PEERS + 1) + owners;
  }
}

test.each([
  ['', 512],
  [' though no bucket is gone through to its end', 1],
  [' though a bucket is gone through in part', 3],
])(
  'after anything, interest, and the rarest and the first piece of the highest priority, are what a scan says%s',
  (_, maxProbes) => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (steps, chance) => {
          const both = new Both(maxProbes);
          for (const one of steps) {
            both.run(one);
            both.check(chance);
          }
        },
      ),
      { numRuns: 100 },
    );
  },
);
