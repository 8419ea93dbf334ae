/** Whom a torrent uploads to, and what becomes of peers that give nothing: over real wires, on a clock that stands still. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Bitfield } from '../../../../../../workers/engine/model/bitfield.ts';
import { snapshotPeer } from '../../../../../../workers/engine/protocol/webtorrent/peer-snapshot.ts';
import type { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import { settled, until } from '../../../../../support/fake-clock.ts';
import { TorrentScene, type ScriptedPeer } from './torrent-scene.ts';

vi.mock('webtorrent/lib/torrent.js', async () => ({
  default: (await import('./bare-torrent.ts')).BareTorrent,
}));

let scene: TorrentScene;
beforeEach(async () => {
  scene = await TorrentScene.make(30);
});
afterEach(async () => {
  await scene.end();
  expect(scene.complaints).toEqual([]);
});

function unchoked(torrent: RillTorrent): number {
  return [...torrent.sessions].filter(({ wire }) => !wire.amChoking).length;
}

/** Peers that are interested in what a seed has. */
async function takers(seed: RillTorrent, count: number): Promise<ScriptedPeer[]> {
  const peers: ScriptedPeer[] = [];
  for (let i = 0; i < count; i++) {
    const peer = await scene.peer(seed);
    peer.wire.interested();
    await settled();
    peers.push(peer);
  }
  return peers;
}

/** A peer that lets itself be asked for everything; one that `wants` something has all but the last piece. */
async function giver(torrent: RillTorrent, wants = false): Promise<ScriptedPeer> {
  const peer = await scene.peer(torrent);
  if (wants) peer.wire.bitfield(Uint8Array.of(0xff, 0xff, 0xff, 0b1111_1000));
  else peer.wire.haveAll();
  if (wants) peer.wire.interested();
  peer.wire.unchoke();
  await settled();
  return peer;
}

test('of six that are interested four and one on trial are unchoked, the first of them at once', async () => {
  const seed = scene.torrent(true);
  const peers = await takers(seed, 6);
  expect(peers.map(({ wire }) => wire.peerChoking)).toEqual([
    false,
    false,
    false,
    false,
    false,
    true,
  ]);
  await scene.pass(60, () => expect(unchoked(seed)).toBe(5));
});

test('everyone has a turn, and the four that take most keep their slots', async () => {
  const seed = scene.torrent(true);
  const peers = await takers(seed, 8);
  const [first] = peers;
  const hadTurn = new Set<ScriptedPeer>();
  let piece = 0;
  await scene.pass(400, () => {
    for (const peer of peers) if (!peer.wire.peerChoking) hadTurn.add(peer);
    first!.wire.request(piece++ % 30, 0, 16_384, () => undefined);
  });
  expect(hadTurn.size).toBe(8);
  expect(first!.session.wire.uploaded).toBe(400 * 16_384);
});

test('the number of slots is a setting that holds from the next round on', async () => {
  const seed = scene.torrent(true);
  await takers(seed, 6);
  scene.uploadSlots = 1;
  await scene.pass(10);
  expect(unchoked(seed)).toBe(2);
  scene.uploadSlots = 50;
  await scene.pass(10);
  expect(unchoked(seed)).toBe(6);
});

test('the slot of one that leaves goes to one that waits', async () => {
  const seed = scene.torrent(true);
  const peers = await takers(seed, 6);
  peers[0]!.wire.destroy();
  await settled();
  expect(peers[5]!.wire.peerChoking).toBe(false);
  expect(unchoked(seed)).toBe(5);
});

test('while it downloads, who gives gets the slots', async () => {
  scene.uploadSlots = 2;
  const torrent = scene.torrent(false);
  const idle = await takers(torrent, 3);
  const giving = [await giver(torrent, true), await giver(torrent, true)];
  expect(giving.map(({ wire }) => wire.peerChoking)).toEqual([true, true]);
  await scene.pass(40, () => {
    for (const one of giving) one.answer(1);
  });
  expect(giving.map(({ wire }) => wire.peerChoking)).toEqual([false, false]);
  expect(idle.filter(({ wire }) => !wire.peerChoking)).toHaveLength(1);
});

test('in the endgame a silent peer’s blocks come from another within two seconds, and it is told at once', async () => {
  const torrent = scene.torrent(false);
  const silent = await giver(torrent);
  const late = silent.asked.map(({ piece, offset }) => `${piece}+${offset}`);
  expect(late).toHaveLength(2);
  const live = await giver(torrent);
  while (live.asked.length) {
    live.answer();
    await settled();
  }
  await scene.pass(2);
  expect(live.asked.map(({ piece, offset }) => `${piece}+${offset}`)).toEqual(late);
  live.answer();
  await until(() => torrent.plan!.have.isFull);
  // It was told to forget them.
  await settled();
  expect(silent.asked).toEqual([]);
  expect(torrent.wastedBytes).toBe(0);
});

test('silent for a minute: snubbed, told that nothing is wanted, asked for one block more; then a block, and all is well', async () => {
  const torrent = scene.torrent(false);
  const peer = await giver(torrent);
  await scene.pass(59);
  expect([peer.session.isSnubbed, peer.wire.peerInterested]).toEqual([false, true]);
  await scene.pass(1);
  expect([peer.session.isSnubbed, peer.wire.peerInterested]).toEqual([true, false]);
  expect(peer.asked).toHaveLength(1);
  const told = { isSnubbed: true, isChoking: false, amInterested: false, requestsInFlight: 1 };
  expect(snapshotPeer(peer.session, 0)).toMatchObject(told);
  // The block it still owes is free for anybody.
  const piece = torrent.scheduler!.active(peer.asked[0]!.piece)!;
  expect(piece.isIdle).toBe(true);

  peer.answer();
  await settled();
  expect([peer.session.isSnubbed, peer.wire.peerInterested]).toEqual([false, true]);
  expect(peer.asked.length).toBeGreaterThan(1);
  for (let turn = 0; turn < 100 && !torrent.plan!.have.isFull; turn++) {
    peer.answer();
    await settled();
  }
  await until(() => torrent.plan!.have.isFull);
  expect(torrent.wastedBytes).toBe(0);
});

