import { expect, test } from 'vitest';
import {
  barFraction,
  isStopped,
  peersText,
  sizeText,
  timeLeftText,
  torrentStatus,
} from '../../../../src/library/torrent-status.ts';
import type { TorrentHealth } from '../../../../workers/contract/snapshot.ts';
import { hashOf, makeTorrent } from '../../../support/fake-engine.ts';

const make = (facts: Parameters<typeof makeTorrent>[0] | object) =>
  makeTorrent({ infoHash: hashOf('1'), ...facts });
const health = (kind: TorrentHealth['kind'], neededBytes?: number) => ({
  health: { kind, message: '', since: '', evidence: [], ...(neededBytes && { neededBytes }) },
});

test.each([
  [{ state: 'queued' }, 'Waiting its turn', 'muted'],
  [{ state: 'queued', ...health('no-peers') }, 'Resting before the next try', 'warn'],
  [{ state: 'queued', queuePosition: 4 }, 'Waiting its turn: 4th', 'muted'],
  [{ state: 'queued', queuePosition: 1, progress: 1 }, 'Complete, waiting to share: 1st', 'good'],
  [{ state: 'queued', ...health('waiting') }, 'Waiting: metered connection', 'warn'],
  [{ state: 'complete', progress: 1 }, 'Complete, has given enough', 'good'],
  [{ state: 'metadata' }, 'Looking inside', 'accent'],
  [
    { state: 'metadata', metadata: { receivedBytes: 32_000, sizeBytes: 64_000 } },
    'Looking inside, 32 kB of 64 kB',
    'accent',
  ],
  [{ state: 'downloading' }, 'Downloading', 'accent'],
  [{ state: 'downloading', ...health('waiting') }, 'Finding peers', 'accent'],
  [{ state: 'downloading', ...health('no-peers') }, 'No peers found yet', 'warn'],
  [{ state: 'downloading', ...health('no-seeds') }, 'Nobody has all of it', 'warn'],
  [{ state: 'downloading', ...health('stalled') }, 'Stalled', 'warn'],
  [{ state: 'downloading', ...health('slow-disk') }, 'Downloading, slow disk', 'warn'],
  [{ state: 'downloading', ...health('tracker-unreachable') }, 'No tracker reachable', 'warn'],
  [
    { state: 'downloading', ...health('only-native-peers') },
    'Peers out of a browser’s reach',
    'warn',
  ],
  [{ state: 'downloading', ...health('verifying') }, 'Checking what is here', 'accent'],
  [{ state: 'metadata', ...health('no-peers') }, 'No peers found yet', 'warn'],
  [{ state: 'downloading', ...health('offline') }, 'Offline', 'warn'],
  [{ state: 'metadata', ...health('offline') }, 'Offline', 'warn'],
  [{ state: 'seeding', ...health('offline') }, 'Complete, offline', 'good'],
  [{ state: 'downloading', ...health('storage') }, 'Storage failed', 'bad'],
  [{ state: 'downloading', ...health('storage-full') }, 'Storage is full', 'bad'],
  [{ state: 'paused', ...health('storage-full') }, 'Waiting for room', 'bad'],
  [{ state: 'paused', ...health('storage') }, 'Paused: storage failed', 'bad'],
  [
    { state: 'paused', ...health('evicted', 840e6) },
    'The browser removed 840 MB of this torrent',
    'warn',
  ],
  [{ state: 'paused', ...health('evicted') }, 'The browser removed part of this torrent', 'warn'],
  [{ state: 'checking' }, 'Checking what is here', 'accent'],
  [{ state: 'checking', check: { progress: 0.429, isPaused: false } }, 'Checking 42%', 'accent'],
  [{ state: 'seeding', check: { progress: 0, isPaused: false } }, 'Checking 0%', 'accent'],
  [{ state: 'paused', check: { progress: 0.5, isPaused: true } }, 'Check paused at 50%', 'muted'],
  [{ state: 'seeding', progress: 1 }, 'Complete, sharing', 'good'],
  [{ state: 'paused', progress: 1 }, 'Complete, not sharing', 'muted'],
  [{ state: 'failed' }, 'Needs attention', 'bad'],
])('%o reads "%s"', (facts, label, tone) => {
  expect(torrentStatus(make(facts))).toEqual({ label, tone });
});

test('the bar shows the check while there is one', () => {
  expect(barFraction(make({ progress: 1 }))).toBe(1);
  expect(barFraction(make({ progress: 1, check: { progress: 0.3, isPaused: true } }))).toBe(0.3);
  expect(barFraction(make({ state: 'metadata' }))).toBeNull();
  const metadata = { receivedBytes: 16, sizeBytes: 64 };
  expect(barFraction(make({ state: 'metadata', metadata }))).toBe(0.25);
});

test('a paused check waits for a person, a running one does not', () => {
  expect(isStopped(make({ state: 'checking', check: { progress: 0, isPaused: true } }))).toBe(true);
  expect(isStopped(make({ state: 'checking', check: { progress: 0, isPaused: false } }))).toBe(
    false,
  );
});

test('sizes, peers and time are said only when there is something to say', () => {
  expect(sizeText(make({ lengthBytes: 2_000_000, progress: 0.5 }))).toBe('1 MB of 2 MB');
  expect(sizeText(make({ lengthBytes: 2_000_000, progress: 1 }))).toBe('2 MB');
  expect(timeLeftText(make({ etaS: 61 }))).toBe('1m 1s left');
  expect(timeLeftText(make({ etaS: 61, state: 'paused' }))).toBe('');
  expect(peersText({ connected: 1, seeds: 0, snubbed: 0, banned: 0 })).toBe('1 peer');
});
