import { expect, test } from 'vitest';
import { fullDisk, fullDiskText } from '../../../../src/storage/full-disk.ts';
import type { TorrentDetail } from '../../../../workers/contract/snapshot.ts';
import { hashOf, makeTorrent } from '../../../support/fake-engine.ts';

const torrent = (digit: string, facts: Partial<TorrentDetail>) =>
  makeTorrent({ infoHash: hashOf(digit), ...facts });
const full = (digit: string, neededBytes: number, freeBytes: number, since: string) =>
  torrent(digit, {
    state: 'paused',
    health: { kind: 'storage-full', message: '', since, evidence: [], neededBytes, freeBytes },
  });
const finished = (digit: string, storedBytes: number) =>
  torrent(digit, { state: 'complete', progress: 1, storedBytes });

test('nothing is said while nobody waits for room', () => {
  expect(fullDisk([finished('1', 5), torrent('2', {})])).toBeNull();
});

test('needs add up, and the newest try says how much is free', () => {
  const disk = fullDisk([
    full('1', 1e9, 300e6, '2026-11-20T10:00:00.000Z'),
    full('2', 2e9, 120e6, '2026-11-20T10:05:00.000Z'),
  ]);
  expect(disk).toMatchObject({ waitingCount: 2, neededBytes: 3e9, freeBytes: 120e6 });
});

test('only finished torrents that hold room are offered, three at most, largest first', () => {
  const disk = fullDisk([
    full('1', 1, 0, ''),
    finished('2', 10),
    finished('3', 40),
    finished('4', 0),
    torrent('5', { progress: 0.9, storedBytes: 99 }),
    finished('6', 30),
    finished('7', 20),
  ]);
  expect(disk?.removable.map(({ storedBytes }) => storedBytes)).toEqual([40, 30, 20]);
});

test.each([
  [[full('1', 1.4e9, 120e6, '')], 'One torrent needs 1.4 GB more, and about 120 MB are free.'],
  [
    [full('1', 1e6, 0, ''), full('2', 2e6, 0, '')],
    '2 torrents need 3 MB more, and nothing is free.',
  ],
  [[full('1', 0, 0, '')], 'One torrent needs more room, and nothing is free.'],
])('%# in words', (torrents, text) => {
  const disk = fullDisk(torrents);
  expect(disk && fullDiskText(disk)).toBe(text);
});
