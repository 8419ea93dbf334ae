/** Whole downloads over simulated peers, twenty seeds each: the end comes soon, and little comes twice. */
import { expect, test } from 'vitest';
import { between, seededRandom, type Random } from '../../../../support/seeded-random.ts';
import { simulateDownload, type PeerFacts } from './simulated-download.ts';

const MIB = 1024 * 1024;
const KIB = 1024;
const SEEDS = Array.from({ length: 20 }, (_, seed) => seed + 1);

const peers = (count: number, make: () => PeerFacts) => Array.from({ length: count }, make);
const fast = (random: Random) => () => ({
  rateBps: between(random, 300, 2_000) * KIB,
  roundTripMs: between(random, 5, 300),
});
const slow = (random: Random) => () => ({
  rateBps: between(random, 2, 20) * KIB,
  roundTripMs: between(random, 50, 1_000),
});

interface Row {
  readonly name: string;
  readonly lengthBytes: number;
  readonly pieceLength: number;
  swarm(random: Random): readonly PeerFacts[];
  /** So much longer than the sum of the rates would take. */
  readonly extraMs: number;
}

const rows: readonly Row[] = [
  {
    name: 'equal peers',
    lengthBytes: 32 * MIB,
    pieceLength: 256 * KIB,
    swarm: (random) => {
      const [alike] = peers(1, fast(random));
      return peers(4, () => alike!);
    },
    extraMs: 3_000,
  },
  {
    name: 'peers of all kinds',
    lengthBytes: 32 * MIB,
    pieceLength: 256 * KIB,
    swarm: (random) => [...peers(3, fast(random)), ...peers(4, slow(random))],
    extraMs: 5_000,
  },
  {
    name: 'one fast and many very slow',
    lengthBytes: 24 * MIB,
    pieceLength: 512 * KIB,
    swarm: (random) => [...peers(1, fast(random)), ...peers(8, slow(random))],
    extraMs: 5_000,
  },
  {
    name: 'long delays',
    lengthBytes: 32 * MIB,
    pieceLength: 256 * KIB,
    swarm: (random) => peers(5, () => ({ ...fast(random)(), roundTripMs: 400 })),
    extraMs: 5_000,
  },
  {
    name: 'a large piece at the end',
    lengthBytes: 24 * MIB,
    pieceLength: 4 * MIB,
    swarm: (random) => [...peers(3, fast(random)), ...peers(2, slow(random))],
    extraMs: 5_000,
  },
];

test.each(rows)('$name: under 2 % comes twice, and the end is not waited for', (row) => {
  const { lengthBytes, pieceLength } = row;
  for (const seed of SEEDS) {
    const random = seededRandom(seed);
    const swarm = row.swarm(random);
    const { tookMs, wastedBytes } = simulateDownload(lengthBytes, pieceLength, swarm, random);
    const rateBps = swarm.reduce((sum, peer) => sum + peer.rateBps, 0);
    const told = `seed ${seed}`;
    expect(wastedBytes / lengthBytes, told).toBeLessThan(0.02);
    expect(tookMs, told).toBeLessThan((lengthBytes / rateBps) * 1_000 + row.extraMs);
  }
});

test('a peer that stalls, whenever it does, holds the end up by no more than three seconds', () => {
  for (const seed of SEEDS) {
    const random = seededRandom(seed);
    const live = { rateBps: 800 * KIB, roundTripMs: 80 };
    const alone = simulateDownload(8 * MIB, 256 * KIB, [live], random);
    const stalling = { ...live, stallsAtMs: between(random, 0, 5_500) };
    const both = simulateDownload(8 * MIB, 256 * KIB, [live, stalling], random);
    expect(both.tookMs, `seed ${seed}`).toBeLessThan(alone.tookMs + 3_000);
    expect(both.wastedBytes / (8 * MIB), `seed ${seed}`).toBeLessThan(0.02);
  }
});
