// A few of the kills of tests/faults/kill-points.fault.ts: whatever the moment, nothing that was written down is lost or wrong.
import { expect, test } from '../support/home.ts';
import { killAtRandom } from '../support/kill-points.ts';

test('a browser killed at random moments leaves nothing wrong, and the torrent completes', async ({
  app,
  source,
}) => {
  const figures = await killAtRandom({ kills: 3, seed: 3, app, source, log: () => {} });
  expect(figures.claimedPieces).toBeGreaterThan(0);
  expect(figures.wrongPieces).toEqual([]);
  expect(figures.wrongFiles).toEqual([]);
  expect(figures.leftovers).toEqual([]);
});
