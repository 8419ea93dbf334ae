/**
 * A session left to itself while people and scripts do one thing after the other, at random, and settings change under it: what
 * rests, waits for a connection, has given enough or is only watched is left alone or goes exactly as the rules say, scripts keep
 * to their limits, nothing that is only looked into is saved, and no torrent is lost or tried twice at once. The queue has a test
 * like this of its own (queue.property.test.ts). session-world.ts and the
 * modules beside it have the rules, session-acts.ts what happens.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { act, beginning } from './session-acts.ts';
import { Reached } from './session-reached.ts';
import { World } from './session-world.ts';

/** The same runs each time, so that what they reach can be asserted. */
const SEED = 8;
const RUNS = 40;
/** How often each must happen over all runs, half of what does: a rule whose case never comes would hold for nothing. */
const LEAST: Readonly<Record<string, number>> = {
  'rests begun': 160,
  'rests over by themselves': 120,
  'rests over sooner by settings': 11,
  'rests not made longer by settings': 4,
  'rests ended by a person': 27,
  'rests refused to a script': 58,
  'limits of scripts reached': 25,
  cleanups: 26,
  'kept ones spared by a cleanup': 105,
  'forced ones spared': 40,
  'turns awaited: metadata': 9,
  'turns awaited: download': 14,
  'turns awaited: seed': 16,
  'added twice at once': 14,
  'removed and added at once': 6,
};

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
