/** What a torrent makes of its storage: after a crash, when bytes change or go, when there is no room. */
import { expect, test } from 'vitest';
import { fail } from '../../../../../workers/contract/errors.ts';
import { StorageError } from '../../../../../workers/engine/model/chunk-store.ts';
import { settled, until } from '../../../../support/fake-clock.ts';
import { file, gate, hash, made, Scene } from './session-scene.ts';

const full = new StorageError(
  fail('storage-full', 'No room.', { neededBytes: 98_304 }).error as StorageError['reason'],
);
const HALF = 3 * 16_384;

/** A session whose torrent has these pieces, all of them checkpointed. */
async function having(...pieces: readonly number[]): Promise<Scene> {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(...pieces);
  await scene.session.checkpoint();
  await scene.session.checkpoint();
  return scene;
}

const idle = (scene: Scene) => until(() => scene.detail().check === null, 'the end of the check');
const finished = (scene: Scene) =>
  scene.storage.disk.shelves.get(hash)!.files.map(({ isFinished }) => isFinished);

/** Changes what is stored of a piece, behind everyone's back. */
function damage(scene: Scene, index: number, changesTime = false): void {
  const piece = scene.storage.disk.pieces.get(`${hash}/${index}`)!;
  scene.storage.disk.pieces.set(`${hash}/${index}`, new Uint8Array(piece.length));
  const extents = scene.storage.disk.extents.get(hash)!;
  const stamp = extents.get(0)!;
  if (changesTime) extents.set(0, { ...stamp, modifiedMs: stamp.modifiedMs + 1 });
}

test('after a crash the checkpointed pieces are here, and those that came later are found in storage', async () => {
  const before = await having(0, 4);
  await before.deliver(1);
  const after = await Scene.start(before.storage.disk);
  expect(after.detail()).toMatchObject({ state: 'checking', piecesHave: 0, name: 'album' });
  expect(after.member.wanted).toEqual([]);
  await idle(after);
  expect(after.detail()).toMatchObject({ state: 'downloading', piecesHave: 3 });
  expect(after.member.wanted).toEqual([2, 3, 5].concat([0, 1, 4]).sort());
  expect(after.member.gainedPieces.toSorted()).toEqual([0, 1, 4]);
  await after.session.checkpoint();
  expect(after.storage.disk.resumes.get(hash)!.have[0]).toBe(0b1100_1000);
});

test('what is as the checkpoint left it is here at once, and nothing is hashed for it', async () => {
  const before = await having(0, 4);
  const after = await Scene.start(before.storage.disk);
  expect(after.detail()).toMatchObject({ state: 'downloading', piecesHave: 2, check: null });
  expect(after.storage.stores.get(hash)!.reads).toEqual([]);
});

test('with "verify on resume" everything that is stored is hashed at the start', async () => {
  const before = await having(0, 4);
  await before.session.changeSettings({ verifyOnResume: true });
  damage(before, 4);
  const after = await Scene.start(before.storage.disk);
  expect(after.detail().state).toBe('checking');
  await idle(after);
  await until(() => after.member.lostPieces.length > 0, 'the loss');
  expect(after.detail()).toMatchObject({ piecesHave: 1 });
  expect(after.member.lostPieces).toEqual([4]);
});

test('a piece that was damaged behind the checkpoint is found before it is given to anyone, and fetched again', async () => {
  const before = await having(0, 1, 2, 3, 4, 5);
  damage(before, 1);
  const after = await Scene.start(before.storage.disk);
  expect(after.detail()).toMatchObject({ state: 'seeding', progress: 1 });
  const { store } = after.member.plan!;
  await expect(store.read(1 as never, 0, 10)).rejects.toMatchObject({ isMissing: true });
  await until(() => after.member.lostPieces.length > 0, 'the loss');
  expect(after.member.lostPieces).toEqual([1]);
  expect(finished(after)).toEqual([false, false]);
  expect(after.storage.disk.torrents.get(hash)!.completedAt).toBeNull();
  await idle(after);
  await after.deliver(1);
  await after.session.checkpoint();
  expect(after.detail()).toMatchObject({ state: 'seeding', progress: 1 });
  expect(finished(after)).toEqual([true, true]);
  expect(await store.read(1 as never, 0, 10)).toEqual(
    new Uint8Array(made.content.subarray(16_384, 16_394)),
  );
});

