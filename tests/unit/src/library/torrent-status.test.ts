import { expect, test } from 'vitest';
import {
  peersText,
  sizeText,
  timeLeftText,
  torrentStatus,
} from '../../../../src/library/torrent-status.ts';
import { hashOf, makeTorrent } from '../../../support/fake-engine.ts';

const make = (facts: Parameters<typeof makeTorrent>[0] | object) =>
  makeTorrent({ infoHash: hashOf('1'), ...facts });
const health = (kind: 'ok' | 'waiting' | 'no-peers' | 'storage') => ({
  health: { kind, message: '', since: '' },
});

test.each([
  [{ state: 'queued' }, 'Waiting its turn', 'muted'],
  [{ state: 'metadata' }, 'Looking inside', 'accent'],
  [{ state: 'downloading' }, 'Downloading', 'accent'],
  [{ state: 'downloading', ...health('waiting') }, 'Finding peers', 'accent'],
  [{ state: 'downloading', ...health('no-peers') }, 'No peers found yet', 'warn'],
  [{ state: 'downloading', ...health('storage') }, 'Storage is full', 'bad'],
  [{ state: 'seeding', progress: 1 }, 'Complete, sharing', 'good'],
  [{ state: 'paused', progress: 1 }, 'Complete, not sharing', 'muted'],
  [{ state: 'failed' }, 'Needs attention', 'bad'],
])('%o reads "%s"', (facts, label, tone) => {
  expect(torrentStatus(make(facts))).toEqual({ label, tone });
});

test('sizes, peers and time are said only when there is something to say', () => {
  expect(sizeText(make({ lengthBytes: 2_000_000, progress: 0.5 }))).toBe('1 MB of 2 MB');
  expect(sizeText(make({ lengthBytes: 2_000_000, progress: 1 }))).toBe('2 MB');
  expect(timeLeftText(make({ etaS: 61 }))).toBe('1m 1s left');
  expect(timeLeftText(make({ etaS: 61, state: 'paused' }))).toBe('');
  expect(peersText({ connected: 1, seeds: 0, snubbed: 0, banned: 0 })).toBe('1 peer');
});
