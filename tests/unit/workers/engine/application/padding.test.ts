/** Padding (BEP 47) in the life of a torrent: there without being anywhere. */
import { expect, test } from 'vitest';
import { settled } from '../../../../support/fake-clock.ts';
import { makeTorrent } from '../../../../support/torrents.ts';
import { Scene } from './session-scene.ts';

const PIECE = 16_384;
/** Piece 0 is a file's, 1 and 2 are padding, 3 a file's and padding. */
const padded = makeTorrent({
  name: 'album',
  files: [
    { path: 'a.mp3', content: PIECE },
    { path: '.pad/1', content: 2 * PIECE, isPad: true },
    { path: 'b.mp3', content: 1_000 },
    { path: '.pad/2', content: PIECE - 1_000, isPad: true },
  ],
});

async function added(disk?: Parameters<typeof Scene.start>[0]) {
  const scene = await Scene.start(disk);
  await scene.session.add({ kind: 'torrent-file', bytes: padded.torrentBytes });
  const member = () => scene.swarm.member(padded.infoHash)!;
  const detail = () => {
    const found = scene.session.torrent(padded.infoHash);
    if (!found.ok) throw new Error(found.error.message);
    return found.value;
  };
  return { scene, member, detail };
}

test('it is not listed, not counted and not wanted, and pieces of it alone are ours at once', async () => {
  const { detail, member } = await added();
  expect(detail()).toMatchObject({
    lengthBytes: PIECE + 1_000,
    selectedBytes: PIECE + 1_000,
    downloadedBytes: 0,
    piecesHave: 2,
    pieceCount: 4,
    fileCount: 2,
  });
  expect(detail().files.map(({ index, path }) => [index, path])).toEqual([
    [0, 'album/a.mp3'],
    [2, 'album/b.mp3'],
  ]);
  expect(member().wanted).toEqual([0, 3]);
});

test('the torrent is whole without it ever being stored, also after a restart', async () => {
  const { scene, detail, member } = await added();
  await member().deliver(padded.content, 0, 3);
  await scene.session.checkpoint();
  await settled();
  expect(detail()).toMatchObject({ state: 'seeding', progress: 1, piecesHave: 4 });
  expect([...scene.storage.disk.pieces.keys()].map((key) => key.split('/')[1])).toEqual(['0', '3']);
  const { store } = member().plan!;
  expect(await store.read(1 as never, 100, 50)).toEqual(new Uint8Array(50));
  const shelf = scene.storage.disk.shelves.values().next().value!;
  expect(shelf.files.map(({ isFinished, isPad }) => [isFinished, isPad ?? false])).toEqual([
    [true, false],
    [false, true],
    [true, false],
    [false, true],
  ]);

  const after = await added(scene.storage.disk);
  expect(after.detail()).toMatchObject({ state: 'seeding', piecesHave: 4, health: { kind: 'ok' } });
});

test('what was never stored is not missed when the rest is taken away', async () => {
  const { scene, member } = await added();
  await member().deliver(padded.content, 0);
  await scene.session.checkpoint();
  scene.storage.disk.pieces.clear();
  scene.storage.disk.extents.clear();
  const after = await added(scene.storage.disk);
  expect(after.detail()).toMatchObject({
    piecesHave: 2,
    health: { kind: 'evicted', neededBytes: PIECE },
  });
});