test('nothing is fetched in place of a damaged piece before the shelf has stopped calling its file finished', async () => {
  const before = await having(0, 1, 2, 3, 4, 5);
  damage(before, 1);
  const after = await Scene.start(before.storage.disk);
  const { promise, resolve } = gate();
  after.storage.holding.set('saveShelf', promise);
  const reading = after.member.plan!.store.read(1 as never, 0, 10);
  await expect(reading).rejects.toThrow();
  await idle(after);
  expect(after.member.lostPieces).toEqual([]);
  resolve();
  await until(() => after.member.lostPieces.length > 0, 'the loss');
  expect(finished(after)).toEqual([false, false]);
});

test('a player reads on over a damaged piece once it has come again', async () => {
  const before = await having(0, 1, 2, 3, 4, 5);
  damage(before, 0);
  const after = await Scene.start(before.storage.disk);
  const { port, result } = after.open(0, 0, 100);
  expect(await result).toMatchObject({ ok: true });
  const told = new Promise<{ bytes: ArrayBuffer }>((resolve) => {
    port.onmessage = ({ data }) => resolve(data);
  });
  port.postMessage({ kind: 'pull' });
  await until(() => after.member.lostPieces.length > 0, 'the loss');
  await after.deliver(0);
  expect(new Uint8Array((await told).bytes)).toEqual(new Uint8Array(made.content.subarray(0, 100)));
  port.close();
});

test('a recheck finds what is bad, has progress, can be paused, and leaves the rest alone', async () => {
  const scene = await having(0, 1, 2, 3, 4, 5);
  damage(scene, 5);
  expect(await scene.session.recheck(hash)).toEqual({ ok: true, value: null });
  await scene.session.pause(hash);
  const paused = scene.detail();
  expect(paused).toMatchObject({ state: 'paused', check: { isPaused: true } });
  expect(paused.check!.progress).toBeLessThan(1);
  await scene.session.resume(hash);
  await idle(scene);
  await until(() => scene.member.lostPieces.length > 0, 'the loss');
  expect(scene.member.lostPieces).toEqual([5]);
  expect(scene.detail()).toMatchObject({ state: 'downloading', piecesHave: 5, progress: 5 / 6 });
});

test('a recheck that storage breaks off says so and takes nothing away', async () => {
  const scene = await having(0, 1, 2);
  scene.storage.stores.get(hash)!.readError = full;
  await scene.session.recheck(hash);
  await idle(scene);
  expect(scene.detail()).toMatchObject({ piecesHave: 3 });
  expect(scene.detail().errors[0]!.message).toContain('ended early: No room.');
});

test('a torrent whose data the browser took away is listed, says so, and is fetched again when resumed', async () => {
  const before = await having(0, 1, 2);
  before.storage.wipe(hash);
  for (let start = 0; start < 2; start++) {
    const after = await Scene.start(before.storage.disk);
    expect(after.detail()).toMatchObject({
      state: 'paused',
      health: { kind: 'evicted' },
      piecesHave: 0,
    });
    expect(after.swarm.members).toEqual([]);
    if (start === 0) expect(after.detail().health.neededBytes).toBe(HALF);
  }
  const after = await Scene.start(before.storage.disk);
  await after.session.resume(hash);
  expect(after.member.wanted).toEqual([0, 1, 2, 3, 4, 5]);
  expect(after.detail().health.kind).not.toBe('evicted');
});

