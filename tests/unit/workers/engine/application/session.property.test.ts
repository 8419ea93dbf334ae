/**
 * A session left to itself while people and scripts do one thing after the other, at random, and settings change under it: what
 * rests, waits for a connection, has given enough or is only watched is left alone or goes exactly as the rules say, scripts keep
 * to their limits, nothing that is only looked into is saved, and no torrent is lost or tried twice at once. The queue has a test
 * like this of its own (queue.property.test.ts). session-world.ts has the rules.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CooldownReason, Origin } from '../../../../../workers/contract/cooldown.ts';
import { Reached } from './session-rests.ts';
import { COUNT, World, type Act, type Beginning } from './session-world.ts';

/** The same runs each time, so that what they reach can be asserted. */
const SEED = 8;
const RUNS = 40;
/** How often each must happen over all runs, half of what does: a rule whose case never comes would hold for nothing. */
const LEAST: Readonly<Record<string, number>> = {
  'rests begun': 200,
  'rests over by themselves': 140,
  'rests over sooner by settings': 18,
  'rests ended by a person': 30,
  'rests refused to a script': 60,
  'limits of scripts reached': 18,
  cleanups: 22,
  'kept ones spared by a cleanup': 120,
  'forced ones spared': 40,
  'turns awaited': 25,
  'added twice at once': 11,
  'removed and added at once': 9,
};

const which = fc.nat(COUNT - 1);
const origin = fc.constantFrom<Origin>('person', 'script', 'script');
const reason = fc.constantFrom<CooldownReason>('no-peers', 'timeout', 'connection');
const LONG = { noPeers: 300, timeout: 600, connection: 120 };
const SHORT = { noPeers: 10, timeout: 30, connection: 20 };
const few = fc.constantFrom(1, 1, 2);
const seldom = fc.constantFrom(false, false, true);
const rateLimits = fc.record({
  addsPerMinute: fc.constantFrom(1, 3),
  metadataPerMinute: fc.constantFrom(1, 2),
});

const beginning: fc.Arbitrary<Beginning> = fc.record({
  settings: fc.record({
    cooldownS: fc.constant(LONG),
    // A download is given up after 10 s to a few minutes in which nothing comes.
    healthCheckIntervalS: fc.constantFrom(5, 30),
    maxRetries: few,
    metadataTimeoutS: fc.constantFrom(30, 180),
    cleanupIdleS: fc.constantFrom(60, 300),
    rateLimits,
    maxActiveDownloads: few,
    maxActiveMetadata: few,
  }),
  library: fc.uniqueArray(fc.record({ which, keepOffline: seldom, isForced: seldom }), {
    selector: (one) => one.which,
  }),
  resting: fc.uniqueArray(fc.record({ which, reason }), { selector: (one) => one.which }),
});

const settings = fc.oneof(
  { weight: 4, arbitrary: fc.record({ cooldownS: fc.constantFrom(SHORT, SHORT, LONG) }) },
  { weight: 2, arbitrary: fc.record({ cleanupIdleS: fc.constantFrom(0, 60, 60, 300) }) },
  fc.record({ seedRatio: fc.constantFrom(0, 1, 2) }),
  fc.record({ pauseOnMetered: fc.boolean() }),
  fc.record({ metadataTimeoutS: fc.constantFrom(30, 180) }),
  fc.record({ healthCheckIntervalS: fc.constantFrom(5, 60), maxRetries: fc.constantFrom(1, 4) }),
  fc.record({ maxActiveDownloads: few, maxActiveSeeds: few, maxActiveMetadata: few }),
  fc.record({ rateLimits }),
);

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      which,
      origin,
      hold: seldom,
      keepOffline: seldom,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('resume' as const, 'reannounce' as const),
      which,
      origin,
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'confirm' as const,
        'remove' as const,
        'renew' as const,
        'renew' as const,
        'pause' as const,
        'force' as const,
        'unforce' as const,
        'find' as const,
        'complete' as const,
        'give' as const,
        'lose peers' as const,
        'clear' as const,
      ),
      which,
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1_000, 20_000, 100_000, 400_000, 400_000),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('set' as const), settings }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('meter' as const), isMetered: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

test('whatever people and scripts do under whatever settings, every rule holds', async () => {
  const reached = new Reached();
  const acts = fc.array(act, { minLength: 10, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(beginning, acts, async (before, then) => {
      const world = new World(reached);
      await world.begin(before);
      for (const it of then) {
        await world.act(it);
        world.check();
      }
    }),
    { numRuns: RUNS, seed: SEED },
  );
  const tooRare = Object.keys(LEAST).filter(
    (what) => (reached.counts.get(what) ?? 0) < LEAST[what]!,
  );
  expect(tooRare).toEqual([]);
}, 120_000);
