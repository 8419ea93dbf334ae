/** What becomes of peers that give wrong blocks, and of honest ones beside them: over real wires. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { toInfoHash } from '../../../../../../workers/contract/ids.ts';
import type { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import { withExactHashes } from '../../../../../support/exact-hashes.ts';
import { settled, until } from '../../../../../support/fake-clock.ts';
import { seededRandom } from '../../../../../support/seeded-random.ts';
import { TorrentScene, type ScriptedPeer } from './torrent-scene.ts';

vi.mock('webtorrent/lib/torrent.js', async () => ({
  default: (await import('./bare-torrent.ts')).BareTorrent,
}));

const PIECES = 40;
const PIECE_BYTES = 64 * 1024;

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

/** A peer that has everything and lets itself be asked. */
async function giver(facts: Parameters<TorrentScene['peer']>[1] = {}): Promise<ScriptedPeer> {
  const peer = await scene.peer(torrent, facts);
  peer.wire.haveAll();
  peer.wire.unchoke();
  await settled();
  return peer;
}

const idOf = (peer: ScriptedPeer) => peer.session.view.id;
const piecesAsked = (peer: ScriptedPeer) => [...new Set(peer.asked.map(({ piece }) => piece))];
const banned = () => scene.bans.list.map(({ id }) => id);

/** Pieces are hashed as long as that takes; time moves on when nothing else does. */
async function download(turn: () => void): Promise<void> {
  for (let round = 0; round < 400 && !torrent.plan!.have.isFull; round++) {
    turn();
    await settled();
    scene.clock.advance(100);
  }
  await until(() => torrent.plan!.have.isFull, 'the last piece');
}

test('a wrong piece is fetched of a third peer alone, and comparing names the one of two that lied', async () => {
  const [honest, liar] = [await giver(), await giver()];
  const [wrong] = piecesAsked(honest);
  expect([piecesAsked(honest), piecesAsked(liar)]).toEqual([[wrong], [wrong]]);
  const third = await giver();
  honest.answer(2);
  liar.lie(2);
  await until(() => torrent.wastedBytes === PIECE_BYTES, 'the failure');
  // Nobody is struck for it yet.
  await settled();
  expect([honest, liar].map((peer) => scene.bans.strikesOf(idOf(peer)))).toEqual([0, 0]);
  third.answer(2);
  await settled();
  expect(piecesAsked(third)).toContain(wrong);
  expect([...piecesAsked(honest), ...piecesAsked(liar)]).not.toContain(wrong);
  while (!torrent.plan!.have.has(wrong!)) {
    third.answer();
    await settled();
  }
  expect([honest, liar, third].map((peer) => scene.bans.strikesOf(idOf(peer)))).toEqual([0, 1, 0]);
  expect(banned()).toEqual([]);
});

test.each([1, 2, 3, 4, 5])(
  'three honest peers and two liars: the liars are banned, nobody else, and all comes right (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const liars = [await giver(), await giver()];
    const honest = [await giver(), await giver(), await giver()];
    // How many lies come while a piece is hashed must not depend on the machine.
    await withExactHashes(() =>
      download(() => {
        for (const peer of liars) {
          if (random() < 0.3) peer.answer(1);
          else peer.lie(1 + Math.floor(3 * random()));
        }
        for (const peer of honest) peer.answer(1 + Math.floor(3 * random()));
      }),
    );
    expect(banned().sort()).toEqual(liars.map(idOf).sort());
    expect(honest.map((peer) => scene.bans.strikesOf(idOf(peer)))).toEqual([0, 0, 0]);
    expect(liars.every(({ wire }) => wire.destroyed)).toBe(true);
    expect(await scene.isContentTrue(torrent)).toBe(true);
    expect(torrent.bannedCount).toBe(2);
    // Three pieces each prove it; the rest was under way meanwhile.
    expect(torrent.wastedBytes).toBeLessThan(2 * 8 * PIECE_BYTES);
  },
);

test('who alone gave three wrong pieces is banned for the third, and the honest one beside it goes on', async () => {
  const liar = await giver();
  for (let turn = 0; turn < 200 && !liar.wire.destroyed; turn++) {
    liar.lie(2);
    await settled();
  }
  expect(banned()).toEqual([idOf(liar)]);
  // The third, and what was on its way while it was hashed.
  expect(torrent.wastedBytes).toBeLessThanOrEqual(10 * PIECE_BYTES);
  const honest = await giver();
  await download(() => honest.answer());
  expect(await scene.isContentTrue(torrent)).toBe(true);
});

test('a ban holds in every torrent, at the handshake, and until it is lifted', async () => {
  const id = 'ab'.repeat(20);
  const other = scene.torrent(false);
  const elsewhere = await scene.peer(other, { id });
  const infoHash = toInfoHash('cd'.repeat(20))!;
  for (let n = 0; n < 3; n++) {
    scene.bans.strike({ id, kind: 'peer', client: '', address: null }, infoHash);
  }
  await settled();
  expect(elsewhere.wire.destroyed).toBe(true);
  const back = await scene.peer(torrent, { id });
  expect([back.wire.destroyed, [...torrent.sessions].length]).toEqual([true, 0]);
  scene.bans.lift(id);
  const forgiven = await giver({ id });
  expect(forgiven.wire.destroyed).toBe(false);
  expect(forgiven.asked.length).toBeGreaterThan(0);
});

test('a banned address is refused once it is known, and loopback never is', async () => {
  const infoHash = toInfoHash('cd'.repeat(20))!;
  for (const address of ['9.9.9.9:1', '127.0.0.1:1']) {
    for (const id of ['a', 'b', 'c']) {
      scene.bans.strike({ id: id + address, kind: 'peer', client: '', address }, infoHash);
    }
  }
  const neighbour = await scene.peer(torrent, { address: { remoteAddress: '127.0.0.1:2' } });
  const known = await scene.peer(torrent, { address: { remoteAddress: '9.9.9.9:2' } });
  const address = { remoteAddress: null as string | null };
  const unknown = await scene.peer(torrent, { address });
  expect([neighbour, known, unknown].map(({ wire }) => wire.destroyed)).toEqual([
    false,
    true,
    false,
  ]);
  address.remoteAddress = '9.9.9.9:3';
  await scene.pass(1);
  expect([neighbour, unknown].map(({ wire }) => wire.destroyed)).toEqual([false, true]);
});

test('a second peer of the same name is refused: it could lie in the name of the first', async () => {
  const id = 'ab'.repeat(20);
  const first = await scene.peer(torrent, { id });
  const second = await scene.peer(torrent, { id });
  expect([first.wire.destroyed, second.wire.destroyed]).toEqual([false, true]);
  first.wire.destroy();
  await settled();
  expect((await scene.peer(torrent, { id })).wire.destroyed).toBe(false);
});

test('a liar that has left when it is found out is remembered with what is known of it', async () => {
  const [honest, liar] = [
    await giver(),
    await giver({ address: { remoteAddress: '9.9.9.9:51413' } }),
  ];
  const id = idOf(liar);
  for (let n = 0; n < 2; n++) {
    const infoHash = toInfoHash('cd'.repeat(20))!;
    scene.bans.strike({ id, kind: 'peer', client: '', address: null }, infoHash);
  }
  honest.answer(2);
  liar.lie(2);
  await until(() => torrent.wastedBytes === PIECE_BYTES, 'the failure');
  liar.wire.destroy();
  await download(() => honest.answer());
  expect(scene.bans.list).toMatchObject([{ id, address: '9.9.9.9:51413' }]);
  expect(scene.bans.strikesOf(idOf(honest))).toBe(0);
});
