import { expect, test } from 'vitest';
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';
import type { PieceRange } from '../../../../../workers/engine/model/piece-map.ts';
import type { Priority } from '../../../../../workers/engine/protocol/availability-index.ts';
import { PeerHoldings } from '../../../../../workers/engine/protocol/peer-holdings.ts';
import { PiecePicker } from '../../../../../workers/engine/protocol/piece-picker.ts';
import { bits } from './scheduler-scene.ts';

const ALL = [0, 1, 2, 3, 4, 5, 6, 7];

interface Scene {
  readonly have?: readonly number[];
  readonly wanted?: readonly number[];
  readonly priorities?: Readonly<Record<number, Priority>>;
  /** How many other peers have each piece. */
  readonly others?: readonly number[];
  readonly peer?: readonly number[];
  readonly started?: readonly number[];
  readonly chance?: number;
}

/** Eight pieces, all wanted, all at the peer, each with one other owner, unless the scene says otherwise. */
function stage(scene: Scene): { picker: PiecePicker; peer: PeerHoldings } {
  const { have = [], wanted = ALL, priorities = {}, peer: held = ALL, started = [] } = scene;
  const others = scene.others ?? ALL.map(() => 1);
  const picker = new PiecePicker(bits(8, have), new Bitfield(8));
  const peer = new PeerHoldings(8);
  picker.claims(peer, bits(8, held));
  for (let n = 0; n < Math.max(...others); n++) {
    const other = new PeerHoldings(8);
    for (const i of ALL) if ((others[i] ?? 0) > n) picker.gained(other, i);
  }
  for (const i of started) picker.started(i);
  picker.want(bits(8, wanted), (i) => priorities[i] ?? 'normal');
  return { picker, peer };
}

test.each<[string, Scene & { ranges?: readonly PieceRange[] }, number]>([
  ['the nearest piece of the range', {}, 2],
  ['not what is here', { have: [2, 3] }, 4],
  ['not what is started', { started: [2] }, 3],
  ['only what the peer has', { peer: [1, 5, 6] }, 5],
  ['unselected pieces too', { wanted: [] }, 2],
  [
    'the first reader before the second',
    {
      ranges: [
        { first: 6, last: 7 },
        { first: 0, last: 1 },
      ],
    },
    6,
  ],
  [
    'the second reader when the first has all',
    {
      have: [6, 7],
      ranges: [
        { first: 6, last: 7 },
        { first: 0, last: 1 },
      ],
    },
    0,
  ],
  ['nothing when nobody waits', { ranges: [] }, -1],
  ['nothing when the peer has none of it', { peer: [0] }, -1],
])('urgent: %s', (_, scene, expected) => {
  const { picker, peer } = stage(scene);
  expect(picker.pickUrgent(peer, scene.ranges ?? [{ first: 2, last: 5 }])).toBe(expected);
});

const RARITIES = [4, 3, 2, 3, 4, 3, 2, 3];

test.each<[string, Scene, number]>([
  ['the rarest', { others: RARITIES }, 2],
  ['the rarest that the peer has', { others: RARITIES, peer: [0, 1, 4] }, 1],
  ['not what is here', { others: [1, 2, 3, 3, 3, 3, 3, 3], have: [0] }, 1],
  ['not what is started', { others: [1, 2, 3, 3, 3, 3, 3, 3], started: [0] }, 1],
  ['not what is unwanted', { others: [1, 2, 3, 3, 3, 3, 3, 3], wanted: [4, 5] }, 4],
  ['what only a peer with everything has', { others: [1, 1, 1, 1, 1, 0, 1, 1] }, 5],
  ['high priority before what is rarer', { others: RARITIES, priorities: { 4: 'high' } }, 4],
  ['low priority after what is common', { others: RARITIES, priorities: { 2: 'low' } }, 6],
  [
    'low priority when the peer has nothing else',
    { peer: [0, 2], have: [0], priorities: { 2: 'low' } },
    2,
  ],
  [
    'the rarest within a priority',
    { others: RARITIES, priorities: { 0: 'high', 1: 'high', 4: 'high' } },
    1,
  ],
  ['one that 31 have before one that 32 have', { others: [32, 31], wanted: [0, 1] }, 1],
  [
    'of two that 32 and 60 have, the one chance says: one',
    { others: [32, 60], wanted: [0, 1], chance: 0 },
    0,
  ],
  [
    'of two that 32 and 60 have, the one chance says: the other',
    { others: [32, 60], wanted: [0, 1], chance: 0.99 },
    1,
  ],
  ['another than the first when chance says so', { chance: 0.5 }, 4],
  ['whatever chance says, what the peer has', { chance: 0.99, peer: [1] }, 1],
  ['nothing when all is here', { have: ALL }, -1],
  ['nothing when the peer has nothing', { peer: [] }, -1],
  ['nothing when all that the peer has is started', { peer: [3, 4], started: [3, 4] }, -1],
])('rarest: %s', (_, scene, expected) => {
  const { picker, peer } = stage(scene);
  expect(picker.pickRarest(peer, scene.chance ?? 0)).toBe(expected);
});

