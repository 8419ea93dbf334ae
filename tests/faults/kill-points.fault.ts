// The browser is killed at random moments, again and again: no byte that was written down is ever lost or wrong.
import { expect, test } from '../support/home.ts';
import { killAtRandom } from '../support/kill-points.ts';

const KILLS = Number(process.env['RILL_KILLS'] ?? 60);
const SEED = Number(process.env['RILL_SEED'] ?? Date.now() % 1_000_000);

test(`${KILLS} kills: what the checkpoints claim is there, and every torrent completes`, async ({
  app,
  source,
}) => {
  const log = (line: string) => process.stdout.write(`    ${line}\n`);
  log(`RILL_SEED=${SEED}`);
  const figures = await killAtRandom({ kills: KILLS, seed: SEED, app, source, log });
  log(JSON.stringify(figures));
  expect(figures.wrongPieces).toEqual([]);
  expect(figures.wrongFiles).toEqual([]);
  expect(figures.leftovers).toEqual([]);
  expect(figures.kills).toBe(KILLS);
  // Else the kills fell where there was nothing to lose.
  expect(figures.claimedPieces).toBeGreaterThan(KILLS * 10);
});
