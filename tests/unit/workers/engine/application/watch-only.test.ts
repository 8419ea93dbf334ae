/** Torrents that are opened only to be watched, through the engine's commands; what is known of a torrent after it went. */
import { expect, test } from 'vitest';
import { StorageError } from '../../../../../workers/engine/model/chunk-store.ts';
import { settled, until } from '../../../../support/fake-clock.ts';
import { emptyDisk } from '../../../../support/fake-storage.ts';
import { file, gate, hash, infoBytes, made, magnet, Scene } from './session-scene.ts';

const MINUTE_MS = 60_000;

async function watching(): Promise<Scene> {
  const scene = await Scene.start();
  await scene.session.add(file, { hold: true });
  await scene.session.start(hash, [1], { keepOffline: false });
  return scene;
}

const isHere = (scene: Scene) => scene.session.torrents().length === 1;

/** Lets time pass minute by minute, with all that happens in it. */
async function pass(scene: Scene, minutes: number): Promise<void> {
  for (let n = 0; n < minutes; n++) {
    scene.deps.clock.advance(MINUTE_MS);
    await settled();
  }
}

test('what is opened to be watched is not kept, comes in order, and is so after a restart', async () => {
  const scene = await watching();
  expect(scene.detail()).toMatchObject({ keepOffline: false, sequential: true });
  expect(scene.member.isInOrder).toBe(true);
  expect(scene.member.wanted).toEqual([3, 4, 5]);
  const again = await Scene.start(scene.storage.disk);
  expect(again.detail()).toMatchObject({ keepOffline: false, sequential: true });
});

test.each([
  ['added', (scene: Scene) => scene.session.add(file, { keepOffline: false })],
  [
    'looked into and then added',
    async (scene: Scene) => {
      await scene.session.add(magnet, { hold: true });
      await scene.session.add(file, { keepOffline: false });
    },
  ],
])('it may be %s so, too', async (_, add) => {
  const scene = await Scene.start();
  await add(scene);
  expect(scene.detail()).toMatchObject({ keepOffline: false, sequential: true, isHeld: false });
});

test('unused for half an hour it goes with its data, is told of, and leaves its description', async () => {
  const scene = await watching();
  await scene.deliver(3, 4);
  await scene.session.checkpoint();
  await pass(scene, 29);
  expect(isHere(scene)).toBe(true);
  await pass(scene, 6);
  expect(isHere(scene)).toBe(false);
  const { disk } = scene.storage;
  expect([disk.torrents.size, disk.resumes.size, disk.pieces.size]).toEqual([0, 0, 0]);
  const { notices } = await scene.snapshot();
  expect(notices).toMatchObject([
    { kind: 'cleaned', message: expect.stringMatching(/“album”.*30 minutes\. 1 MB of room/) },
  ]);
  await scene.session.add(magnet, { hold: true });
  expect(scene.detail()).toMatchObject({ name: 'album', fileCount: 2, isHeld: true });
});

test('what is to be kept stays, and so does what is marked so later', async () => {
  const scene = await watching();
  const other = await scene.addOther();
  await scene.session.change(hash, { keepOffline: true });
  await pass(scene, 90);
  expect(scene.session.torrents().map(({ infoHash }) => infoHash)).toEqual([hash, other]);
  expect((await scene.snapshot()).notices).toEqual([]);
});

test('a time of 0 keeps everything, another one holds from now on', async () => {
  const scene = await watching();
  await scene.session.changeSettings({ cleanupIdleS: 0 });
  expect((await scene.snapshot()).cleanupIdleS).toBe(0);
  await pass(scene, 120);
  expect(isHere(scene)).toBe(true);
  await scene.session.changeSettings({ cleanupIdleS: 7200 });
  await pass(scene, 5);
  expect(isHere(scene)).toBe(false);
});

test.each<[string, (scene: Scene) => unknown]>([
  ['it is played', ({ session }) => session.played(hash)],
  ['its stream is read', (scene) => scene.open(1).port.close()],
  ['it is changed', ({ session }) => session.change(hash, { limits: { uploadBps: 2048 } })],
  ['it is paused', ({ session }) => session.pause(hash)],
])('the time begins anew when %s, and that is in the record a minute later', async (_, use) => {
  const scene = await watching();
  await pass(scene, 20);
  await use(scene);
  const usedAt = new Date(scene.deps.clock.now()).toISOString();
  await pass(scene, 1);
  expect(scene.storage.disk.torrents.get(hash)!.lastUsedAt).toBe(usedAt);
  await pass(scene, 28);
  expect(isHere(scene)).toBe(true);
  await pass(scene, 6);
  expect(isHere(scene)).toBe(false);
});

test('playing is written down once a minute, not at each piece of it', async () => {
  const scene = await watching();
  const saves = () => scene.storage.journal.filter((call) => call === 'saveTorrent').length;
  await pass(scene, 1);
  const before = saves();
  for (let n = 0; n < 600; n++) {
    await scene.session.played(hash);
    scene.deps.clock.advance(100);
  }
  await settled();
  expect(saves() - before).toBe(1);
});

