/** Super-seeding (BEP 16) over real wires: what peers learn of us, what they get, and what it saves the seed. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import { PATIENCE_MS } from '../../../../../../workers/engine/protocol/super-seeding.ts';
import { settled, until } from '../../../../../support/fake-clock.ts';
import { TorrentScene, type ScriptedPeer } from './torrent-scene.ts';

vi.mock('webtorrent/lib/torrent.js', async () => ({
  default: (await import('./bare-torrent.ts')).BareTorrent,
}));

const PIECES = 30;
const BLOCK = 16_384;

let scene: TorrentScene;
beforeEach(async () => {
  scene = await TorrentScene.make(PIECES);
});
afterEach(async () => {
  await scene.end();
  expect(scene.complaints).toEqual([]);
});

function superSeed(): RillTorrent {
  const torrent = scene.torrent(true);
  torrent.role.superSeed(true);
  return torrent;
}

/** The pieces that the peer believes us to have. */
function known({ wire }: ScriptedPeer): number[] {
  return Array.from({ length: PIECES }, (_, i) => i).filter((i) => wire.peerPieces.get(i));
}

/** A peer with nothing that has said so, is interested in whatever it is told of, and let in. */
async function leecher(torrent: RillTorrent, hasFast = true): Promise<ScriptedPeer> {
  const peer = await scene.peer(torrent, { hasFast });
  if (hasFast) peer.wire.haveNone();
  else peer.wire.bitfield(new Uint8Array(4));
  peer.wire.interested();
  await settled();
  return peer;
}

async function ask(peer: ScriptedPeer, index: number): Promise<string> {
  let answer = 'nothing';
  peer.wire.request(index, 0, BLOCK, (error, bytes) => {
    answer = error ? error.message : `${bytes?.length} bytes`;
  });
  await settled();
  return answer;
}

const other = (index: number) => (index + 1) % PIECES;

test.each([[true], [false]])(
  'a peer (BEP 6: %s) is told of one piece, once it has said what it has, and of the next when another has that',
  async (hasFast) => {
    const seed = superSeed();
    const peer = await scene.peer(seed, { hasFast });
    expect(known(peer)).toEqual([]);
    peer.wire.bitfield(new Uint8Array(4));
    await settled();
    const [first, ...more] = known(peer);
    expect([first, more]).toEqual([expect.any(Number), []]);
    const second = await leecher(seed, hasFast);
    expect(known(second)).toHaveLength(1);
    expect(known(second)).not.toContain(first);
    peer.wire.have(first!);
    await settled();
    expect(known(peer)).toEqual([first]);
    second.wire.have(first!);
    await settled();
    expect(known(peer)).toHaveLength(2);
    expect(known(second)).toHaveLength(1);
  },
);

test('a silent peer without BEP 6 is told after a while', async () => {
  const peer = await scene.peer(superSeed(), { hasFast: false });
  await scene.pass(2);
  expect(known(peer)).toEqual([]);
  await scene.pass(1);
  expect(known(peer)).toHaveLength(1);
});

test('what it was told of it gets; for the rest it is refused, and stays', async () => {
  const seed = superSeed();
  const peer = await leecher(seed);
  const [told] = known(peer);
  expect(await ask(peer, told!)).toBe(`${BLOCK} bytes`);
  expect(await ask(peer, other(told!))).toBe('request was rejected');
  expect(await ask(peer, told!)).toBe(`${BLOCK} bytes`);
  expect(seed.wires).toHaveLength(1);
});

test('without BEP 6 nothing can be refused: it gets no answer, and stays', async () => {
  const seed = superSeed();
  const peer = await leecher(seed, false);
  const [told] = known(peer);
  expect(await ask(peer, other(told!))).toBe('nothing');
  expect(await ask(peer, told!)).toBe(`${BLOCK} bytes`);
  expect([...seed.sessions][0]!.wire.peerRequests).toEqual([]);
});

