/** A start of the engine that is not to go on with what ran. */
import { expect, test } from 'vitest';
import type { EngineBefore } from '../../../../../workers/contract/engine.ts';
import { DEFAULT_SETTINGS } from '../../../../../workers/contract/settings.ts';
import { pauseAll } from '../../../../../workers/engine/application/auto-resume.ts';
import type { TorrentRecord } from '../../../../../workers/engine/model/catalogue.ts';
import { settled } from '../../../../support/fake-clock.ts';
import { emptyDisk } from '../../../../support/fake-storage.ts';
import { file, hash, made, Scene } from './session-scene.ts';

test('without auto-resume a start leaves everything paused until a person resumes it', async () => {
  const settings = { ...DEFAULT_SETTINGS, autoResume: false };
  const first = await Scene.start({ ...emptyDisk(), settings });
  await first.session.add(file);
  expect(first.detail().state).toBe('downloading');
  const second = await Scene.start(first.storage.disk);
  await settled();
  expect(second.swarm.members).toEqual([]);
  expect(second.detail().state).toBe('paused');
  // Neither does it go on when the next start may go on with what ran.
  await second.session.changeSettings({ autoResume: true });
  const third = await Scene.start(second.storage.disk);
  expect(third.detail().state).toBe('paused');
  await third.session.resume(made.infoHash);
  expect((await Scene.start(third.storage.disk)).detail().state).toBe('downloading');
});

test('what waits for room stays paused too, and what was taken away says so as before', async () => {
  const first = await Scene.start();
  await first.session.add(file);
  const record = first.storage.disk.torrents.get(hash)!;
  const saved: TorrentRecord[] = [];
  const catalogue = { saveTorrent: async (of: TorrentRecord) => void saved.push(of) };
  const pausedBy = async (before: TorrentRecord['pausedBy']) =>
    (await pauseAll([{ ...record, pausedBy: before }], catalogue))[0]!.pausedBy;
  expect(await pausedBy('storage-full')).toBe('user');
  expect(await pausedBy('evicted')).toBe('evicted');
  expect(await pausedBy('seed-limit')).toBe('seed-limit');
  expect(saved).toHaveLength(1);
});

test('a disk that is full keeps no engine from starting', async () => {
  const first = await Scene.start({
    ...emptyDisk(),
    settings: { ...DEFAULT_SETTINGS, autoResume: false },
  });
  await first.session.add(file);
  const second = await Scene.start(first.storage.disk, [], {
    prepare: ({ storage }) => storage.failing.set('saveTorrent', new Error('full')),
  });
  expect(second.detail().state).toBe('paused');
});

const GOING_ON: readonly (readonly [string, EngineBefore])[] = [
  ['was restarted by its page', { restartedBecause: 'stopped answering' }],
  ['takes over from another tab', { isTakeover: true }],
];

test.each(GOING_ON)('an engine that %s goes on with what ran', async (_, before) => {
  const first = await Scene.start({
    ...emptyDisk(),
    settings: { ...DEFAULT_SETTINGS, autoResume: false },
  });
  await first.session.add(file);
  const second = await Scene.start(first.storage.disk, [], before);
  expect(second.detail().state).toBe('downloading');
  expect(second.storage.disk.torrents.get(hash)!.pausedBy).toBeNull();
});