test('while a player waits for a piece the torrent stays, however long that takes', async () => {
  const scene = await watching();
  const stream = scene.open(1, 0, 10);
  expect(await stream.result).toMatchObject({ ok: true });
  stream.port.postMessage({ kind: 'pull' });
  await settled();
  for (let minute = 0; minute < 90; minute++) {
    // Something else comes: it is not given up.
    scene.member.downloadedBytes += 16_384;
    await pass(scene, 1);
  }
  expect(isHere(scene)).toBe(true);
  stream.port.postMessage({ kind: 'cancel' });
  await settled();
  stream.port.close();
  await pass(scene, 35);
  expect(isHere(scene)).toBe(false);
});

test('while a stream is open it is used, however slowly it is read, and until its reader is gone without a word', async () => {
  const scene = await watching();
  await scene.deliver(3);
  const stream = scene.open(1, 0, 10);
  expect(await stream.result).toMatchObject({ ok: true });
  await pass(scene, 90);
  expect(isHere(scene)).toBe(true);
  const { hurries } = scene.member;
  stream.port.close();
  await until(() => [...hurries.values()].at(-1) === null, 'the end of the stream');
  await pass(scene, 35);
  expect(isHere(scene)).toBe(false);
});

test('who resumes it after completion wants it shared: it is kept from then on', async () => {
  const scene = await watching();
  await scene.deliver(3, 4, 5);
  await scene.session.pause(hash);
  await scene.session.resume(hash);
  expect(scene.detail().keepOffline).toBe(true);
});

test('super-seeded it stays, and says so', async () => {
  const scene = await watching();
  await scene.session.change(hash, { superSeeding: true });
  expect(scene.detail().keepOffline).toBe(true);
  await pass(scene, 90);
  expect(isHere(scene)).toBe(true);
  await scene.session.change(hash, { superSeeding: false });
  await pass(scene, 35);
  expect(isHere(scene)).toBe(false);
});

test('a start gives five minutes to go on', async () => {
  const before = await watching();
  before.deps.clock.advance(60 * MINUTE_MS);
  // Nobody came to remove it: as if the browser had been closed.
  const disk = { ...emptyDisk(), torrents: new Map(before.storage.disk.torrents) };
  const record = disk.torrents.get(hash);
  const lastUsedAt = '2026-11-19T00:00:00.000Z';
  disk.torrents.set(hash, { ...record!, lastUsedAt });
  const again = await Scene.start(disk);
  await pass(again, 4);
  expect(isHere(again)).toBe(true);
  await pass(again, 2);
  expect(isHere(again)).toBe(false);
});

test('on a full disk what is only watched goes after five minutes, but not what waits for room itself', async () => {
  const scene = await watching();
  await scene.deliver(3);
  const other = await scene.addOther();
  const full = new StorageError({ kind: 'storage-full', message: 'The disk is full.' });
  const fill = () => scene.swarm.member(other)!.events.storageFailed(full);
  await pass(scene, 4);
  fill();
  await settled();
  expect(scene.session.torrents()).toHaveLength(2);
  await pass(scene, 2);
  await scene.session.pause(other);
  await scene.session.resume(other);
  fill();
  await settled();
  expect(scene.session.torrents().map(({ infoHash }) => infoHash)).toEqual([other]);
  expect((await scene.snapshot()).notices).toMatchObject([{ kind: 'cleaned' }]);
});

test('a removal that fails is not told as one that was made', async () => {
  const scene = await watching();
  scene.storage.failing.set('removeTorrent', new Error('no'));
  await pass(scene, 35);
  expect((await scene.snapshot()).notices).toEqual([]);
  expect(scene.deps.logged).toContainEqual(expect.stringContaining('could not be removed'));
});

test('a link to a torrent that was removed, or looked into and left, opens with nobody there', async () => {
  const scene = await Scene.start();
  await scene.session.add(magnet, { hold: true });
  scene.member.events.metadata(new Uint8Array(infoBytes));
  await until(() => scene.detail().fileCount === 2, 'the file list');
  await scene.session.remove(hash, 'delete');
  const again = await Scene.start(scene.storage.disk);
  await again.session.add(magnet, { hold: true });
  expect(again.detail()).toMatchObject({ fileCount: 2, isHeld: true });
  expect(again.member.plan).not.toBeNull();
  expect(again.session.statistics().session).toMatchObject({
    metadataCacheHits: 1,
    metadataCacheMisses: 0,
  });
  await again.session.start(hash);
  expect(again.storage.disk.torrents.get(hash)!.infoBytes).toEqual(new Uint8Array(infoBytes));
  // It is in its record now.
  await pass(again, 1);
  expect(await again.storage.metadata.list()).toEqual([]);
});

test('two who add the same link at once get one torrent', async () => {
  const first = await Scene.start();
  await first.session.add(file);
  await first.session.remove(hash, 'delete');
  const scene = await Scene.start(first.storage.disk);
  const added = await Promise.all([scene.session.add(magnet), scene.session.add(magnet)]);
  expect(added).toMatchObject([{ value: { isNew: true } }, { value: { isNew: false } }]);
  expect(scene.swarm.members).toHaveLength(1);
  expect(made.infoHash).toBe(hash);
});

test('a removal under way does not keep a second look from ending', async () => {
  const scene = await watching();
  const held = gate();
  scene.storage.holding.set('removeTorrent', held.promise);
  await pass(scene, 45);
  held.resolve();
  await settled();
  expect((await scene.snapshot()).notices).toHaveLength(1);
});
