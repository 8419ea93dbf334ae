/** Limits under anything that may happen: never above limit × time + burst, and nobody starves. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateLimit, type TorrentRate } from '../../../../../workers/engine/protocol/rate-limits.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { BLOCK, KIB, MIB, TestTaker } from './rate-scene.ts';

const TORRENTS = 3;
const WIRES = 4;

const rate = fc.oneof(
  fc.constant(0),
  fc.integer({ min: KIB, max: 64 * KIB }),
  fc.integer({ min: KIB, max: 20 * MIB }),
);
const who = { torrent: fc.nat({ max: TORRENTS - 1 }), wire: fc.nat({ max: WIRES - 1 }) };
const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...who,
      kind: fc.constant('wants' as const),
      blocks: fc.integer({ min: 1, max: 200 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...who, kind: fc.constant('leaves' as const) }) },
  { weight: 1, arbitrary: fc.record({ ...who, kind: fc.constant('urgent' as const) }) },
  { weight: 1, arbitrary: fc.record({ ...who, kind: fc.constant('returns' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...who,
      kind: fc.constant('grows' as const),
      blocks: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('passes' as const), ms: fc.nat({ max: 5_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('sleeps' as const), ms: fc.nat({ max: 100_000 }) }),
  },
);
const acts = fc.array(act, { maxLength: 80 });

/** What went at one limit: that it never was more than the limit allows, in any stretch of time. */
class Ledger {
  readonly #entries: { readonly atMs: number; bytes: number }[] = [];

  constructor(readonly clock: FakeClock) {}

  add(bytes: number): void {
    const atMs = this.clock.now();
    const last = this.#entries.at(-1);
    if (last?.atMs === atMs) last.bytes += bytes;
    else this.#entries.push({ atMs, bytes });
  }

  /** The most by which any stretch of time was above `bps` × its length. */
  excess(bps: number): number {
    let worst = 0;
    let best = Infinity;
    let total = 0;
    for (const { atMs, bytes } of this.#entries) {
      // `total - bps × time` is to be as small as can be before, and as large as can be after.
      best = Math.min(best, total - (bps * atMs) / 1000);
      total += bytes;
      worst = Math.max(worst, total - (bps * atMs) / 1000 - best);
    }
    return worst;
  }
}

class World {
  readonly clock = new FakeClock();
  readonly all = new RateLimit(this.clock);
  readonly common = new Ledger(this.clock);
  readonly torrents: {
    readonly rate: TorrentRate;
    readonly ledger: Ledger;
    readonly wires: TestTaker[];
  }[];

  constructor(commonBps: number, ownBps: readonly number[]) {
    this.all.set(commonBps);
    this.torrents = ownBps.map((bps) => {
      const rate = this.all.join();
      rate.set(bps);
      const ledger = new Ledger(this.clock);
      const wires = Array.from({ length: WIRES }, () => {
        const onTake = (bytes: number) => {
          ledger.add(bytes);
          this.common.add(bytes);
        };
        const taker = new TestTaker(this.clock, rate, onTake);
        taker.wants = 0;
        return taker;
      });
      return { rate, ledger, wires };
    });
  }

  run(steps: typeof acts extends fc.Arbitrary<infer T> ? T : never): void {
    for (const step of steps) {
      if (step.kind === 'passes') this.clock.advance(step.ms);
      else if (step.kind === 'sleeps') this.clock.sleep(step.ms);
      else this.#act(step, this.torrents[step.torrent]!);
    }
  }

  #act(
    step: { readonly kind: string; readonly wire: number; readonly blocks?: number },
    { rate, ledger, wires }: World['torrents'][number],
  ): void {
    const wire = wires[step.wire]!;
    switch (step.kind) {
      case 'wants':
        wire.wants = step.blocks!;
        return rate.wants(wire);
      case 'leaves':
        return rate.leaves(wire);
      case 'urgent':
        wire.isUrgent = !wire.isUrgent;
        return;
      case 'grows':
        wire.needBytes = step.blocks! * BLOCK;
        return;
      default:
        // A block does not go after all.
        if (wire.turns === 0) return;
        rate.giveBack(wire.needBytes);
        ledger.add(-wire.needBytes);
        this.common.add(-wire.needBytes);
    }
  }
}

const burst = (bps: number) => Math.max(BLOCK, bps / 4);

test('never more than limit × time + bursts, whatever comes, goes, and comes back', () => {
  fc.assert(
    fc.property(rate, fc.tuple(rate, rate, rate), acts, (commonBps, ownBps, steps) => {
      const world = new World(commonBps, ownBps);
      world.run(steps);
      // One request may be larger than what is left.
      const slack = 8 * BLOCK + 1;
      const limits = [[world.common, commonBps] as const];
      for (const [n, { ledger }] of world.torrents.entries()) limits.push([ledger, ownBps[n]!]);
      for (const [ledger, bps] of limits) {
        if (bps > 0) expect(ledger.excess(bps)).toBeLessThanOrEqual(2 * burst(bps) + slack);
      }
    }),
    { numRuns: 300 },
  );
});

test('nobody starves: who waits all the time is served within twice its turn, whoever else comes and goes', () => {
  const limited = fc.integer({ min: 32 * KIB, max: 20 * MIB });
  fc.assert(
    fc.property(limited, fc.tuple(rate, rate), acts, (commonBps, ownBps, steps) => {
      // The first torrent’s first wire waits throughout; the others do what they like, being urgent included.
      const world = new World(commonBps, [0, ...ownBps]);
      const { rate, wires } = world.torrents[0]!;
      const [patient] = wires;
      patient!.wants = Infinity;
      rate.wants(patient!);
      // One plain turn in eight, the torrents’ and the wires’ turns, each of up to eight blocks.
      const mostBytes = 8 * TORRENTS * WIRES * 8 * BLOCK * 2;
      const mostMs = (mostBytes / commonBps) * 1000 + 1_000;
      for (const step of steps) {
        if ('wire' in step && step.torrent === 0 && step.wire === 0) continue;
        world.run([step.kind === 'sleeps' ? { kind: 'passes', ms: step.ms } : step]);
        expect(world.clock.now() - patient!.servedAtMs).toBeLessThanOrEqual(mostMs);
      }
    }),
    { numRuns: 200 },
  );
});

test('without a limit nobody waits and no timer runs', () => {
  fc.assert(
    fc.property(acts, (steps) => {
      const world = new World(0, [0, 0, 0]);
      for (const step of steps) {
        world.run([step]);
        expect(world.clock.pendingTimers).toBe(0);
        expect(world.torrents.flatMap(({ wires }) => wires).every(({ wants }) => wants === 0)).toBe(
          true,
        );
      }
    }),
  );
});
