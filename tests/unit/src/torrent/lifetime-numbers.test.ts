import { expect, test } from 'vitest';
import { lifetimeNumbers } from '../../../../src/torrent/lifetime-numbers.ts';
import { NOTHING_MOVED } from '../../../support/fake-engine.ts';

test('what did not happen has no number', () => {
  expect(lifetimeNumbers(NOTHING_MOVED)).toEqual([]);
  const figures = { ...NOTHING_MOVED, verifiedBytes: 2_000_000, activeS: 61, hashFailures: 2 };
  expect(lifetimeNumbers(figures)).toEqual([
    { label: 'Received and good', value: '2 MB' },
    { label: 'Time active', value: '1m 1s' },
    { label: 'Wrong pieces', value: '2' },
  ]);
  expect(lifetimeNumbers({ ...NOTHING_MOVED, seedingS: 3_600, bannedPeers: 1 })).toEqual([
    { label: 'Time giving', value: '1h' },
    { label: 'Banned peers', value: '1' },
  ]);
});
