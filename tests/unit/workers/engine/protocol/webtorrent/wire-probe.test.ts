/** Whether a wire outlived a cut, asked over real wires. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ANSWER_MS } from '../../../../../../workers/engine/protocol/webtorrent/wire-probe.ts';
import { settled } from '../../../../../support/fake-clock.ts';
import { TorrentScene, type ScriptedPeer } from './torrent-scene.ts';

vi.mock('webtorrent/lib/torrent.js', async () => ({
  default: (await import('./bare-torrent.ts')).BareTorrent,
}));

let scene: TorrentScene;
beforeEach(async () => {
  scene = await TorrentScene.make(4);
});
afterEach(() => scene.end());

/** Nothing of what it says or is told gets anywhere any more. */
function strand({ wire, session }: ScriptedPeer): void {
  for (const end of [wire, session.wire]) end._write = (_, callback) => callback(null);
}

async function probed(isSeed: boolean, arrange: (peer: ScriptedPeer) => void) {
  const torrent = scene.torrent(isSeed);
  const peer = await scene.peer(torrent);
  arrange(peer);
  await settled();
  torrent.probePeers();
  torrent.probePeers();
  await settled();
  scene.clock.advance(ANSWER_MS);
  await settled();
  return {
    isAlive: !peer.session.wire.destroyed,
    deaths: scene.deaths,
    wasted: torrent.wastedBytes,
  };
}

test.each<[string, boolean, (peer: ScriptedPeer) => void]>([
  ['chokes us', false, ({ wire }) => wire.haveAll()],
  ['has nothing', true, ({ wire }) => wire.haveNone()],
  ['says something else', true, ({ wire }) => queueMicrotask(() => wire.interested())],
])('a peer that %s and lives is kept', async (_, isSeed, arrange) => {
  expect(await probed(isSeed, arrange)).toEqual({ isAlive: true, deaths: 0, wasted: 0 });
});

test('a peer that has unchoked us and whom we want nothing of may answer with the byte', async () => {
  const found = await probed(true, (peer) => {
    peer.wire.haveAll();
    peer.wire.unchoke();
    peer.wire.on('request', (...[, , length, respond]: [number, number, number, Respond]) =>
      respond(null, new Uint8Array(length)),
    );
  });
  expect(found).toEqual({ isAlive: true, deaths: 0, wasted: 1 });
});

test.each<[string, boolean, (peer: ScriptedPeer) => void]>([
  ['choked us', false, ({ wire }) => wire.haveAll()],
  ['had nothing', true, ({ wire }) => wire.haveNone()],
])('a peer that %s and is dead is let go of', async (_, isSeed, arrange) => {
  const found = await probed(isSeed, (peer) => {
    arrange(peer);
    strand(peer);
  });
  expect(found).toMatchObject({ isAlive: false, deaths: 1 });
});

test('a paused torrent asks nobody who might give it payload', async () => {
  const torrent = scene.torrent(false);
  const peer = await scene.peer(torrent);
  peer.wire.haveAll();
  peer.wire.unchoke();
  await settled();
  torrent.pauseTransfers('keep');
  torrent.probePeers();
  await settled();
  expect(peer.asked).toEqual([]);
  scene.clock.advance(ANSWER_MS);
  await settled();
  expect(peer.wire.destroyed).toBe(false);
});

test('a torrent that ends leaves no timer', async () => {
  const torrent = scene.torrent(false);
  const peer = await scene.peer(torrent);
  peer.wire.haveAll();
  await settled();
  torrent.probePeers();
  torrent.destroy({}, () => undefined);
  await settled();
  expect(scene.clock.pendingTimers).toBe(0);
});

type Respond = (error: null, bytes: Uint8Array) => void;
