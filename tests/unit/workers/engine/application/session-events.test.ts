/** What is told beside single torrents. */
import { expect, test } from 'vitest';
import type { Ban } from '../../../../../workers/contract/snapshot.ts';
import { tracker } from '../../../../support/tracker-snapshot.ts';
import { file, hash, made, Scene } from './session-scene.ts';

async function told(scene: Scene, category: string) {
  const answer = await scene.session.events(0, 2_000);
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value.events.filter(({ kind }) => kind.startsWith(`${category}:`));
}

const ban: Ban = {
  id: 'ab',
  kind: 'peer',
  client: 'Liar 1.0',
  address: '192.0.2.1:80',
  reason: 'It gave wrong data three times.',
  at: '2026-11-20T10:00:00.000Z',
  infoHash: hash,
};

test('a ban is told once, and again when it was lifted and earned anew', async () => {
  const scene = await Scene.start();
  scene.swarm.banned = [ban];
  scene.deps.clock.advance(3_000);
  expect(await told(scene, 'peer')).toMatchObject([
    {
      kind: 'peer:banned',
      infoHash: hash,
      message: 'Liar 1.0 was banned: It gave wrong data three times.',
      data: { id: 'ab', kind: 'peer', address: '192.0.2.1:80' },
    },
  ]);
  scene.session.liftBan('ab');
  scene.deps.clock.advance(1_000);
  scene.swarm.banned = [ban];
  scene.deps.clock.advance(1_000);
  expect(await told(scene, 'peer')).toHaveLength(2);
});

test('a tracker is told of when it answers or fails, not while it announces or waits', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const states = async () => (await told(scene, 'tracker')).map(({ data }) => data?.['state']);
  const become = (change: Parameters<typeof tracker>[0]) => {
    scene.member.trackerSnapshots = [tracker(change)];
    scene.deps.clock.advance(5_000);
  };
  become({ state: 'announcing' });
  become({ state: 'unsupported' });
  expect(await states()).toEqual([]);
  become({ state: 'working', seeds: 3, leechers: 1 });
  become({ state: 'waiting' });
  become({ state: 'working', seeds: 4, leechers: 1 });
  expect(await states()).toEqual(['working']);
  become({ state: 'unreachable', lastError: 'It refused the connection.' });
  become({ state: 'announcing' });
  become({ state: 'unreachable' });
  expect(await states()).toEqual(['working', 'unreachable']);
  become({ state: 'working' });
  const all = await told(scene, 'tracker');
  expect(all.map(({ message }) => message)).toEqual([
    expect.stringMatching(/ answers: 3 who have all of it, 1 who do not\.$/),
    expect.stringMatching(/ cannot be reached: It refused the connection\.$/),
    expect.stringMatching(/ answers/),
  ]);
  await scene.session.pause(made.infoHash);
  become({ state: 'unreachable' });
  expect(await states()).toHaveLength(3);
});

test('pressure of storage is told with its figures when it begins and when it ends', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const store = scene.storage.stores.get(hash)!;
  Object.assign(store, { isPressed: true, queuedBytes: 5_000, queuedPieces: 2 });
  scene.deps.clock.advance(3_000);
  store.isPressed = false;
  scene.deps.clock.advance(3_000);
  expect(await told(scene, 'storage')).toMatchObject([
    {
      infoHash: null,
      message: expect.stringContaining('slower'),
      data: { isBackpressured: true, queuedBytes: 5_000, queuedPieces: 2, inFlightPieces: 0 },
    },
    { message: 'Storage has caught up.', data: { isBackpressured: false } },
  ]);
});
