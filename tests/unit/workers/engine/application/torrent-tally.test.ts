import { expect, test } from 'vitest';
import type { TorrentState } from '../../../../../workers/contract/snapshot.ts';
import type { SwarmStats } from '../../../../../workers/engine/model/swarm.ts';
import {
  activityOf,
  TorrentTally,
  type Activity,
} from '../../../../../workers/engine/application/torrent-tally.ts';

const stats = (isCutOff = false) => ({ isCutOff }) as SwarmStats;

test.each<[TorrentState, SwarmStats | null, Activity]>([
  ['metadata', stats(), 'fetching'],
  ['downloading', stats(), 'fetching'],
  ['seeding', stats(), 'seeding'],
  ['queued', stats(), 'none'],
  ['checking', stats(), 'none'],
  ['paused', stats(), 'none'],
  ['complete', stats(), 'none'],
  ['failed', stats(), 'none'],
  ['downloading', null, 'none'],
  ['downloading', stats(true), 'none'],
  ['seeding', stats(true), 'none'],
])('%s with %j is %s', (state, of, activity) => expect(activityOf(state, of)).toBe(activity));

test('counts pieces, and whole seconds; what is left of one counts with the next', () => {
  const tally = new TorrentTally();
  tally.verified(100);
  tally.verified(50);
  tally.hashFailed();
  tally.passed(900, 'fetching');
  tally.passed(5_000, 'none');
  expect(tally.counts).toEqual({
    verifiedBytes: 150,
    hashFailures: 1,
    bans: 0,
    activeS: 0,
    seedingS: 0,
  });
  tally.passed(1_200, 'seeding');
  expect(tally.take()).toMatchObject({ verifiedBytes: 150, activeS: 2, seedingS: 1 });
  expect(tally.take()).toEqual({
    verifiedBytes: 0,
    hashFailures: 0,
    bans: 0,
    activeS: 0,
    seedingS: 0,
  });
  tally.passed(900, 'seeding');
  expect(tally.counts).toMatchObject({ activeS: 1, seedingS: 1 });
});

test.each([
  ['one after the other', [0, 1, 2], 2],
  ['that stays', [1, 1, 1], 1],
  ['that is lifted', [1, 0, 0], 1],
  ['that is lifted and comes again', [1, 0, 1], 2],
])('a ban %s', (_, holding, counted) => {
  const tally = new TorrentTally();
  for (const count of holding) tally.banned(count);
  expect(tally.counts.bans).toBe(counted);
});