test('nobody starves: a peer that is alone gets the next with each piece, one that is stuck after a while', async () => {
  const peer = await leecher(superSeed());
  peer.wire.have(known(peer)[0]!);
  await settled();
  expect(known(peer)).toHaveLength(2);
  await scene.pass(PATIENCE_MS / 1000 + 3);
  expect(known(peer)).toHaveLength(3);
});

test('turned off, everybody learns of the rest at once; turned on again, only who comes later is kept in the dark', async () => {
  const seed = superSeed();
  const peer = await leecher(seed);
  expect(peer.wire.peerExtendedHandshake['upload_only']).toBeUndefined();
  seed.role.superSeed(false);
  await settled();
  expect(known(peer)).toHaveLength(PIECES);
  expect(await ask(peer, 29)).toBe(`${BLOCK} bytes`);
  expect(peer.wire.peerExtendedHandshake['upload_only']).toBe(1);
  seed.role.superSeed(true);
  await settled();
  // It is a seed all the same, but says so no more.
  expect(peer.wire.peerExtendedHandshake['upload_only']).toBe(0);
  expect(await ask(peer, 3)).toBe(`${BLOCK} bytes`);
  expect(known(await leecher(seed))).toHaveLength(1);
});

test('who is incomplete is none, whatever it is told to be', async () => {
  const torrent = scene.torrent(false);
  torrent.role.superSeed(true);
  torrent.plan!.have.set(4);
  torrent.gained(4);
  expect(known(await leecher(torrent))).toEqual([4]);
  for (let i = 0; i < PIECES; i++) torrent.plan!.have.set(i);
  torrent.gained(5);
  expect(known(await leecher(torrent))).toHaveLength(1);
});

test('who has lost a piece is none any more: the others are told of', async () => {
  const seed = superSeed();
  const peer = await leecher(seed);
  const lost = other(known(peer)[0]!);
  seed.plan!.have.clear(lost);
  seed.lost(lost);
  await settled();
  expect(known(peer)).toHaveLength(PIECES - 1);
  expect(known(peer)).not.toContain(lost);
  expect(await ask(peer, other(lost))).toBe(`${BLOCK} bytes`);
});

test('a web seed and a seed are not told; no timer is left when it is paused or off', async () => {
  const seed = superSeed();
  const peer = await scene.peer(seed);
  peer.wire.haveAll();
  await scene.pass(60);
  expect(known(peer)).toEqual([]);
  const timers = scene.clock.pendingTimers;
  seed.role.superSeed(false);
  expect(scene.clock.pendingTimers).toBe(timers - 1);
  seed.role.superSeed(true);
  seed.pauseTransfers('close');
  await settled();
  expect(scene.clock.pendingTimers).toBe(0);
});

/** Four leechers that are all connected to each other and to the seed: what it gave until all had everything, in copies. */
async function copiesGiven(seed: RillTorrent): Promise<number> {
  const leechers = [1, 2, 3, 4].map(() => scene.torrent(false));
  for (const [i, one] of leechers.entries()) {
    for (const two of leechers.slice(0, i)) await scene.link(one, two);
  }
  await Promise.all(leechers.map((one) => scene.link(seed, one)));
  await until(() => leechers.every(({ plan }) => plan!.have.isFull), 'the end');
  expect(leechers.map(({ wastedBytes }) => wastedBytes)).toEqual([0, 0, 0, 0]);
  return seed.up.totalBytes / scene.made.content.length;
}

test('four leechers all get everything with no time passing, and it gives little more than one copy', async () => {
  const copies = await copiesGiven(superSeed());
  expect(copies).toBeGreaterThanOrEqual(1);
  expect(copies).toBeLessThan(1.3);
});

test('an ordinary seed gives more in the same swarm', async () => {
  expect(await copiesGiven(scene.torrent(true))).toBeGreaterThan(1.5);
});
