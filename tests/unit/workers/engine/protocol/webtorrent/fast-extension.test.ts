/** What the fast extension (BEP 6) and `lt_donthave` (BEP 54) change between two ends of a real wire. */
import ltDontHave from 'lt_donthave';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import { toInfoHash } from '../../../../../../workers/contract/ids.ts';
import { settled, until } from '../../../../../support/fake-clock.ts';
import { TorrentScene, type ScriptedPeer } from './torrent-scene.ts';

vi.mock('webtorrent/lib/torrent.js', async () => ({
  default: (await import('./bare-torrent.ts')).BareTorrent,
}));

const PIECES = 6;
/** Blocks of a piece. */
const BLOCKS = 4;
const [HAVE_NONE, REJECT, ALLOWED_FAST] = [15, 16, 17];

let scene: TorrentScene;
let torrent: RillTorrent;
beforeEach(async () => {
  scene = await TorrentScene.make(PIECES);
  torrent = scene.torrent(false);
});
afterEach(async () => {
  await scene.end();
  expect(scene.complaints).toEqual([]);
});

async function seed(): Promise<ScriptedPeer> {
  const peer = await scene.peer(torrent);
  peer.wire.haveAll();
  await settled();
  return peer;
}

async function open(peer: ScriptedPeer): Promise<ScriptedPeer> {
  peer.wire.unchoke();
  await settled();
  return peer;
}

/** It may be asked for these pieces while it chokes. */
async function allow(peer: ScriptedPeer, ...pieces: readonly number[]): Promise<void> {
  for (const piece of pieces) {
    (peer.wire as unknown as { allowedFast(index: number): void }).allowedFast(piece);
  }
  await settled();
}

async function refuse({ wire, asked }: ScriptedPeer): Promise<void> {
  for (const { piece, offset, length } of [...asked]) {
    wire._message(REJECT, [piece, offset, length], null);
    wire.peerRequests.shift();
  }
  await settled();
}

const piecesAsked = ({ asked }: ScriptedPeer) => [...new Set(asked.map(({ piece }) => piece))];

test('a peer that chokes us is asked for what it gives all the same, and for nothing else', async () => {
  const peer = await seed();
  expect(peer.asked).toEqual([]);
  await allow(peer, 4);
  expect(piecesAsked(peer)).toEqual([4]);
  while (peer.asked.length) {
    expect(piecesAsked(peer)).toEqual([4]);
    peer.answer();
    await settled();
  }
  await until(() => torrent.plan!.have.has(4), 'the piece');
  await scene.pass(2);
  expect([peer.asked.length, torrent.plan!.have.count]).toEqual([0, 1]);
  await open(peer);
  expect(piecesAsked(peer)).not.toContain(4);
  while (!torrent.plan!.have.isFull) {
    peer.answer();
    await settled();
  }
  expect(torrent.wastedBytes).toBe(0);
});

test('what it named before its choke it is asked for across the choke', async () => {
  const peer = await seed();
  await open(peer);
  peer.wire.choke();
  await settled();
  expect(peer.asked).toEqual([]);
  await allow(peer, 1, 2);
  while (peer.asked.length) {
    peer.answer();
    await settled();
  }
  await until(() => torrent.plan!.have.count === 2, 'two pieces');
  expect([1, 2].map((index) => torrent.plan!.have.has(index))).toEqual([true, true]);
});

test('what it refuses it is not asked for again while it chokes us; others are', async () => {
  const peer = await seed();
  await allow(peer, 3);
  expect(peer.asked).toHaveLength(2);
  await refuse(peer);
  await scene.pass(5);
  expect(peer.asked).toEqual([]);
  const other = await open(await seed());
  while (!torrent.plan!.have.isFull) {
    other.answer();
    await settled();
  }
});

test.each<[string, (peer: ScriptedPeer) => Promise<void> | void]>([
  ['a piece that it does not have', (peer) => peer.wire._message(HAVE_NONE, [], null)],
  ['a piece that is here', () => torrent.plan!.have.set(3) as void],
])('naming %s changes nothing', async (_, prepare) => {
  const peer = await seed();
  await prepare(peer);
  torrent.scheduler!.picker.refresh(3);
  await settled();
  await allow(peer, 3);
  await scene.pass(2);
  expect(peer.asked).toEqual([]);
});

