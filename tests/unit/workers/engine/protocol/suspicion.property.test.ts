/** Random contributors and liars, pieces interleaved at random: strikes fall on liars alone, once for each download spoiled. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DIGEST_BYTES, Suspicion } from '../../../../../workers/engine/protocol/suspicion.ts';
import { seededRandom, type Random } from '../../../../support/seeded-random.ts';

const scene = fc.record({
  honest: fc.integer({ min: 1, max: 6 }),
  liars: fc.integer({ min: 0, max: 6 }),
  pieces: fc.integer({ min: 1, max: 100 }),
  blocks: fc.integer({ min: 1, max: 6 }),
  /** Of a liar’s blocks, how many are lies. */
  lies: fc.double({ min: 0.05, max: 1, noNaN: true }),
  seed: fc.nat(),
});
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

class Swarm {
  readonly suspicion = new Suspicion();
  readonly peers: string[];
  readonly strikes = new Map<string, number>();
  /** How many downloads each spoiled, without those that were forgotten before it was known who did. */
  readonly lies = new Map<string, number>();
  readonly #unproven = new Map<number, string[]>();
  readonly #random: Random;

  constructor(readonly drawn: Scene) {
    const names = (kind: string, count: number) =>
      Array.from({ length: count }, (_, n) => `${kind} ${n}`);
    this.peers = [...names('honest', drawn.honest), ...names('liar', drawn.liars)];
    this.#random = seededRandom(drawn.seed);
    this.suspicion.onForgotten = (index) => this.#unproven.delete(index);
  }

  run(): void {
    const left = Array.from({ length: this.drawn.pieces }, (_, index) => index);
    while (left.length) {
      const at = Math.floor(this.#random() * left.length);
      if (this.download(left[at]!)) left.splice(at, 1);
    }
  }

  /** Returns whether the piece came out right. */
  download(index: number): boolean {
    const { suspicion, peers } = this;
    const isAgain = suspicion.isOpen(index);
    const able = peers.filter((peer) => suspicion.mayFetch(index, peer, peers));
    expect(able.length).toBeGreaterThan(0);
    const alone = this.#draw(able);
    const givers = Array.from({ length: this.drawn.blocks }, () =>
      isAgain ? alone : this.#draw(peers),
    );
    const isLie = givers.map((peer) => peer.startsWith('liar') && this.#random() < this.drawn.lies);
    const digests = new Uint8Array(givers.length * DIGEST_BYTES);
    isLie.forEach((lie, block) => {
      if (lie) digests[block * DIGEST_BYTES + 3] = 1 + Math.floor(this.#random() * 255);
    });
    if (!isLie.includes(true)) {
      this.#count(this.strikes, suspicion.proven(index, digests));
      this.#count(this.lies, this.#unproven.get(index) ?? []);
      this.#unproven.delete(index);
      return true;
    }
    const spoilers = [...new Set(givers.filter((_, block) => isLie[block]))];
    const isLone = new Set(givers).size === 1;
    if (isLone) this.#count(this.lies, spoilers);
    else this.#unproven.set(index, [...(this.#unproven.get(index) ?? []), ...spoilers]);
    this.#count(this.strikes, suspicion.failed(index, givers, digests));
    return false;
  }

  #draw(from: readonly string[]): string {
    return from[Math.floor(this.#random() * from.length)]!;
  }

  #count(counts: Map<string, number>, peers: readonly string[]): void {
    for (const peer of peers) counts.set(peer, (counts.get(peer) ?? 0) + 1);
  }
}

test('no honest peer is ever struck, and every liar exactly once for each download that it spoiled', () => {
  let struck = 0;
  fc.assert(
    fc.property(scene, (drawn) => {
      const swarm = new Swarm(drawn);
      swarm.run();
      expect([...swarm.strikes.keys()].filter((peer) => peer.startsWith('honest'))).toEqual([]);
      expect([...swarm.strikes].sort()).toEqual([...swarm.lies].sort());
      expect([...swarm.suspicion.open]).toEqual([]);
      expect(swarm.peers.filter((peer) => swarm.suspicion.isSuspect(peer))).toEqual([]);
      struck += swarm.strikes.size;
    }),
    { numRuns: 300 },
  );
  expect(struck).toBeGreaterThan(100);
});
