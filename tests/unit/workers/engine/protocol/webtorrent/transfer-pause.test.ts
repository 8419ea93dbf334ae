/** A pause that keeps the peers: over real wires, on a clock that stands still. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import { UNDER_WAY_MS } from '../../../../../../workers/engine/protocol/webtorrent/transfer-pause.ts';
import { settled, until } from '../../../../../support/fake-clock.ts';
import { TorrentScene, type ScriptedPeer } from './torrent-scene.ts';

vi.mock('webtorrent/lib/torrent.js', async () => ({
  default: (await import('./bare-torrent.ts')).BareTorrent,
}));

const PIECE = 7;
const BLOCK_BYTES = 16_384;

let scene: TorrentScene;
beforeEach(async () => {
  scene = await TorrentScene.make(30);
});
afterEach(async () => {
  await scene.end();
  expect(scene.complaints).toEqual([]);
});

/** Has all, and lets itself be asked. */
async function giver(torrent: RillTorrent): Promise<ScriptedPeer> {
  const peer = await scene.peer(torrent);
  peer.wire.haveAll();
  peer.wire.unchoke();
  await settled();
  return peer;
}

async function pause(torrent: RillTorrent): Promise<void> {
  torrent.pauseTransfers('keep');
  await settled();
}

async function resume(torrent: RillTorrent): Promise<void> {
  torrent.resumeTransfers();
  await settled();
}

/** A block, whoever asks for it or not. */
async function send(peer: ScriptedPeer, piece: number, offset: number): Promise<void> {
  const start = piece * 65_536 + offset;
  const bytes = scene.made.content.slice(start, start + BLOCK_BYTES);
  peer.wire._message(PIECE, [piece, offset], bytes);
  await settled();
}

test('a peer that stays is told that nothing is wanted, and is asked for nothing', async () => {
  const torrent = scene.torrent(false);
  const peer = await giver(torrent);
  expect([peer.asked.length, peer.wire.peerInterested]).toEqual([2, true]);
  await pause(torrent);
  expect([peer.asked.length, peer.wire.peerInterested]).toEqual([0, false]);
  for (const index of [3, 4]) peer.wire.have(index);
  peer.wire.choke();
  peer.wire.unchoke();
  await scene.pass(120);
  expect([peer.asked.length, peer.wire.peerInterested]).toEqual([0, false]);
  expect(peer.wire.destroyed).toBe(false);
  expect(torrent.down.totalBytes).toBe(0);
});

test('resumed it asks at once, also for what it was told of while it was paused', async () => {
  const torrent = scene.torrent(false);
  const peer = await scene.peer(torrent);
  peer.wire.haveNone();
  peer.wire.unchoke();
  await settled();
  await pause(torrent);
  peer.wire.have(17);
  await scene.pass(60);
  await resume(torrent);
  expect(peer.wire.peerInterested).toBe(true);
  expect(peer.asked.map(({ piece }) => piece)).toEqual([17, 17]);
});

test('a block that was under way is taken, and is not asked for again', async () => {
  const torrent = scene.torrent(false);
  const peer = await giver(torrent);
  const [first, second] = peer.asked.map(({ piece, offset }) => ({ piece, offset }));
  await pause(torrent);
  await send(peer, first!.piece, first!.offset);
  expect([torrent.down.totalBytes, torrent.wastedBytes]).toEqual([BLOCK_BYTES, 0]);
  await resume(torrent);
  const again = peer.asked.map(({ piece, offset }) => ({ piece, offset }));
  expect(again).not.toContainEqual(first);
  expect(again).toContainEqual(second);
});

test('what does not come in time is given up, and whoever still sends is disconnected', async () => {
  const torrent = scene.torrent(false);
  const [late, quiet] = [await giver(torrent), await giver(torrent)];
  const [{ piece, offset }] = late.asked as [(typeof late.asked)[number]];
  await pause(torrent);
  expect(torrent.scheduler!.inFlightPieces).toBeGreaterThan(0);
  await scene.pass(UNDER_WAY_MS / 1_000);
  expect(torrent.scheduler!.inFlightPieces).toBe(0);
  await send(late, piece, offset);
  expect([late.wire.destroyed, quiet.wire.destroyed]).toEqual([true, false]);
  expect([torrent.down.totalBytes, torrent.wastedBytes]).toEqual([0, BLOCK_BYTES]);
});

test('a seed that is paused gives nothing, and resumed gives at once to those who wait', async () => {
  const seed = scene.torrent(true);
  const peer = await scene.peer(seed);
  peer.wire.interested();
  await settled();
  expect(peer.wire.peerChoking).toBe(false);
  await pause(seed);
  expect(peer.wire.peerChoking).toBe(true);
  // Sent before the choke came.
  peer.wire._message(6, [0, 0, BLOCK_BYTES], null);
  await scene.pass(60);
  expect([seed.up.totalBytes, peer.wire.peerChoking, peer.wire.destroyed]).toEqual([
    0,
    true,
    false,
  ]);
  await resume(seed);
  expect(peer.wire.peerChoking).toBe(false);
});

test.each(['seed', 'leech'] as const)(
  'paused in the middle by the %s no byte moves; resumed the same connection brings the rest',
  async (who) => {
    const [seed, leech] = [scene.torrent(true), scene.torrent(false)];
    const paused = who === 'seed' ? seed : leech;
    let blocks = 0;
    const add = leech.down.add.bind(leech.down);
    leech.down.add = (bytes) => {
      add(bytes);
      if (++blocks === 30) paused.pauseTransfers('keep');
    };
    const [ofSeed] = (await scene.link(seed, leech)).toReversed();
    await until(() => blocks >= 30, 'the middle');
    await scene.pass(6);
    const [up, down] = [seed.up.totalBytes, leech.down.totalBytes];
    expect(down).toBeLessThan(30 * 65_536);
    await scene.pass(300);
    expect([seed.up.totalBytes, leech.down.totalBytes]).toEqual([up, down]);

    paused.resumeTransfers();
    await until(() => leech.plan!.have.isFull, 'the rest');
    expect([...leech.sessions]).toEqual([ofSeed]);
    expect(leech.down.totalBytes - leech.wastedBytes).toBeLessThan(31.5 * 65_536);
  },
);

test('nobody new is let in while paused, and who has not said what it has is let go of', async () => {
  const torrent = scene.torrent(false);
  const peer = await giver(torrent);
  await pause(torrent);
  const stranger = scene.peer(torrent);
  // It never gets as far as a session of its own.
  await expect(stranger.then(({ session }) => session)).resolves.toBe(peer.session);
  expect(torrent._peers.size).toBe(1);
});

test('paused a second time without its peers it has none', async () => {
  const torrent = scene.torrent(false);
  const peer = await giver(torrent);
  await pause(torrent);
  torrent.pauseTransfers('close');
  await settled();
  expect(peer.wire.destroyed).toBe(true);
  expect(scene.clock.pendingTimers).toBe(0);
});
