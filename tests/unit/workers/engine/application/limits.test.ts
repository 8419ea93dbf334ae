/** What holds of the settings now, through the session: rates by the hour, memory, meters, and less while the machine is slow. */
import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../../workers/contract/settings.ts';
import type { Settings } from '../../../../../workers/contract/settings.ts';
import { emptyDisk, type Disk } from '../../../../support/fake-storage.ts';
import { settled, localTimeIn } from '../../../../support/fake-clock.ts';
import { file, hash, made, magnet, Scene } from './session-scene.ts';

const MIB = 2 ** 20;
const SLOW = { downloadBps: 4096, uploadBps: 2048 };

function diskWith(settings: Partial<Settings>): Disk {
  return { ...emptyDisk(), settings: { ...DEFAULT_SETTINGS, ...settings } };
}

/** What is told of each step from now on: message, direction, reason, connections. */
async function adjustments(scene: Scene) {
  const begin = await scene.session.events(null, 1);
  const since = begin.ok ? begin.value.next : 0;
  return async () => {
    const page = await scene.session.events(since, 2_000);
    const events = page.ok ? page.value.events : [];
    return events
      .filter(({ kind }) => kind === 'session:adjusted')
      .map(({ message, data }) => [message, data?.change, data?.reason, data?.maxConnections]);
  };
}
const configured = (scene: Scene) => scene.swarm.configured.at(-1)!;

test('alternative rates hold when they are switched on, and the saved rates stay as they are', async () => {
  const scene = await Scene.start(diskWith({ downloadBps: 9216 }));
  await scene.session.changeSettings({ alternativeRates: { ...SLOW, schedule: [] } });
  expect((await scene.snapshot()).rates).toMatchObject({ downloadBps: 9216, source: 'usual' });
  await scene.session.changeSettings({ alternativeSwitch: 'on' });
  expect(configured(scene)).toMatchObject(SLOW);
  expect((await scene.snapshot()).rates).toEqual({
    ...SLOW,
    source: 'alternative',
    switch: 'on',
    hasSchedule: false,
  });
  expect(scene.session.settings().downloadBps).toBe(9216);
  await scene.session.changeSettings({ alternativeSwitch: 'off' });
  expect(configured(scene)).toMatchObject({ downloadBps: 9216, uploadBps: 0 });
});

test('the schedule changes them by itself, at the hour of the place where the person is', async () => {
  // The scene begins at midnight UTC of a Friday: nine in the morning in Tokyo.
  const schedule = [{ days: [5], fromMinute: 9 * 60 + 1, toMinute: 9 * 60 + 2 }];
  const disk = diskWith({ alternativeRates: { ...SLOW, schedule } });
  const scene = await Scene.start(disk, [], {
    prepare: ({ deps }) => {
      deps.localTime = localTimeIn('Asia/Tokyo');
    },
  });
  scene.deps.clock.advance(59_000);
  expect(configured(scene)).toMatchObject({ downloadBps: 0 });
  scene.deps.clock.advance(1_000);
  expect(configured(scene)).toMatchObject(SLOW);
  scene.deps.clock.advance(60_000);
  expect(configured(scene)).toMatchObject({ downloadBps: 0 });
  expect((await scene.snapshot()).rates.source).toBe('usual');
});

test('connections over a lower limit of a person are closed; a higher one, or another setting, closes none', async () => {
  const scene = await Scene.start(diskWith({ maxConnections: 60, maxConnectionsPerTorrent: 50 }));
  expect(scene.swarm.closings).toBe(0);
  for (const [change, closings] of [
    [{ maxConnections: 40 }, 1],
    [{ maxConnections: 50, downloadBps: 9216 }, 1],
    [{ maxConnectionsPerTorrent: 20 }, 2],
    [{ uploadSlots: 3 }, 2],
  ] as const) {
    expect(await scene.session.changeSettings(change)).toMatchObject({ ok: true });
    expect(scene.swarm.closings).toBe(closings);
  }
});

