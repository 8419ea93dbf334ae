/** What a start writes down: as little as it can, and in the end all that a crash kept from being written. */
import { expect, test } from 'vitest';
import { StorageError } from '../../../../../workers/engine/model/chunk-store.ts';
import { settled } from '../../../../support/fake-clock.ts';
import { file, hash, Scene } from './session-scene.ts';

const ALL = [0, 1, 2, 3, 4, 5];
const finished = ({ storage }: Scene) =>
  storage.disk.shelves.get(hash)?.files.map(({ isFinished }) => isFinished);

test('a start that finds all as recorded writes no record again, and the shelf when it has done the rest', async () => {
  const before = await Scene.start();
  await before.session.add(file);
  await before.deliver(...ALL);
  await before.session.checkpoint();
  const after = await Scene.start(before.storage.disk);
  expect(after.storage.journal.filter((call) => call.startsWith('save'))).toEqual([]);
  after.deps.clock.advance(3_000);
  await settled();
  expect(after.storage.journal.filter((call) => call.startsWith('save'))).toEqual(['saveShelf']);
  expect(finished(after)).toEqual([true, true]);
});

test('what a crash kept from the shelf gets there with the next start', async () => {
  const before = await Scene.start();
  await before.session.add(file);
  await before.deliver(0, 1, 2);
  await before.session.checkpoint();
  before.storage.failing.set(
    'saveShelf',
    new StorageError({ kind: 'storage-unavailable', message: 'crashed' }),
  );
  await before.deliver(3, 4, 5);
  await before.session.checkpoint();
  expect(finished(before)).toEqual([false, false]);
  const after = await Scene.start(before.storage.disk);
  after.deps.clock.advance(3_000);
  await settled();
  expect(after.detail().piecesHave).toBe(ALL.length);
  expect(finished(after)).toEqual([true, true]);
});
