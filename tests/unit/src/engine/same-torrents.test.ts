import { expect, test } from 'vitest';
import type { EngineSnapshot } from '../../../../workers/contract/snapshot.ts';
import { sameTorrents } from '../../../../src/engine/same-torrents.ts';
import { FakeEngine, hashOf, makeTorrent } from '../../../support/fake-engine.ts';

const one = makeTorrent({ infoHash: hashOf('1') });
const two = makeTorrent({ infoHash: hashOf('2') });

/** As it comes over a port: equal, and nothing of it the same. */
async function snapshotOf(...torrents: (typeof one)[]): Promise<EngineSnapshot> {
  const engine = new FakeEngine(torrents);
  return new Promise((resolve) => {
    engine.connect({
      onState: () => undefined,
      onSnapshot: (snapshot) => resolve(structuredClone(snapshot)),
    });
  });
}

test('torrents that are as they were stay the same objects, also in another order', async () => {
  const before = await snapshotOf(one, two);
  const next = sameTorrents(before, await snapshotOf(two, one));
  expect(next.torrents[0]).toBe(before.torrents[1]);
  expect(next.torrents[1]).toBe(before.torrents[0]);
  expect(next.torrents).not.toBe(before.torrents);
});

test('a list in which nothing changed is the same list', async () => {
  const before = await snapshotOf(one, two);
  const fresh = await snapshotOf(one, two);
  const next = sameTorrents(before, fresh);
  expect(next.torrents).toBe(before.torrents);
  expect(next).toEqual(fresh);
});

test.each([
  ['a figure', { downloadBps: 7 }],
  ['a figure inside', { peerCounts: { connected: 1, seeds: 0, snubbed: 0, banned: 0 } }],
  ['what was nothing', { check: { progress: 0.5, isPaused: false } }],
  ['a time left that is not known any more', { etaS: null }],
])('a torrent of which %s changed is the new one', async (_, change) => {
  const known = { ...one, etaS: 9 };
  const before = await snapshotOf(known, two);
  const fresh = await snapshotOf({ ...known, ...change }, two);
  const next = sameTorrents(before, fresh);
  expect(next).toEqual(fresh);
  expect(next.torrents[0]).toBe(fresh.torrents[0]);
  expect(next.torrents[1]).toBe(before.torrents[1]);
});

test('a torrent that came or went leaves the others the same', async () => {
  const before = await snapshotOf(one);
  const more = sameTorrents(before, await snapshotOf(one, two));
  expect(more.torrents).toHaveLength(2);
  expect(more.torrents[0]).toBe(before.torrents[0]);
  const less = sameTorrents(more, await snapshotOf(two));
  expect(less.torrents).toEqual([more.torrents[1]]);
  expect(less.torrents[0]).toBe(more.torrents[1]);
});

test('the first snapshot is as it came', async () => {
  const first = await snapshotOf(one);
  expect(sameTorrents(null, first)).toBe(first);
});
