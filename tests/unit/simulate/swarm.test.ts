// Three of the hundred swarms of `npm run simulate`, and that a seed is a swarm: see tests/simulate/README.md.
import { expect, test } from 'vitest';
import { simulate } from '../../simulate/simulate.ts';

test.for([9, 20, 23])('swarm of seed %i', { timeout: 120_000 }, async (seed) => {
  expect((await simulate(seed)).faults).toEqual([]);
});

test('the same seed gives the same run, another seed another', { timeout: 120_000 }, async () => {
  const [first, again, other] = [await simulate(9), await simulate(9), await simulate(6)];
  expect(again.digest).toBe(first.digest);
  expect(again.tookS).toBe(first.tookS);
  expect(other.digest).not.toBe(first.digest);
});
