/** What becomes of a peer whose connection ended because it broke a rule, when it comes back. */
import { expect, test, vi } from 'vitest';
import { settled } from '../../../../../support/fake-clock.ts';
import { newWire } from './bare-torrent.ts';
import { TorrentScene } from './torrent-scene.ts';

vi.mock('webtorrent/lib/torrent.js', async () => ({
  default: (await import('./bare-torrent.ts')).BareTorrent,
}));

test('a peer that sent blocks nobody asked for is refused for five minutes', async () => {
  const scene = await TorrentScene.make(30);
  const torrent = scene.torrent(false);
  const peer = await scene.peer(torrent);
  const { peerId } = peer.session.wire;
  for (let i = 0; i < 2; i++) peer.wire._message(7, [0, 0], new Uint8Array(16_384));
  await settled();
  expect(torrent.wires).toEqual([]);
  expect(scene.complaints).toEqual([
    'A peer was disconnected: it sent blocks that it was not asked for.',
  ]);
  expect(torrent.wastedBytes).toBe(2 * 16_384);

  const isRefused = () => {
    const again = newWire();
    again.peerId = peerId;
    torrent._onWire(again);
    return !torrent.wires.includes(again);
  };
  await scene.pass(299);
  expect(isRefused()).toBe(true);
  await scene.pass(1);
  expect(isRefused()).toBe(false);
  await scene.end();
});
