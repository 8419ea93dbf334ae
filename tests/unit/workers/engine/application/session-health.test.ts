/** Kinds of health that need a swarm or a disk of a certain kind, through the engine's commands: since when, why, what to do. */
import { expect, test } from 'vitest';
import type { TorrentHealth } from '../../../../../workers/contract/snapshot.ts';
import type { FakeChunkStore } from '../../../../support/fake-storage.ts';
import { tracker } from '../../../../support/tracker-snapshot.ts';
import { file, hash, Scene } from './session-scene.ts';

const START_MS = Date.UTC(2026, 10, 20);

async function downloading(): Promise<Scene> {
  const scene = await Scene.start();
  await scene.session.add(file);
  expect(scene.detail().health).toMatchObject({ kind: 'ok', evidence: [] });
  return scene;
}

/** Seconds pass in which bytes come, or not. */
function pass(scene: Scene, seconds: number, bytesEach = 0): void {
  for (let n = 0; n < seconds; n++) {
    scene.member.downloadedBytes += bytesEach;
    scene.deps.clock.advance(1_000);
  }
}

const sinceS = ({ since }: TorrentHealth) => (Date.parse(since) - START_MS) / 1_000;

const toldOf = async (scene: Scene) => {
  const page = await scene.session.events(0, 100);
  if (!page.ok) throw new Error(page.error.message);
  return page.value.events
    .filter(({ kind }) => kind === 'torrent:health')
    .map(({ infoHash, data }) => [infoHash, data!['from'], data!['to']]);
};

test('pieces that nobody who is connected has: no-seeds, until one comes who has them', async () => {
  const scene = await downloading();
  const { member } = scene;
  Object.assign(member, { downloadBps: 0, seeds: 0, snubbed: 0, missingPieces: 2 });
  pass(scene, 4);
  expect(scene.detail().health.kind).toBe('waiting');
  pass(scene, 36);
  const { health } = scene.detail();
  expect(health).toMatchObject({
    kind: 'no-seeds',
    message:
      'Nobody who is connected has all that is still missing, so the download cannot be finished yet. Rill looks for others and goes on by itself.',
    evidence: [
      'Nothing has come for 40 s',
      '2 peers connected, 0 seeds among them',
      '2 missing pieces with nobody who is connected',
      'Tried: asked the trackers',
    ],
  });
  expect(sinceS(health)).toBe(5);
  Object.assign(member, { downloadBps: 9, seeds: 1, missingPieces: 0 });
  pass(scene, 1, 16_384);
  expect(scene.detail().health).toMatchObject({ kind: 'ok', message: '', evidence: [] });
  expect(sinceS(scene.detail().health)).toBe(41);
  expect(await toldOf(scene)).toEqual([
    [hash, 'ok', 'waiting'],
    [hash, 'waiting', 'no-seeds'],
    [hash, 'no-seeds', 'ok'],
  ]);
});

test('a disk that is slower than the peers: slow-disk, which is no stall, until it has caught up', async () => {
  const scene = await downloading();
  const store = scene.storage.stores.get(hash)!;
  const press = (isPressed: boolean, averageWriteMs: number): Partial<FakeChunkStore> => ({
    isPressed,
    averageWriteMs,
    queuedBytes: isPressed ? 30_000_000 : 0,
  });
  Object.assign(store, press(true, 90));
  pass(scene, 8, 16_384);
  expect(scene.detail().health.kind).toBe('ok');
  // It presses for long, and nothing new is begun: nothing comes, and nobody is to blame.
  pass(scene, 60);
  const { health } = scene.detail();
  expect(health).toMatchObject({
    kind: 'slow-disk',
    message: expect.stringMatching(
      /stores more slowly than the peers send.*Nothing is lost; less going on at the disk/,
    ),
    evidence: ['A write takes 90 ms on average', '30 MB wait to be written', 'For 68 s now'],
  });
  expect(sinceS(health)).toBe(10);
  expect(scene.member.reannounces).toBe(0);
  Object.assign(store, press(false, 20));
  pass(scene, 6, 16_384);
  expect(scene.detail().health).toMatchObject({ kind: 'ok', evidence: [] });
  expect(await toldOf(scene)).toEqual([
    [hash, 'ok', 'slow-disk'],
    [hash, 'slow-disk', 'ok'],
  ]);
});

test('a tracker that knows of seeds of which none connects: only-native-peers, until one does', async () => {
  const scene = await downloading();
  const { member } = scene;
  Object.assign(member, { downloadBps: 0, peerCount: 0, seeds: 0, snubbed: 0 });
  member.trackerSnapshots = [tracker({ state: 'working', seeds: 3, leechers: 2 })];
  pass(scene, 59);
  expect(scene.detail().health.kind).toBe('no-peers');
  pass(scene, 11);
  const { health } = scene.detail();
  expect(health).toMatchObject({
    kind: 'only-native-peers',
    message: expect.stringMatching(
      /knows of 3 seeds and 1 other downloading.*without WebRTC.*Rill goes on asking by itself/,
    ),
    evidence: [
      'Nothing has come for 70 s',
      'Nobody connected for 70 s',
      'Tried: asked the trackers, asked the trackers',
      'tracker.test: 3 seeds, 1 other downloading',
    ],
  });
  expect(sinceS(health)).toBe(60);
  Object.assign(member, { peerCount: 1, downloadBps: 9 });
  pass(scene, 1, 16_384);
  expect(scene.detail().health.kind).toBe('ok');
});
