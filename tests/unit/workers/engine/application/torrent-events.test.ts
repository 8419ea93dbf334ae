/** What is told of a torrent, in which order, and what is not. */
import { expect, test } from 'vitest';
import type { EventPage, RillEvent } from '../../../../../workers/contract/events.ts';
import { settled, until } from '../../../../support/fake-clock.ts';
import { file, infoBytes, made, magnet, Scene } from './session-scene.ts';

async function eventsOf({ session }: Scene): Promise<readonly RillEvent[]> {
  const answer = await session.events(0, 2_000);
  if (!answer.ok) throw new Error(answer.error.message);
  return (answer.value satisfies EventPage).events;
}

/** Their kinds without the category, after `session:started`. */
async function told(scene: Scene): Promise<string[]> {
  const events = await eventsOf(scene);
  return events
    .filter(({ kind }) => kind.startsWith('torrent:'))
    .map(({ kind }) => kind.slice('torrent:'.length));
}

test('from its link to the last piece, in order', async () => {
  const scene = await Scene.start();
  await scene.session.add(magnet);
  expect(await told(scene)).toEqual(['added']);
  scene.member.events.metadata(infoBytes);
  await until(() => scene.member.plan !== null, 'the metadata');
  await settled();
  expect(await told(scene)).toEqual(['added', 'metadata']);
  await scene.deliver(0, 1, 2, 3, 4, 5);
  await settled();
  const pieces = ['progress', 'piece', 'piece', 'piece', 'piece', 'piece', 'piece'];
  const all = ['added', 'metadata', ...pieces, 'complete', 'seeding'];
  expect(await told(scene)).toEqual(all);
  await scene.session.remove(made.infoHash, 'delete');
  expect(await told(scene)).toEqual([...all, 'removed']);
  const events = await eventsOf(scene);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect(events[0]).toMatchObject({ kind: 'session:started', data: { version: 'build-1' } });
  expect(events.find(({ kind }) => kind === 'torrent:metadata')).toMatchObject({
    infoHash: made.infoHash,
    message: 'It is known what is inside: 2 files.',
    data: { name: 'album', files: 2, lengthBytes: 6 * 16_384 },
  });
  expect(events.findLast(({ kind }) => kind === 'torrent:piece')!.data).toEqual({
    piece: 5,
    piecesHave: 6,
    pieceCount: 6,
  });
});

test('progress is told once a second at most, and only when there was some', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const progress = async () => (await told(scene)).filter((kind) => kind === 'progress').length;
  await scene.deliver(0, 1);
  expect(await progress()).toBe(1);
  scene.deps.clock.advance(1_000);
  expect(await progress()).toBe(2);
  scene.deps.clock.advance(10_000);
  expect(await progress()).toBe(2);
  await scene.deliver(2);
  scene.deps.clock.advance(10_000);
  expect(await progress()).toBe(3);
  const last = (await eventsOf(scene)).findLast(({ kind }) => kind === 'torrent:progress');
  expect(last).toMatchObject({ message: '50.0 % is here.', data: { progress: 0.5, peers: 2 } });
});

test('a torrent that is only looked into is not told of, until it is started', async () => {
  const scene = await Scene.start();
  await scene.session.add(file, { hold: true });
  scene.member.events.warning('nothing that is yours');
  scene.deps.clock.advance(5_000);
  expect(await told(scene)).toEqual([]);
  await scene.session.start(made.infoHash);
  expect(await told(scene)).toEqual(['added', 'metadata']);
});

test('one that is looked into and left is never told of', async () => {
  const scene = await Scene.start();
  await scene.session.add(file, { hold: true });
  await scene.session.remove(made.infoHash, 'delete');
  expect(await told(scene)).toEqual([]);
});

test('one that could not be saved was never added', async () => {
  const scene = await Scene.start();
  scene.storage.failing.set('saveTorrent', new Error('no room'));
  expect((await scene.session.add(file)).ok).toBe(false);
  expect(await told(scene)).toEqual([]);
});

test('paused and resumed a complete one is seeding again', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(0, 1, 2, 3, 4, 5);
  await settled();
  const before = await told(scene);
  await scene.session.pause(made.infoHash);
  await scene.session.resume(made.infoHash);
  expect(await told(scene)).toEqual([...before, 'seeding']);
});

test('at the next start only what is new is told', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(0, 1, 2);
  await scene.session.checkpoint();
  const before = (await told(scene)).filter((kind) => !['piece', 'progress'].includes(kind));
  const again = await Scene.start(scene.storage.disk);
  again.deps.clock.advance(5_000);
  await settled();
  expect(await told(again)).toEqual(before);
  await again.deliver(3, 4, 5);
  await settled();
  expect((await told(again)).slice(-2)).toEqual(['complete', 'seeding']);
});

test('what went wrong is told, and shown again at the next start', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  for (const index of [1, 2]) scene.member.events.hashFailure(index, 16_384);
  expect((await told(scene)).slice(-2)).toEqual(['error', 'error']);
  await scene.session.checkpoint();
  const again = await Scene.start(scene.storage.disk);
  expect(again.detail().errors).toEqual(scene.detail().errors);
  again.member.events.warning('a third');
  expect(again.detail().errors.map(({ message }) => message)).toEqual([
    'a third',
    expect.stringContaining('Piece 2'),
    expect.stringContaining('Piece 1'),
  ]);
});

test('a torrent that was removed and added again begins with a clean history', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  scene.member.events.warning('a failure');
  await scene.session.remove(made.infoHash, 'delete');
  await scene.session.add(file);
  await scene.session.checkpoint();
  const again = await Scene.start(scene.storage.disk);
  expect(again.detail().errors).toEqual([]);
});