test('data cleared under the running engine is noticed: the torrent is listed and can be fetched again', async () => {
  const scene = await having(0, 1, 2);
  scene.storage.wipe(hash);
  scene.storage.disk.torrents.clear();
  scene.storage.isThere = false;
  scene.deps.clock.advance(5_000);
  await until(() => scene.detail().health.kind === 'evicted', 'the loss');
  expect(scene.detail()).toMatchObject({ state: 'paused', piecesHave: 0 });
  expect(scene.detail().health.neededBytes).toBe(HALF);
  expect((await scene.snapshot()).notices).toMatchObject([{ kind: 'storage-cleared' }]);
  expect(scene.storage.disk.torrents.has(hash)).toBe(true);
  await scene.session.resume(hash);
  expect(scene.member.wanted).toEqual([0, 1, 2, 3, 4, 5]);
  await scene.deliver(0);
  expect(scene.detail().piecesHave).toBe(1);
});

test('a full disk pauses the torrent, says what is needed and free, and goes on by itself once there is room', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  scene.storage.roomBytes = 30_000;
  scene.member.events.storageFailed(full);
  await until(() => scene.detail().health.freeBytes !== undefined, 'what is free');
  expect(scene.member).toMatchObject({ isPaused: true, pausedPeers: 'close' });
  expect(scene.detail()).toMatchObject({
    state: 'paused',
    health: { kind: 'storage-full', neededBytes: 6 * 16_384, freeBytes: 30_000 },
  });
  expect(await scene.session.health()).toMatchObject({ status: 'degraded' });
  scene.deps.clock.advance(10_000);
  await settled();
  expect(scene.member.isPaused).toBe(true);
  scene.storage.roomBytes = Infinity;
  scene.deps.clock.advance(10_000);
  await until(() => !scene.member.isPaused, 'going on');
  expect(scene.detail()).toMatchObject({ state: 'downloading' });
  expect(scene.detail().health.kind).not.toBe('storage-full');
  expect(scene.storage.disk.torrents.get(hash)!.pausedBy).toBeNull();
});

test('a torrent that waits for room still waits after a restart, and goes on then', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  scene.storage.roomBytes = 0;
  scene.member.events.storageFailed(full);
  await until(() => scene.storage.roomAsked.length > 0, 'the look for room');
  const after = await Scene.start(scene.storage.disk);
  expect(after.detail()).toMatchObject({ state: 'paused', health: { kind: 'storage-full' } });
  after.deps.clock.advance(10_000);
  await until(() => after.swarm.members.length > 0, 'going on');
  expect(after.member.wanted).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a torrent that a person paused stays paused, whatever room there is', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.session.pause(hash);
  scene.member.events.storageFailed(full);
  await settled();
  scene.deps.clock.advance(30_000);
  await settled();
  expect(scene.detail()).toMatchObject({ state: 'paused' });
  expect(scene.storage.disk.torrents.get(hash)!.pausedBy).toBe('user');
});

test('removing a torrent makes room for the one that waits at once', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const other = await scene.addOther();
  scene.storage.roomBytes = 0;
  scene.member.events.storageFailed(full);
  await until(() => scene.storage.roomAsked.length > 0, 'the look for room');
  scene.storage.roomBytes = Infinity;
  await scene.session.remove(other, 'delete');
  expect(scene.member.isPaused).toBe(false);
});

test('a checkpoint that finds no room for its record pauses the torrent rather than fetch what would be lost', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  scene.storage.failing.set('saveResume', full);
  await scene.deliver(0);
  await scene.session.checkpoint();
  expect(scene.detail()).toMatchObject({ state: 'paused', health: { kind: 'storage-full' } });
  scene.storage.failing.clear();
  scene.deps.clock.advance(10_000);
  await until(() => !scene.member.isPaused, 'going on');
});

test('many bytes make a checkpoint due before its time', async () => {
  const scene = await Scene.start();
  const big = await scene.addOther(130);
  const member = scene.swarm.member(big)!;
  const records = () => scene.storage.disk.resumes.get(big as never)!.generation;
  const before = records();
  for (let i = 0; i < 64; i++) await member.deliver(scene.otherContent, i);
  await until(() => records() > before, 'the checkpoint');
});

test('room a torrent takes is what its extents take', async () => {
  const scene = await having(0);
  expect(scene.detail().storedBytes).toBe(6 * 16_384);
});
