/** One torrent's life, from what it is told to what it writes down. session.test.ts has the commands around it. */
import { expect, test } from 'vitest';
import { fail } from '../../../../../workers/contract/errors.ts';
import { StorageError } from '../../../../../workers/engine/model/chunk-store.ts';
import { settled, until } from '../../../../support/fake-clock.ts';
import { file, gate, hash, infoBytes, made, magnet, Scene } from './session-scene.ts';

const full = new StorageError(
  fail('storage-full', 'The disk is full. Make room.').error as StorageError['reason'],
);

test('a magnet finds its metadata, opens, downloads and completes', async () => {
  const scene = await Scene.start();
  await scene.session.add(magnet);
  expect(scene.detail()).toMatchObject({ state: 'metadata', fileCount: 0 });
  scene.member.events.metadata(infoBytes);
  await until(() => scene.member.plan !== null, 'the plan');
  expect(scene.detail()).toMatchObject({ state: 'downloading', name: 'album', fileCount: 2 });
  expect(scene.member.wanted).toEqual([0, 1, 2, 3, 4, 5]);
  await scene.deliver(0, 1, 2, 3);
  expect(scene.detail()).toMatchObject({ progress: 4 / 6, piecesHave: 4, completedAt: null });
  await scene.deliver(4, 5);
  await scene.session.checkpoint();
  expect(scene.detail()).toMatchObject({ state: 'seeding', progress: 1 });
  expect(scene.storage.disk.torrents.get(hash)!.completedAt).not.toBeNull();
  expect(scene.storage.disk.shelves.get(hash)!.files.map((f) => f.isFinished)).toEqual([
    true,
    true,
  ]);
});

test('a checkpoint flushes the bytes, then writes the record, then the shelf', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  scene.storage.journal.length = 0;
  await scene.deliver(0, 1, 2, 3, 4, 5);
  await scene.session.checkpoint();
  const order = scene.storage.journal.filter(
    (call) => call !== 'saveTorrent' && call !== 'saveStatistics',
  );
  expect(order.filter((call) => call === 'saveShelf')).not.toEqual([]);
  expect(order.join(' ')).toMatch(/^(flush saveResume( saveShelf)?( |$))+$/);
});

test('a piece that was still under way when a person paused is written down at once: there is no later', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(0);
  await scene.session.pause(made.infoHash);
  const have = () => scene.storage.disk.resumes.get(hash)?.have[0];
  expect(have()).toBe(0b1000_0000);
  await scene.deliver(1);
  await settled();
  expect(have()).toBe(0b1100_0000);
});

test('how long it was given is there after a short session, too', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(0, 1, 2, 3, 4, 5);
  await settled();
  await scene.session.checkpoint();
  scene.deps.clock.advance(45_000);
  await scene.session.checkpoint();
  const again = await Scene.start(scene.storage.disk);
  expect(again.detail().statistics.lifetime.seedingS).toBe(45);
});

test('a checkpoint without news writes nothing', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  scene.storage.journal.length = 0;
  await scene.session.checkpoint();
  expect(scene.storage.journal).toEqual([]);
});

test('a piece that comes while the flush is under way is not in that checkpoint but in the next', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const { promise, resolve } = gate();
  await scene.deliver(0);
  scene.storage.holding.set('flush', promise);
  const checkpoint = scene.session.checkpoint();
  await settled();
  await scene.deliver(1);
  resolve();
  await checkpoint;
  expect(scene.storage.disk.resumes.get(hash)!.have[0]).toBe(0b1000_0000);
  await scene.session.checkpoint();
  expect(scene.storage.disk.resumes.get(hash)!.have[0]).toBe(0b1100_0000);
});

test.each(['flush', 'saveResume'] as const)(
  'when %s fails the progress is tried again later, and it is told',
  async (call) => {
    const scene = await Scene.start();
    await scene.session.add(file);
    await scene.deliver(0);
    scene.storage.failing.set(call, new Error('no'));
    await scene.session.checkpoint();
    expect(scene.storage.disk.resumes.get(hash)!.have[0]).toBe(0);
    expect(scene.detail().errors[0]!.message).toContain('Progress could not be saved');
    scene.storage.failing.clear();
    await scene.session.checkpoint();
    expect(scene.storage.disk.resumes.get(hash)!.have[0]).toBe(0b1000_0000);
  },
);

test('a held torrent wants nothing, is not saved, and a reload forgets it', async () => {
  const scene = await Scene.start();
  await scene.session.add(file, { hold: true });
  expect(scene.member.plan).not.toBeNull();
  expect(scene.member.wanted).toBeNull();
  expect(scene.detail()).toMatchObject({ isHeld: true, fileCount: 2 });
  expect(scene.session.torrents()).toEqual([]);
  await scene.session.checkpoint();
  const { disk } = scene.storage;
  expect([disk.torrents.size, disk.resumes.size, disk.shelves.size]).toEqual([0, 0, 0]);
  expect((await Scene.start(disk)).swarm.members).toEqual([]);
});