test('memory is shared out, and what is set is kept as it was set', async () => {
  const scene = await Scene.start();
  const { writeQueueBytes, readCacheBytes } = DEFAULT_SETTINGS;
  expect(scene.storage.configured.at(-1)).toMatchObject({ writeQueueBytes, readCacheBytes });
  await scene.session.changeSettings({ memoryBytes: 42.5 * MIB });
  expect(scene.storage.configured.at(-1)).toEqual({
    writeQueueBytes: 16.5 * MIB,
    readCacheBytes: 8 * MIB,
    maxInFlightBytes: 14 * MIB,
    maxSpareBytes: 4 * MIB,
  });
  expect(scene.swarm.shares).toMatchObject({ maxInFlightBytes: 14 * MIB, maxSpareBytes: 4 * MIB });
  expect(scene.session.settings()).toMatchObject({ writeQueueBytes, readCacheBytes });
});

test('a slow disk lowers what is under way, says so, and calm brings the settings back', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const store = scene.storage.stores.get(hash)!;
  const told = await adjustments(scene);
  store.averageWriteMs = 340;
  // How slow a disk was once does not count while there is nothing to write.
  scene.deps.clock.advance(10_000);
  expect((await scene.snapshot()).adjusted).toBeNull();
  store.queuedPieces = 1;
  scene.deps.clock.advance(4_000);
  const { adjusted } = await scene.snapshot();
  expect(adjusted).toEqual({
    maxInFlightPieces: 12,
    maxConnections: 36,
    maxActiveDownloads: 2,
    reason: 'disk',
    message: 'Slowed down: the disk takes 340 ms a write',
  });
  expect(configured(scene)).toMatchObject({ maxInFlightPieces: 12, maxConnections: 36 });
  expect(scene.session.settings().maxConnections).toBe(60);
  // A setting that is changed meanwhile does not undo it.
  await scene.session.changeSettings({ maxConnections: 100 });
  expect(configured(scene)).toMatchObject({ maxConnections: 60 });
  store.queuedPieces = 0;
  scene.deps.clock.advance(32_000);
  expect((await scene.snapshot()).adjusted).toBeNull();
  expect(configured(scene)).toMatchObject({ maxInFlightPieces: 20, maxConnections: 100 });
  // Each step is told, with its reason.
  expect(await told()).toEqual([
    ['Slowed down: the disk takes 340 ms a write.', 'down', 'disk', 36],
    ['This device has kept up for a while: the settings hold again.', 'up', 'calm', 100],
  ]);
});

test('a step back is told as one, and what holds still says why', async () => {
  const scene = await Scene.start();
  const told = await adjustments(scene);
  scene.storage.cacheBytes = 95 * MIB;
  scene.deps.clock.advance(15_000);
  scene.storage.cacheBytes = 0;
  scene.deps.clock.advance(31_000);
  expect((await scene.snapshot()).adjusted).toMatchObject({ reason: 'memory', maxConnections: 36 });
  expect((await told()).slice(1)).toEqual([
    ['Slowed down: 99 % of the memory is in use.', 'down', 'memory', 22],
    ['This device has kept up for a while: a step back towards the settings.', 'up', 'calm', 36],
  ]);
});

test('an event loop that is late again and again lowers it too, a sleep does not', async () => {
  const scene = await Scene.start();
  scene.deps.clock.sleep(60_000);
  scene.deps.clock.advance(0);
  expect((await scene.snapshot()).adjusted).toBeNull();
  for (let beat = 0; beat < 5; beat++) {
    scene.deps.clock.sleep(1_400);
    scene.deps.clock.advance(0);
  }
  expect((await scene.snapshot()).adjusted).toMatchObject({ reason: 'busy' });
});

test('memory that is full lowers it too', async () => {
  const scene = await Scene.start();
  scene.storage.cacheBytes = 95 * MIB;
  scene.deps.clock.advance(5_000);
  expect((await scene.snapshot()).adjusted).toMatchObject({ reason: 'memory' });
});