// It was kept until the silence of three minutes: found by `npm run simulate`.
test('what a silent peer was asked for is taken back once another has given it', async () => {
  const torrent = scene.torrent(false);
  const silent = await giver(torrent);
  await scene.pass(60);
  expect(silent.asked).toHaveLength(1);
  const live = await giver(torrent);
  while (live.asked.length) {
    live.answer();
    await settled();
  }
  await until(() => torrent.plan!.have.isFull);
  await settled();
  expect([silent.session.wire.requests, silent.asked]).toEqual([[], []]);
});

test('who is silent is let go of when asked to, and who gives stays', async () => {
  const torrent = scene.torrent(false);
  const silent = await giver(torrent);
  const live = await giver(torrent);
  await scene.pass(61, () => live.answer(1));
  expect([silent.session.isSnubbed, live.session.isSnubbed]).toEqual([true, false]);
  expect(torrent.dropSnubbed()).toBe(1);
  await settled();
  expect([silent.wire.destroyed, live.wire.destroyed]).toEqual([true, false]);
  expect(torrent.dropSnubbed()).toBe(0);
});

test('silent for three minutes: closed', async () => {
  const torrent = scene.torrent(false);
  const peer = await giver(torrent);
  await scene.pass(179);
  expect(peer.wire.destroyed).toBe(false);
  await scene.pass(1);
  expect(peer.wire.destroyed).toBe(true);
  expect([...torrent.sessions]).toEqual([]);
});

test('a snubbed peer that chokes us and thinks better of it is tried with one block at a time', async () => {
  const torrent = scene.torrent(false);
  const peer = await giver(torrent);
  await scene.pass(60);
  peer.wire.choke();
  await settled();
  expect(peer.session.wire.requests).toEqual([]);
  expect(peer.wire.peerInterested).toBe(true);
  peer.wire.unchoke();
  await settled();
  expect(peer.session.wire.requests).toHaveLength(1);
  peer.answer();
  await settled();
  expect(peer.session.isSnubbed).toBe(false);
  expect(peer.session.wire.requests.length).toBeGreaterThan(1);
});

test('a snubbed peer that wants our blocks loses its slot to one that gives nothing either', async () => {
  scene.uploadSlots = 1;
  const torrent = scene.torrent(false);
  const peer = await giver(torrent, true);
  expect(peer.wire.peerChoking).toBe(false);
  await scene.pass(60);
  const [other, third] = await takers(torrent, 2);
  await scene.pass(10);
  expect([other, third].every((one) => !one!.wire.peerChoking)).toBe(true);
  expect(peer.session.isSnubbed).toBe(true);
});

test('a peer that has nothing we want any more is not called silent for it', async () => {
  const torrent = scene.torrent(false);
  const peer = await giver(torrent);
  await scene.pass(30);
  torrent.want(new Bitfield(30));
  await scene.pass(300);
  expect([peer.wire.destroyed, peer.session.isSnubbed]).toEqual([false, false]);
});

test('two torrents over one wire: what one has the other gets', async () => {
  const [seed, leech] = [scene.torrent(true), scene.torrent(false)];
  await scene.link(seed, leech);
  await until(() => leech.plan!.have.isFull);
  expect(unchoked(seed)).toBe(1);
});

test('a seed whose disk hangs for a minute and a half is snubbed, and gives everything once it is back', async () => {
  const [seed, leech] = [scene.torrent(true), scene.torrent(false)];
  const { store } = seed.plan!;
  const read = store.read.bind(store);
  let comeBack: () => void = () => undefined;
  const isBack = new Promise<void>((resolve) => {
    comeBack = resolve;
  });
  Object.assign(store, {
    read: async (...range: Parameters<typeof read>) => {
      await isBack;
      return read(...range);
    },
  });
  const [ofSeed] = (await scene.link(seed, leech)).toReversed();
  await scene.pass(90);
  // Told that nothing is wanted the seed choked us; that we may want something after all, it let us ask again.
  expect([ofSeed!.isSnubbed, ofSeed!.wire.peerChoking, ofSeed!.wire.amInterested]).toEqual([
    true,
    false,
    true,
  ]);
  expect(ofSeed!.wire.requests).toHaveLength(1);
  comeBack();
  await until(() => leech.plan!.have.isFull);
  expect(ofSeed!.isSnubbed).toBe(false);
  expect(leech.wastedBytes).toBe(0);
});

test('no timer runs while paused or after the end', async () => {
  const torrent = scene.torrent(false);
  await giver(torrent);
  expect(scene.clock.pendingTimers).toBe(3);
  torrent.pauseTransfers('close');
  await settled();
  expect(scene.clock.pendingTimers).toBe(0);
  torrent.resumeTransfers();
  torrent.resumeTransfers();
  // Nobody is connected: there is only the choker's, every ten seconds.
  expect(scene.clock.pendingTimers).toBe(1);
  torrent.destroy({}, () => undefined);
  await settled();
  expect(scene.clock.pendingTimers).toBe(0);
});