test('start ends the hold with the files that were chosen', async () => {
  const scene = await Scene.start();
  await scene.session.add(file, { hold: true });
  expect(await scene.session.start(made.infoHash, [1])).toEqual({ ok: true, value: null });
  expect(scene.member.wanted).toEqual([3, 4, 5]);
  expect(scene.detail()).toMatchObject({ isHeld: false, selectedBytes: 3 * 16_384 });
  expect(scene.storage.disk.torrents.get(hash)!.files).toEqual([1]);
});

test('what was looked into and is then added is added as that asks: its priority, to be watched only, paused', async () => {
  const scene = await Scene.start();
  await scene.session.add(file, { hold: true });
  const asked = { priority: 'high', keepOffline: false, paused: true } as const;
  expect(await scene.session.add(file, asked)).toMatchObject({ value: { isNew: false } });
  const state = { isHeld: false, state: 'paused', priority: 'high', keepOffline: false };
  expect(scene.detail()).toMatchObject(state);
  expect(scene.storage.disk.torrents.get(hash)).toMatchObject({
    priority: 'high',
    keepOffline: false,
    pausedBy: 'user',
  });
  // Who is here already stays as it is.
  await scene.session.add(file, { priority: 'low' });
  expect(scene.detail()).toMatchObject(state);
});

test('a selection that makes a finished file unfinished says so on the shelf before a byte moves', async () => {
  const scene = await Scene.start();
  await scene.session.add(file, { files: [0] });
  await scene.deliver(0, 1, 2);
  await scene.session.checkpoint();
  const finished = () => scene.storage.disk.shelves.get(hash)!.files.map((f) => f.isFinished);
  expect(finished()).toEqual([true, false]);
  const { promise, resolve } = gate();
  scene.storage.holding.set('saveShelf', promise);
  const selecting = scene.session.select(made.infoHash, [0, 1]);
  await settled();
  expect(scene.member.wanted).toEqual([0, 1, 2]);
  resolve();
  await selecting;
  expect(finished()).toEqual([false, false]);
  expect(scene.member.wanted).toEqual([0, 1, 2, 3, 4, 5]);
});

test('pause keeps the peers, is remembered, and tells those who wait why nothing comes', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const { port, result } = scene.open(0, 0, 100);
  expect(await result).toMatchObject({ ok: true });
  const told = new Promise((resolve) => {
    port.onmessage = ({ data }) => resolve(data);
  });
  port.postMessage({ kind: 'pull' });
  await settled();
  await scene.session.pause(made.infoHash);
  expect(await told).toMatchObject({ kind: 'error', error: { kind: 'no-peers' } });
  expect(scene.member).toMatchObject({ isPaused: true, pausedPeers: 'keep' });
  expect(scene.detail().state).toBe('paused');
  port.close();

  const after = await Scene.start(scene.storage.disk);
  expect(after.swarm.members).toEqual([]);
  await after.session.resume(made.infoHash);
  expect(after.member.wanted).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a torrent whose store could not be opened downloads once it is resumed and opens', async () => {
  const scene = await Scene.start();
  scene.storage.failing.set('open', full);
  await scene.session.add(file);
  expect(scene.detail()).toMatchObject({ state: 'failed', health: { kind: 'failed' } });
  scene.storage.failing.clear();
  await scene.session.resume(made.infoHash);
  expect(scene.detail().state).toBe('downloading');
  expect(scene.member.begins).toBe(1);
  expect(scene.member.wanted).toEqual([0, 1, 2, 3, 4, 5]);
});

test('metadata that is no torrent fails it and moves no bytes', async () => {
  const scene = await Scene.start();
  await scene.session.add(magnet);
  scene.member.events.metadata(new Uint8Array(10));
  await until(() => scene.detail().state === 'failed', 'the failure');
  expect(scene.member.isPaused).toBe(true);
  expect(scene.member.plan).toBeNull();
});

test('hash failures and warnings are noted, newest first, and no more than 50', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  scene.member.events.warning('a peer was odd');
  scene.member.events.hashFailure(3, 16_384);
  expect(scene.detail().errors.map(({ message }) => message)).toEqual([
    'Piece 3 did not match its hash; it was thrown away and is fetched again.',
    'a peer was odd',
  ]);
  for (let i = 0; i < 100; i++) scene.member.events.warning(`${i}`);
  expect(scene.detail().errors).toHaveLength(50);
  expect(scene.detail().errors[0]!.message).toBe('99');
});

test('what was uploaded is counted over restarts, also while only seeding', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(0, 1, 2, 3, 4, 5);
  await scene.session.checkpoint();
  scene.member.uploadedBytes = 500;
  await scene.session.checkpoint();
  expect(scene.detail().uploadedBytes).toBe(500);
  const after = await Scene.start(scene.storage.disk);
  after.member.uploadedBytes = 20;
  expect(after.detail().uploadedBytes).toBe(520);
});
