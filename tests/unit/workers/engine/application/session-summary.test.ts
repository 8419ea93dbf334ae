import { expect, test } from 'vitest';
import { NO_FIGURES } from '../../../../../workers/engine/application/figures.ts';
import { summaryOf } from '../../../../../workers/engine/application/session-summary.ts';

test.each([
  ['nothing at all', NO_FIGURES],
  ['time alone', { ...NO_FIGURES, activeS: 300, seedingS: 200 }],
])('says nothing of %s', (_, moved) => expect(summaryOf(moved, 300)).toBeNull());

test('says what was moved, and what went wrong', () => {
  const moved = {
    ...NO_FIGURES,
    receivedBytes: 12_345_678,
    uploadedBytes: 1_500_000_000,
    verifiedBytes: 12_000_000,
    wastedBytes: 32_768,
    hashFailures: 2,
    bans: 1,
    activeS: 300,
  };
  expect(summaryOf(moved, 300)).toEqual({
    kind: 'session:summary',
    infoHash: null,
    message:
      'In the last 5 minutes: 12.3 MB received, 1.5 GB given, 33 kB thrown away, 2 pieces with wrong data, 1 peer banned.',
    data: {
      periodS: 300,
      downloadedBytes: 12_345_678,
      uploadedBytes: 1_500_000_000,
      verifiedBytes: 12_000_000,
      wastedBytes: 32_768,
      hashFailures: 2,
      bannedPeers: 1,
    },
  });
  const one = summaryOf({ ...NO_FIGURES, uploadedBytes: 200_000 }, 60);
  expect(one?.message).toBe('In the last 1 minute: 0 kB received, 200 kB given.');
});
