/** Padding (BEP 47) between two torrents over real wires: nobody is asked for it, and nothing is missing. */
import { expect, test, vi } from 'vitest';
import { DIGEST_BYTES } from '../../../../../../workers/engine/protocol/suspicion.ts';
import { Padding } from '../../../../../../workers/engine/model/padding.ts';
import type { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import { settled, until } from '../../../../../support/fake-clock.ts';
import { TorrentScene } from './torrent-scene.ts';

vi.mock('webtorrent/lib/torrent.js', async () => ({
  default: (await import('./bare-torrent.ts')).BareTorrent,
}));

/** Pieces of four blocks: the second has one block of padding, the fourth three. */
const files = [
  { path: 'a.bin', content: 100_000 },
  { path: '.pad/31072', content: 31_072, isPad: true },
  { path: 'b.bin', content: 70_000 },
  { path: '.pad/61072', content: 61_072, isPad: true },
  { path: 'c.bin', content: 10 },
];

/** The seed has no padding: whoever asks for some gets an error. */
function withoutPadding({ plan }: RillTorrent): void {
  const { store, meta, map } = plan!;
  const padding = new Padding(meta.files, map);
  const read = store.read.bind(store);
  store.read = (index, at, length) =>
    padding.covers(index, at, length)
      ? Promise.reject(new Error('padding was asked for'))
      : read(index, at, length);
}

test('a torrent with padding comes whole from a seed that has none', async () => {
  const scene = await TorrentScene.of({ name: 'padded', files });
  const [seed, leech] = [scene.torrent(true), scene.torrent(false)];
  withoutPadding(seed);
  await scene.link(seed, leech);
  await until(() => leech.plan!.have.isFull, 'the rest');
  // One block of the second piece and three of the fourth did not travel.
  expect(leech.down.totalBytes).toBe(scene.made.content.length - 4 * 16_384);
  expect(leech.wastedBytes).toBe(0);
  const { store, map } = leech.plan!;
  const pieces = [];
  for (let i = 0; i < map.pieceCount; i++) {
    pieces.push(await store.read(i as never, 0, map.pieceLengthOf(i)));
  }
  expect(Buffer.concat(pieces).equals(Buffer.from(scene.made.content))).toBe(true);
  await scene.end();
});

test('what came out wrong is asked for with its padding', async () => {
  const scene = await TorrentScene.of({ name: 'padded', files });
  const leech = scene.torrent(false);
  const wrong = new Uint8Array(4 * DIGEST_BYTES);
  leech.scheduler!.suspicion.failed(3, ['x', 'y', 'x', 'y'], wrong);
  const peer = await scene.peer(leech);
  peer.wire.bitfield(Uint8Array.of(0b0001_0000));
  peer.wire.unchoke();
  await settled();
  const asked: number[] = [];
  while (peer.asked.length) {
    asked.push(...peer.asked.map(({ offset }) => offset));
    peer.answer();
    await settled();
  }
  expect(asked.sort((a, b) => a - b)).toEqual([0, 16_384, 32_768, 49_152]);
  await scene.end();
});
