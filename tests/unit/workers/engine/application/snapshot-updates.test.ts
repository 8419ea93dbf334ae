import { expect, test } from 'vitest';
import { SnapshotUpdates } from '../../../../../workers/engine/application/snapshot-updates.ts';
import { hashOf, makeSnapshot, makeTorrent } from '../../../../support/fake-engine.ts';

const one = makeTorrent({ infoHash: hashOf('1') });
const two = makeTorrent({ infoHash: hashOf('2') });

test('the first update tells of every torrent, and one in which nothing changed of none', () => {
  const updates = new SnapshotUpdates();
  expect(updates.next(makeSnapshot([one, two]))).toMatchObject({
    changed: [one, two],
    order: [one.infoHash, two.infoHash],
  });
  const next = updates.next(makeSnapshot([one, two], { sequence: 2 }));
  expect(next).toMatchObject({ changed: [], order: null, sequence: 2 });
  expect(next).not.toHaveProperty('torrents');
});

test('an empty library is told as it is, and each port from the start', () => {
  expect(new SnapshotUpdates().next(makeSnapshot([]))).toMatchObject({ changed: [], order: null });
  new SnapshotUpdates().next(makeSnapshot([one]));
  expect(new SnapshotUpdates().next(makeSnapshot([one])).changed).toEqual([one]);
});

test('of a torrent that changed it is told, and of the order only when that is another', () => {
  const updates = new SnapshotUpdates();
  updates.next(makeSnapshot([one, two]));
  const moved = { ...two, downloadBps: 7 };
  expect(updates.next(makeSnapshot([one, moved]))).toMatchObject({ changed: [moved], order: null });
  expect(updates.next(makeSnapshot([moved]))).toMatchObject({
    changed: [],
    order: [two.infoHash],
  });
});