test('a common piece is rare again when those who have it go', () => {
  const picker = new PiecePicker(new Bitfield(8), bits(8, [0, 1]));
  const peers = Array.from({ length: 40 }, () => new PeerHoldings(8));
  for (const peer of peers) picker.claims(peer, bits(8, [0, 1]));
  for (const peer of peers.slice(0, 9)) picker.lost(peer, 1);
  expect([0, 0.99].map((chance) => picker.pickRarest(peers[39]!, chance))).toEqual([1, 1]);
  for (const peer of peers.slice(0, 1)) picker.gained(peer, 1);
  expect([0, 0.99].map((chance) => picker.pickRarest(peers[39]!, chance)).toSorted()).toEqual([
    0, 1,
  ]);
});

test('among equals each piece has the same share of chance', () => {
  const { picker, peer } = stage({});
  const picked = ALL.map((n) => picker.pickRarest(peer, (n + 0.5) / 8));
  expect(picked.toSorted((a, b) => a - b)).toEqual(ALL);
});

test('a peer with everything that loses a piece counts from then on, and with all of them again gives any', () => {
  const { picker, peer } = stage({ wanted: [3] });
  picker.lost(peer, 3);
  expect([picker.neededOf(peer), picker.pickRarest(peer, 0)]).toEqual([0, -1]);
  picker.gained(peer, 3);
  expect([picker.neededOf(peer), picker.pickRarest(peer, 0)]).toEqual([1, 3]);
});

test.each([8, 9, 4_294_967_295])('a piece %i of eight changes nothing', (index) => {
  const { picker, peer } = stage({ peer: [0] });
  picker.gained(peer, index);
  picker.lost(peer, index);
  expect([peer.pieces.count, picker.neededOf(peer)]).toEqual([1, 1]);
});

class Looks extends PeerHoldings {
  count = 0;

  override has(index: number): boolean {
    this.count++;
    return super.has(index);
  }
}

/** A long torrent in which another peer alone has the first half, and ours and the other have the given pieces. */
function long(pieceCount: number, shared: readonly number[]): { picker: PiecePicker; peer: Looks } {
  const all = Array.from({ length: pieceCount }, (_, i) => i);
  const picker = new PiecePicker(new Bitfield(pieceCount), bits(pieceCount, all));
  const [peer, other] = [new Looks(pieceCount), new PeerHoldings(pieceCount)];
  picker.claims(other, bits(pieceCount, [...all.slice(0, pieceCount / 2), ...shared]));
  picker.claims(peer, bits(pieceCount, shared));
  peer.count = 0;
  return { picker, peer };
}

test('a peer that lacks all rare pieces is not asked for each of them, and gives what it has', () => {
  const { picker, peer } = long(20_000, [15_000]);
  expect(picker.pickRarest(peer, 0.3)).toBe(15_000);
  expect(peer.count).toBeLessThanOrEqual(512);
});

test('a peer that has nothing to start is not asked at all', () => {
  const { picker, peer } = long(20_000, [15_000]);
  picker.started(15_000);
  peer.count = 0;
  expect(picker.pickRarest(peer, 0.3)).toBe(-1);
  expect(peer.count).toBe(0);
});

test('a peer with everything gives the first piece looked at', () => {
  const { picker } = long(20_000, []);
  const seed = new Looks(20_000);
  picker.claims(
    seed,
    bits(
      20_000,
      Array.from({ length: 20_000 }, (_, i) => i),
    ),
  );
  expect(picker.pickRarest(seed, 0.3)).toBeGreaterThanOrEqual(10_000);
  expect(seed.count).toBe(1);
});
