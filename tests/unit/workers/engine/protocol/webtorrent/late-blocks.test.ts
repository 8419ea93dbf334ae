/** The end of a download whose last blocks do not come: over real wires, on a clock that the test moves. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BLOCK_LENGTH } from '../../../../../../workers/engine/protocol/active-piece.ts';
import type { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import { settled, until } from '../../../../../support/fake-clock.ts';
import { TorrentScene, type ScriptedPeer } from './torrent-scene.ts';

vi.mock('webtorrent/lib/torrent.js', async () => ({
  default: (await import('./bare-torrent.ts')).BareTorrent,
}));

let scene: TorrentScene;
let torrent: RillTorrent;
beforeEach(async () => {
  scene = await TorrentScene.make(3);
  torrent = scene.torrent(false);
});
afterEach(async () => {
  await scene.end();
  expect(scene.complaints).toEqual([]);
});

async function giver(): Promise<ScriptedPeer> {
  const peer = await scene.peer(torrent);
  peer.wire.haveAll();
  peer.wire.unchoke();
  await settled();
  return peer;
}

const blocks = ({ asked }: ScriptedPeer) => asked.map(({ piece, offset }) => `${piece}+${offset}`);

/** One peer keeps the first two blocks; the other has given all the rest. */
async function allButTwo(): Promise<{ silent: ScriptedPeer; live: ScriptedPeer }> {
  const silent = await giver();
  const live = await giver();
  while (live.asked.length) {
    live.answer();
    await settled();
  }
  expect(silent.asked.map(({ offset }) => offset)).toEqual([0, BLOCK_LENGTH]);
  return { silent, live };
}

test('the last blocks of a peer that stalls come from another within two seconds', async () => {
  const { silent, live } = await allButTwo();
  await scene.pass(2);
  expect(blocks(live)).toEqual(blocks(silent));
  live.answer();
  await until(() => torrent.plan!.have.isFull);
  expect(torrent.wastedBytes).toBe(0);
});

test('each block is cancelled at once where else it was asked for, and no other', async () => {
  const { silent, live } = await allButTwo();
  await scene.pass(2);
  const cancelled: number[] = [];
  silent.wire.on('cancel', (_: number, offset: number) => cancelled.push(offset));
  live.answer(1);
  // The messages go their way; time stands still.
  await settled();
  expect(cancelled).toEqual([0]);
  expect(silent.asked.map(({ offset }) => offset)).toEqual([BLOCK_LENGTH]);
  silent.answer(1);
  await settled();
  expect(live.asked).toEqual([]);
  await until(() => torrent.plan!.have.isFull);
  expect(torrent.wastedBytes).toBe(0);
});

test('three are asked at most, and what crosses the cancel is counted as waste', async () => {
  const { silent, live } = await allButTwo();
  const [third, fourth] = [await giver(), await giver()];
  await scene.pass(10);
  const asked = [silent, live, third, fourth].map(({ asked: now }) => now.length);
  expect(asked.reduce((sum, count) => sum + count)).toBe(6);
  const late = [...silent.asked];
  const from = [live, third, fourth].find((peer) => peer.asked.length === 2);
  from!.answer();
  for (const { piece, offset, length } of late) {
    silent.wire._message(7, [piece, offset], new Uint8Array(length));
  }
  await until(() => torrent.plan!.have.isFull);
  await settled();
  expect(torrent.wastedBytes).toBe(2 * BLOCK_LENGTH);
  expect([silent, live, third, fourth].flatMap(blocks)).toEqual([]);
  expect(await scene.isContentTrue(torrent)).toBe(true);
});