test('on a metered connection everything waits, but for what is forced, and goes on by itself', async () => {
  const scene = await Scene.start(diskWith({ pauseOnMetered: true }));
  await scene.session.add(file);
  const other = await scene.addOther();
  const record = scene.storage.disk.torrents.get(hash)!;
  expect(scene.member.isPaused).toBe(false);
  scene.deps.isMetered = () => true;
  scene.deps.clock.advance(1_000);
  await settled();
  expect(scene.member).toMatchObject({ isPaused: true, pausedPeers: 'keep' });
  expect(scene.swarm.member(other)!.isPaused).toBe(true);
  expect(scene.detail()).toMatchObject({
    state: 'queued',
    downloadBps: 0,
    health: { kind: 'waiting', message: expect.stringContaining('metered') },
  });
  const { since } = scene.detail().health;
  scene.deps.clock.advance(5_000);
  expect(scene.detail().health.since).toBe(since);
  expect((await scene.snapshot()).meter).toEqual({ isMetered: true, isHolding: true });
  // It is no pause: nothing of it is written down.
  expect(scene.storage.disk.torrents.get(hash)).toEqual(record);
  scene.deps.isMetered = () => false;
  scene.deps.clock.advance(1_000);
  await settled();
  expect(scene.member.isPaused).toBe(false);
  expect(scene.detail().state).toBe('downloading');
});

test('what is restored, added or resumed on a metered connection waits without telling anybody', async () => {
  const first = await Scene.start();
  await first.session.add(file);
  const disk = first.storage.disk;
  disk.settings = { ...DEFAULT_SETTINGS, pauseOnMetered: true };
  disk.torrents.set(hash, { ...disk.torrents.get(hash)!, isForced: false });
  const scene = await Scene.start(disk, [], {
    prepare: ({ deps }) => {
      deps.isMetered = () => true;
    },
  });
  const other = await scene.addOther();
  await scene.session.pause(made.infoHash);
  await scene.session.resume(made.infoHash);
  scene.deps.clock.advance(5_000);
  expect(scene.swarm.members).toEqual([]);
  expect(scene.detail().state).toBe('queued');
  // Live: the switch alone lets them go.
  await scene.session.changeSettings({ pauseOnMetered: false });
  expect(scene.member.isPaused).toBe(false);
  expect(scene.swarm.member(other)).toBeDefined();
  expect(scene.detail().state).toBe('downloading');
});

test('a torrent that is forced runs on a metered connection, and one paused by a person stays paused after it', async () => {
  const first = await Scene.start();
  await first.session.add(file);
  const other = await first.addOther();
  await first.session.pause(other);
  const { disk } = first.storage;
  disk.settings = { ...DEFAULT_SETTINGS, pauseOnMetered: true };
  disk.torrents.set(hash, { ...disk.torrents.get(hash)!, isForced: true });
  const scene = await Scene.start(disk, [], {
    prepare: ({ deps }) => {
      deps.isMetered = () => true;
    },
  });
  scene.deps.clock.advance(2_000);
  expect(scene.detail().state).toBe('downloading');
  expect(scene.member.isPaused).toBe(false);
  scene.deps.isMetered = () => false;
  scene.deps.clock.advance(2_000);
  expect(scene.swarm.member(other)).toBeUndefined();
});

test('looking inside is what a person asked for just now: it waits only when it was confirmed', async () => {
  const scene = await Scene.start(diskWith({ pauseOnMetered: true }), [], {
    prepare: ({ deps }) => {
      deps.isMetered = () => true;
    },
  });
  await scene.session.add(magnet, { hold: true });
  expect(scene.member.isPaused).toBe(false);
  expect(scene.detail().state).toBe('metadata');
  await scene.session.start(made.infoHash);
  expect(scene.member.isPaused).toBe(true);
  expect(scene.detail().state).toBe('queued');
});

test('who plays what is not here yet is told why it does not come', async () => {
  const scene = await Scene.start(diskWith({ pauseOnMetered: true }));
  await scene.session.add(file);
  scene.deps.isMetered = () => true;
  scene.deps.clock.advance(1_000);
  const { port, result } = scene.open(0);
  const answer = new Promise<unknown>((resolve) => {
    port.onmessage = ({ data }) => resolve(data);
  });
  await result;
  port.postMessage({ kind: 'pull' });
  expect(await answer).toMatchObject({ error: { message: expect.stringContaining('metered') } });
  port.close();
});
