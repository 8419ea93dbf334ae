/** BEP 21 over real wires: when we say that we only upload, what we make of peers that do, and of connections of no use. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Bitfield } from '../../../../../../workers/engine/model/bitfield.ts';
import { snapshotPeer } from '../../../../../../workers/engine/protocol/webtorrent/peer-snapshot.ts';
import type { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import { SETTLE_MS } from '../../../../../../workers/engine/protocol/webtorrent/upload-only.ts';
import { settled, until } from '../../../../../support/fake-clock.ts';
import { TorrentScene, type ScriptedPeer } from './torrent-scene.ts';

vi.mock('webtorrent/lib/torrent.js', async () => ({
  default: (await import('./bare-torrent.ts')).BareTorrent,
}));

const PIECES = 8;
const SETTLE_S = SETTLE_MS / 1000;

let scene: TorrentScene;
beforeEach(async () => {
  scene = await TorrentScene.make(PIECES);
});
afterEach(async () => {
  await scene.end();
  expect(scene.complaints).toEqual([]);
});

const none = new Bitfield(PIECES);
const heard = ({ wire }: ScriptedPeer) => wire.peerExtendedHandshake['upload_only'];

/** Has pieces 0 and 1 and wants nothing more. */
async function partialSeed(): Promise<RillTorrent> {
  const torrent = scene.torrent(false);
  for (const index of [0, 1]) {
    torrent.plan!.have.set(index);
    torrent.gained(index);
  }
  torrent.want(none);
  return torrent;
}

async function says(peer: ScriptedPeer, isUploadOnly: 0 | 1): Promise<void> {
  peer.wire.extendedHandshake['upload_only'] = isUploadOnly;
  peer.wire._sendExtendedHandshake();
  await settled();
}

test('a seed says so in its first handshake, who downloads says nothing', async () => {
  expect(heard(await scene.peer(scene.torrent(true)))).toBe(1);
  expect(heard(await scene.peer(scene.torrent(false)))).toBeUndefined();
});

test('whoever becomes complete says so in a whole handshake, once', async () => {
  const torrent = scene.torrent(false);
  const peer = await scene.peer(torrent);
  const handshakes: unknown[] = [];
  peer.wire.on('extended', (name: unknown) => handshakes.push(name));
  peer.wire.haveAll();
  peer.wire.unchoke();
  while (!torrent.plan!.have.isFull) {
    peer.answer();
    await settled();
  }
  await until(() => heard(peer) === 1);
  expect(handshakes).toEqual(['handshake']);
  expect(peer.wire.peerExtendedHandshake).toMatchObject({
    reqq: 250,
    m: { ut_metadata: 1, lt_donthave: 2 },
  });
});

test('a peer that does not speak extensions is told nothing', async () => {
  const torrent = scene.torrent(false);
  const peer = await scene.peer(torrent);
  const [wire] = torrent.wires;
  Object.assign(wire!, { _extendedHandshakeSent: false });
  for (let i = 0; i < PIECES; i++) torrent.plan!.have.set(i);
  torrent.gained(0);
  await settled();
  expect(heard(peer)).toBeUndefined();
});

test('a partial seed says so once it has been one for a while, and at once when it wants something again', async () => {
  const torrent = await partialSeed();
  const peer = await scene.peer(torrent);
  await scene.pass(SETTLE_S - 1);
  expect(heard(peer)).toBeUndefined();
  await scene.pass(1);
  expect(heard(peer)).toBe(1);
  // A later peer hears it first thing.
  expect(heard(await scene.peer(torrent))).toBe(1);
  const more = new Bitfield(PIECES);
  more.set(5);
  torrent.want(more);
  await settled();
  expect(heard(peer)).toBe(0);
});

test('who jumps about in what is not selected says it once', async () => {
  const torrent = await partialSeed();
  const peer = await scene.peer(torrent);
  await scene.pass(SETTLE_S);
  const said: unknown[] = [];
  peer.wire.on('extended', () => said.push(heard(peer)));
  for (let reader = 0; reader < 50; reader++) {
    torrent.hurry(reader, { first: 2, last: 4 });
    await scene.pass(1);
    torrent.hurry(reader, null);
    await scene.pass(1);
  }
  expect(said).toEqual([0]);
  await scene.pass(SETTLE_S);
  expect(said).toEqual([0, 1]);
});

test('a torrent that is only looked into wants nothing and has nothing, and is no seed', async () => {
  const torrent = scene.torrent(false);
  torrent.want(none);
  const peer = await scene.peer(torrent);
  await scene.pass(SETTLE_S);
  expect(heard(peer)).toBeUndefined();
});

test('no timer is left when a partial seed is paused', async () => {
  const torrent = await partialSeed();
  torrent.pauseTransfers('close');
  torrent.want(none);
  expect(scene.clock.pendingTimers).toBe(0);
});

test('a peer that only uploads is not counted as interested and has no slot, until it says otherwise', async () => {
  const seed = scene.torrent(true);
  const peer = await scene.peer(seed);
  peer.wire.interested();
  await settled();
  expect(peer.wire.peerChoking).toBe(false);
  await says(peer, 1);
  await scene.pass(10);
  expect(peer.wire.peerChoking).toBe(true);
  expect(snapshotPeer(peer.session, 0).isInterested).toBe(false);
  await says(peer, 0);
  await scene.pass(10);
  expect(peer.wire.peerChoking).toBe(false);
  expect(snapshotPeer(peer.session, 0).isInterested).toBe(true);
});

test('connections between two that only upload are of no use, and no others', async () => {
  const seed = scene.torrent(true);
  const [full, partial, leecher] = [
    await scene.peer(seed),
    await scene.peer(seed),
    await scene.peer(seed),
  ];
  full.wire.haveAll();
  leecher.wire.haveNone();
  await says(partial, 1);
  await scene.pass(60);
  expect(seed.wires).toHaveLength(3);
  const isUseless = [...seed.wires].map((wire) => seed.isRedundant(wire));
  expect(isUseless).toEqual([true, true, false]);
});

test('while we download, who only uploads is the best there is', async () => {
  const torrent = scene.torrent(false);
  const peer = await scene.peer(torrent);
  peer.wire.haveAll();
  await says(peer, 1);
  expect(torrent.wires.map((wire) => torrent.isRedundant(wire))).toEqual([false]);
});

test('whoever looks after the places hears when a peer comes to be of no use, and when we do', async () => {
  const seed = scene.torrent(true);
  const peer = await scene.peer(seed);
  const before = scene.peerChanges;
  peer.wire.haveAll();
  await settled();
  await says(peer, 1);
  expect(scene.peerChanges).toBe(before + 2);
  const torrent = await partialSeed();
  const alone = scene.peerChanges;
  await scene.pass(SETTLE_S);
  expect([scene.peerChanges, torrent.wires]).toEqual([alone + 1, []]);
});
