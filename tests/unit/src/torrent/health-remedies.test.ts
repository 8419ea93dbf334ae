import { expect, test } from 'vitest';
import { remediesOf, toneOf } from '../../../../src/torrent/health-remedies.ts';
import type { HealthKind } from '../../../../workers/contract/snapshot.ts';

test.each<[HealthKind, string, string]>([
  ['ok', 'plain', ''],
  ['waiting', 'plain', ''],
  ['verifying', 'plain', ''],
  ['no-peers', 'warn', 'ask-trackers tracker-settings'],
  ['only-native-peers', 'warn', 'ask-trackers tracker-settings'],
  ['tracker-unreachable', 'warn', 'ask-trackers tracker-settings'],
  ['no-seeds', 'warn', 'ask-trackers'],
  ['stalled', 'warn', 'ask-trackers'],
  ['slow-disk', 'warn', ''],
  ['offline', 'warn', ''],
  ['evicted', 'warn', 'fetch-again remove'],
  ['storage-full', 'bad', 'make-room'],
  ['storage', 'bad', 'store-again'],
  ['failed', 'bad', ''],
])('%s is said %s and offers "%s"', (kind, tone, remedies) => {
  expect([toneOf(kind, false), remediesOf(kind).join(' ')]).toEqual([tone, remedies]);
});

test('a complete torrent that nobody can find, or without a network, is no cause for alarm', () => {
  expect(toneOf('tracker-unreachable', true)).toBe('plain');
  expect(toneOf('offline', true)).toBe('plain');
  expect(toneOf('storage', true)).toBe('bad');
});
