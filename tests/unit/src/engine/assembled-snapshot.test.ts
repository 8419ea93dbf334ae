import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TorrentSummary } from '../../../../workers/contract/snapshot.ts';
import { SnapshotUpdates } from '../../../../workers/engine/application/snapshot-updates.ts';
import { AssembledSnapshot } from '../../../../src/engine/assembled-snapshot.ts';
import { hashOf, makeSnapshot, makeTorrent } from '../../../support/fake-engine.ts';

const one = makeTorrent({ infoHash: hashOf('1') });
const two = makeTorrent({ infoHash: hashOf('2') });

/** Both ends of a port: what is told of snapshots on one, put together on the other. */
function port() {
  const updates = new SnapshotUpdates();
  const assembled = new AssembledSnapshot();
  return (...torrents: TorrentSummary[]) =>
    assembled.next(structuredClone(updates.next(makeSnapshot(torrents))));
}

test('torrents that are as they were stay the same objects, also in another order', () => {
  const tell = port();
  const before = tell(one, two);
  const next = tell(two, one);
  expect(next.torrents[0]).toBe(before.torrents[1]);
  expect(next.torrents[1]).toBe(before.torrents[0]);
});

test('a list in which nothing changed is the same list', () => {
  const tell = port();
  const before = tell(one, two);
  const next = tell(one, two);
  expect(next.torrents).toBe(before.torrents);
  expect(next).toEqual(makeSnapshot([one, two]));
});

test('a torrent that changed is a new one, and the others are the same', () => {
  const tell = port();
  const before = tell(one, two);
  const next = tell({ ...one, downloadBps: 7 }, two);
  expect(next.torrents).toEqual([{ ...one, downloadBps: 7 }, two]);
  expect(next.torrents[1]).toBe(before.torrents[1]);
  expect(next.torrents).not.toBe(before.torrents);
});

test('whatever comes, goes, changes and moves, what is put together is the snapshot', () => {
  const figures = fc.uniqueArray(
    fc.record({ digit: fc.constantFrom(...'123456'), downloadBps: fc.nat(2) }),
    { selector: ({ digit }) => digit },
  );
  fc.assert(
    fc.property(fc.array(figures), (states) => {
      const tell = port();
      let before: readonly TorrentSummary[] = [];
      for (const state of states) {
        // As the engine does it: one that is as it was is the same object.
        const torrents = state.map(({ digit, downloadBps }) => {
          const infoHash = hashOf(digit);
          const known = before.find((torrent) => torrent.infoHash === infoHash);
          return known?.downloadBps === downloadBps
            ? known
            : makeTorrent({ infoHash, downloadBps });
        });
        before = torrents;
        expect(tell(...torrents)).toEqual(makeSnapshot(torrents));
      }
    }),
  );
});

test('an update that speaks of a torrent nobody told of is refused', () => {
  const { torrents: _, ...rest } = makeSnapshot([]);
  const update = { ...rest, changed: [], order: [one.infoHash] };
  expect(() => new AssembledSnapshot().next(update)).toThrow(/nothing was told/);
});
