// A hundred swarms, one for each seed; `RILL_SEED` names one of them, or several (`3,7`).
import { expect, test } from 'vitest';
import { describe as tell, scenarioOf } from './scenario.ts';
import { simulate } from './simulate.ts';

const SEEDS = Array.from({ length: 100 }, (_, i) => i + 1);
const named = process.env['RILL_SEED']?.split(',').map(Number);

test.for(named ?? SEEDS)('seed %i', async (seed) => {
  console.log(tell(scenarioOf(seed)));
  const startedMs = performance.now();
  const outcome = await simulate(seed);
  const { faults, tookS, receivedBytes, wastedBytes, messages, failedPieces, bans } = outcome;
  const took = ((performance.now() - startedMs) / 1_000).toFixed(1);
  const share = ((100 * wastedBytes) / receivedBytes).toFixed(2);
  console.log(
    `  ${tookS.toFixed(0)} s in ${took} s: ${Math.round(receivedBytes / 1e6)} MB, ${messages} messages, ` +
      `${share} % wasted, ${failedPieces} pieces failed, ${bans} bans; digest ${outcome.digest}`,
  );
  expect(faults).toEqual([]);
});
