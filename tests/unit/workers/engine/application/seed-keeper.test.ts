/** The end of seeding, through the session: when it comes, that it stays, and what lets it go on. */
import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS, type Settings } from '../../../../../workers/contract/settings.ts';
import { settled } from '../../../../support/fake-clock.ts';
import { emptyDisk } from '../../../../support/fake-storage.ts';
import { tracker } from '../../../../support/tracker-snapshot.ts';
import { file, hash, made, Scene } from './session-scene.ts';

const SIZE = 6 * 16_384;

/** A complete torrent that has given so many times its size. */
async function seeding(settings: Partial<Settings>, ratio = 0): Promise<Scene> {
  const disk = { ...emptyDisk(), settings: { ...DEFAULT_SETTINGS, ...settings } };
  const scene = await Scene.start(disk);
  await scene.session.add(file);
  await scene.deliver(0, 1, 2, 3, 4, 5);
  await settled();
  scene.member.uploadedBytes = ratio * SIZE;
  return scene;
}

async function pass(scene: Scene, seconds: number): Promise<void> {
  scene.deps.clock.advance(seconds * 1000);
  await settled();
}

test('a ratio that is reached ends it: complete, out of the swarm, also after a restart', async () => {
  const scene = await seeding({ seedRatio: 1.5 }, 1.49);
  await pass(scene, 5);
  expect(scene.detail().state).toBe('seeding');
  scene.member.uploadedBytes = 1.5 * SIZE;
  await pass(scene, 1);
  expect(scene.detail()).toMatchObject({ state: 'complete', uploadBps: 0, progress: 1 });
  expect(scene.member).toMatchObject({ isPaused: true, pausedPeers: 'close' });

  const next = await Scene.start(scene.storage.disk);
  await pass(next, 5);
  expect(next.swarm.members).toEqual([]);
  expect(next.detail().state).toBe('complete');
});

test('a person who resumes it seeds on, without a limit, also after a restart', async () => {
  const scene = await seeding({ seedRatio: 1 }, 2);
  await pass(scene, 1);
  expect(scene.detail().state).toBe('complete');
  await scene.session.resume(made.infoHash);
  await pass(scene, 60);
  expect(scene.detail()).toMatchObject({
    state: 'seeding',
    limits: { seedRatio: 0, seedMinutes: 0 },
  });
  expect(scene.member.isPaused).toBe(false);
  await scene.session.checkpoint();
  const next = await Scene.start(scene.storage.disk);
  await pass(next, 5);
  expect(next.detail().state).toBe('seeding');
});

test('minutes of giving end it, over restarts; those of a pause do not count', async () => {
  const scene = await seeding({ seedMinutes: 3 });
  await pass(scene, 90);
  await scene.session.pause(made.infoHash);
  await pass(scene, 600);
  await scene.session.resume(made.infoHash);
  await pass(scene, 60);
  expect(scene.detail().state).toBe('seeding');
  // Time alone is written down now and then, and with everything else: here with the pause.
  expect(scene.storage.disk.torrents.get(hash)!.seedingS).toBe(90);
  const next = await Scene.start(scene.storage.disk);
  await pass(next, 89);
  expect(next.detail().state).toBe('seeding');
  await pass(next, 2);
  expect(next.detail().state).toBe('complete');
});

test('a limit of its own goes before that of the settings, and both are live', async () => {
  const scene = await seeding({ seedRatio: 1 }, 2);
  await scene.session.change(made.infoHash, { limits: { seedRatio: 3 } });
  await pass(scene, 5);
  expect(scene.detail().state).toBe('seeding');
  await scene.session.change(made.infoHash, { limits: { seedRatio: null } });
  await pass(scene, 1);
  expect(scene.detail().state).toBe('complete');
  // A limit that is raised lets it go on.
  await scene.session.changeSettings({ seedRatio: 5 });
  await pass(scene, 1);
  expect(scene.detail()).toMatchObject({ state: 'seeding', limits: { seedRatio: null } });
});

test('while nobody else has all of it, it goes on, if so wished', async () => {
  const scene = await seeding({ seedRatio: 1, seedUntilOthers: true }, 2);
  scene.member.seeds = 0;
  scene.member.trackerSnapshots = [tracker({ state: 'working', seeds: 1 })];
  await pass(scene, 60);
  expect(scene.detail().state).toBe('seeding');
  scene.member.trackerSnapshots = [tracker({ state: 'working', seeds: 2 })];
  await pass(scene, 1);
  expect(scene.detail().state).toBe('complete');
  // Out of the swarm nobody is heard of any more: that does not bring it back.
  scene.member.trackerSnapshots = [];
  await pass(scene, 60);
  expect(scene.detail().state).toBe('complete');
});

test('one that wants more files goes on by itself', async () => {
  const disk = { ...emptyDisk(), settings: { ...DEFAULT_SETTINGS, seedRatio: 1 } };
  const scene = await Scene.start(disk);
  await scene.session.add(file, { files: [0] });
  await scene.deliver(0, 1, 2);
  scene.member.uploadedBytes = SIZE;
  await pass(scene, 1);
  expect(scene.detail().state).toBe('complete');
  await scene.session.select(made.infoHash, [0, 1]);
  await pass(scene, 1);
  expect(scene.detail().state).toBe('downloading');
  expect(scene.member.isPaused).toBe(false);
});

test('what a person pauses is paused, and what is not complete has no limit', async () => {
  const scene = await seeding({ seedRatio: 1 }, 2);
  await scene.session.pause(made.infoHash);
  await pass(scene, 5);
  expect(scene.detail().state).toBe('paused');
  const other = await Scene.start({
    ...emptyDisk(),
    settings: { ...DEFAULT_SETTINGS, seedRatio: 1 },
  });
  await other.session.add(file);
  other.member.uploadedBytes = 5 * SIZE;
  await pass(other, 5);
  expect(other.detail().state).toBe('downloading');
});