test('whoever names pieces again and again is listened to a hundred times', async () => {
  const peer = await seed();
  await allow(peer, 5);
  const fill = vi.spyOn(peer.session, 'fill');
  for (let i = 0; i < 500; i++) peer.wire._message(ALLOWED_FAST, [5], null);
  await settled();
  expect(fill).toHaveBeenCalledTimes(99);
  expect(piecesAsked(peer)).toEqual([5]);
});

test('a paused torrent asks for nothing of it', async () => {
  const peer = await seed();
  torrent.pauseTransfers('keep');
  await allow(peer, 4);
  await scene.pass(2);
  expect(peer.asked).toEqual([]);
});

test('a refusal of what a peer lets itself be asked frees the block for others at once', async () => {
  const [one, other] = [await open(await seed()), await open(await seed())];
  const refused = one.asked.map(({ piece, offset }) => `${piece}+${offset}`);
  one.wire._message(HAVE_NONE, [], null);
  await refuse(one);
  const given = new Set<string>();
  while (!torrent.plan!.have.isFull) {
    for (const { piece, offset } of other.asked) given.add(`${piece}+${offset}`);
    other.answer();
    await settled();
  }
  expect([...given]).toEqual(expect.arrayContaining(refused));
  expect(given.size).toBe(PIECES * BLOCKS);
});

test.each<[string, (peer: ScriptedPeer) => void]>([
  ['says that it has nothing', ({ wire }) => wire._message(HAVE_NONE, [], null)],
  [
    'says of each piece that it lost it',
    ({ wire }) => {
      for (let i = 0; i < PIECES; i++) wire.lt_donthave.donthave(i);
    },
  ],
])(
  'a liar that has a piece of its own to give, and then %s, holds it up for nobody',
  async (_, say) => {
    // Both ends speak BEP 54: it is agreed on in the handshake.
    const id = 'ab'.repeat(20);
    const infoHash = toInfoHash('cd'.repeat(20))!;
    scene.bans.strike({ id, kind: 'peer', client: '', address: null }, infoHash);
    const liar = await scene.peer(torrent, { id, extensions: [ltDontHave()] });
    liar.wire.haveAll();
    await open(liar);
    const [own] = piecesAsked(liar);
    expect(torrent.scheduler!.active(own!)!.owner).toBe(id);
    say(liar);
    await refuse(liar);
    expect([liar.session.pieces.count, liar.session.wire.amInterested]).toEqual([0, false]);
    const other = await open(await seed());
    for (let turn = 0; turn < 100 && !torrent.plan!.have.isFull; turn++) {
      other.answer();
      await settled();
    }
    expect(torrent.plan!.have.isFull).toBe(true);
    expect(liar.wire.destroyed).toBe(false);
  },
);

test('what a peer has no more is asked of another at once, and counts for it no more', async () => {
  const peer = await scene.peer(torrent, { extensions: [ltDontHave()] });
  peer.wire.haveAll();
  await open(peer);
  const [first] = peer.asked;
  peer.wire.lt_donthave.donthave(first!.piece);
  await settled();
  expect(peer.session.wire.requests.map(({ piece }) => piece)).not.toContain(first!.piece);
  expect([peer.session.isSeed, peer.session.pieces.count]).toEqual([false, PIECES - 1]);
  const other = await open(await seed());
  while (!torrent.plan!.have.has(first!.piece)) {
    other.answer();
    await settled();
  }
});

test('a piece that we lost is taken back from those who understand it, and given to nobody', async () => {
  const giver = scene.torrent(true);
  const taker = await scene.peer(giver, { extensions: [ltDontHave()] });
  const lost: number[] = [];
  taker.wire.lt_donthave.on('donthave', (index) => lost.push(index));
  taker.wire.interested();
  await settled();
  expect(taker.wire.peerPieces.get(2)).toBe(true);
  giver.plan!.have.clear(2);
  giver.lost(2);
  await settled();
  expect(lost).toEqual([2]);
  expect(taker.wire.peerChoking).toBe(false);
  const answers: (string | undefined)[] = [];
  for (const piece of [2, 3]) {
    taker.wire.request(piece, 0, 16_384, (error) => answers.push(error?.message));
  }
  await until(() => answers.length === 2, 'the answers');
  expect(answers).toEqual(['request was rejected', undefined]);
});
