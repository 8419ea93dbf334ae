/** Torrents under limits over real wires, on a clock that stands still: what moves, what waits, and what costs nothing. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type Wire from 'bittorrent-protocol';
import type { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import { settled, until } from '../../../../../support/fake-clock.ts';
import { TorrentScene, type ScriptedPeer } from './torrent-scene.ts';

vi.mock('webtorrent/lib/torrent.js', async () => ({
  default: (await import('./bare-torrent.ts')).BareTorrent,
}));

const KIB = 1024;
const BLOCK = 16 * KIB;
const STEP_MS = 50;

let scene: TorrentScene;
beforeEach(async () => {
  scene = await TorrentScene.make(30);
});
afterEach(async () => {
  await scene.end();
  expect(scene.complaints).toEqual([]);
});

/** Time passes in steps that are short beside a round trip. */
async function pass(seconds: number, eachStep: () => void = () => undefined): Promise<void> {
  for (let ms = 0; ms < seconds * 1_000; ms += STEP_MS) {
    scene.clock.advance(STEP_MS);
    await settled();
    eachStep();
  }
}

/** A peer that gives what it is asked for as soon as `answer` is called. */
async function giver(torrent: RillTorrent): Promise<ScriptedPeer> {
  const peer = await scene.peer(torrent);
  peer.wire.haveAll();
  peer.wire.unchoke();
  await settled();
  return peer;
}

/** A peer that is let ask. */
async function taker(torrent: RillTorrent): Promise<ScriptedPeer> {
  const peer = await scene.peer(torrent);
  peer.wire.interested();
  await settled();
  expect(peer.wire.peerChoking).toBe(false);
  return peer;
}

function request(wire: Wire, piece: number, offset = 0): void {
  wire.request(piece, offset, BLOCK, () => undefined);
}

const setRates = (downloadBps: number, uploadBps: number) =>
  scene.rates.set({ downloadBps, uploadBps });
const limit = (torrent: RillTorrent, downloadBps: number, uploadBps: number) =>
  torrent.context.rates.set({ downloadBps, uploadBps });

describe('downloading', () => {
  test.each([1, 4])(
    'from %d seeds at 128 KiB/s it is that to a twentieth over 10 s',
    async (seeds) => {
      setRates(128 * KIB, 0);
      const leech = scene.torrent(false);
      for (let n = 0; n < seeds; n++) await scene.link(scene.torrent(true), leech);
      await pass(10);
      expect(Math.abs(leech.down.totalBytes / (1280 * KIB) - 1)).toBeLessThanOrEqual(0.05);
      expect(leech.wastedBytes).toBe(0);
    },
  );

  test('two torrents share the common limit, and one has less when its own says so', async () => {
    setRates(128 * KIB, 0);
    const leeches = [scene.torrent(false), scene.torrent(false)] as const;
    for (const leech of leeches) await scene.link(scene.torrent(true), leech);
    await pass(5);
    const half = leeches.map(({ down }) => down.totalBytes / (320 * KIB));
    for (const part of half) expect(Math.abs(part - 1)).toBeLessThanOrEqual(0.05);
    limit(leeches[0], 32 * KIB, 0);
    const before = leeches.map(({ down }) => down.totalBytes);
    await pass(10);
    const rates = leeches.map(({ down }, n) => (down.totalBytes - before[n]!) / 10 / KIB);
    expect(Math.abs(rates[0]! / 32 - 1)).toBeLessThanOrEqual(0.05);
    expect(Math.abs(rates[1]! / 96 - 1)).toBeLessThanOrEqual(0.05);
  });

  test('a limit that ends lets everything come at once', async () => {
    setRates(KIB, 0);
    const leech = scene.torrent(false);
    await scene.link(scene.torrent(true), leech);
    await pass(2);
    expect(leech.down.totalBytes).toBe(0);
    setRates(0, 0);
    await until(() => leech.plan!.have.isFull);
  });

  test('a limit in the middle holds within a second', async () => {
    const leech = scene.torrent(false);
    const peer = await giver(leech);
    for (let turn = 0; turn < 3; turn++) {
      peer.answer(1);
      await settled();
    }
    setRates(16 * KIB, 0);
    peer.answer();
    await settled();
    const before = leech.down.totalBytes;
    await pass(10, () => peer.answer());
    expect((leech.down.totalBytes - before) / BLOCK).toBeGreaterThanOrEqual(9);
    expect((leech.down.totalBytes - before) / BLOCK).toBeLessThanOrEqual(10);
  });

  test('nothing is asked of a peer that has to wait, so its silence means nothing', async () => {
    setRates(KIB, 0);
    const leech = scene.torrent(false);
    const peer = await giver(leech);
    let blocks = 0;
    await scene.pass(320, () => {
      expect(peer.session.isSnubbed).toBe(false);
      blocks += peer.asked.length;
      peer.answer();
    });
    expect(blocks).toBe(19);
    expect(peer.session.isSnubbed).toBe(false);
    expect(peer.wire.destroyed).toBe(false);
  });

  test('a refusal costs nothing: what was not given is asked of another at once', async () => {
    setRates(16 * KIB, 0);
    const leech = scene.torrent(false);
    const peers = [await giver(leech), await giver(leech)];
    await pass(1.05);
    const asked = peers.find((peer) => peer.asked.length);
    const other = peers.find((peer) => peer !== asked);
    const { piece, offset, length } = asked!.asked[0]!;
    expect(other!.asked).toEqual([]);
    asked!.wire._message(16, [piece, offset, length], null);
    asked!.wire.choke();
    await settled();
    await pass(0.1);
    expect(other!.asked).toMatchObject([{ piece, offset, length }]);
  });

  test('a peer that goes gives back what it was asked for', async () => {
    setRates(16 * KIB, 0);
    const leech = scene.torrent(false);
    const gone = await giver(leech);
    await pass(1.05);
    expect(gone.asked).toHaveLength(1);
    gone.wire.destroy();
    await settled();
    const peer = await giver(leech);
    await pass(0.1);
    expect(peer.asked).toHaveLength(1);
  });

  test('a block that was taken back and comes anyway counts', async () => {
    setRates(16 * KIB, 0);
    const leech = scene.torrent(false);
    const slow = await giver(leech);
    await pass(1.05);
    const other = await giver(leech);
    const [late] = [...slow.asked];
    slow.session.wire.cancel(late!.piece, late!.offset, late!.length);
    // Its block crosses the cancel; by now another peer is asked for it.
    slow.answer();
    await settled();
    expect(leech.wastedBytes).toBe(BLOCK);
    expect(other.asked).toHaveLength(1);
    other.answer();
    await pass(1.9);
    expect([...slow.asked, ...other.asked]).toEqual([]);
    await pass(0.1);
    expect([...slow.asked, ...other.asked]).toHaveLength(1);
  });

  test('what a reader waits for comes first, as fast as the limit allows and no faster', async () => {
    setRates(64 * KIB, 0);
    const leech = scene.torrent(false);
    const some = await scene.peer(leech);
    some.wire.bitfield(Uint8Array.of(0xff, 0xff, 0, 0));
    some.wire.unchoke();
    await settled();
    const all = await giver(leech);
    const order: number[] = [];
    const answer = () => {
      for (const peer of [some, all]) {
        order.push(...peer.asked.map(({ piece }) => piece));
        peer.answer();
      }
    };
    await pass(1, answer);
    order.length = 0;
    leech.hurry(1, { first: 25, last: 26 });
    await pass(3, answer);
    // Two pieces of four blocks: of eight turns seven are the reader’s, whatever else could be asked for.
    expect(order.length).toBeGreaterThanOrEqual(11);
    expect(order.length).toBeLessThanOrEqual(13);
    expect(order.slice(0, 10).filter((piece) => piece >= 25 && piece <= 26)).toHaveLength(8);
  });

  test('a paused torrent waits for nothing, and goes on within the limit', async () => {
    setRates(64 * KIB, 0);
    const leech = scene.torrent(false);
    await giver(leech);
    leech.pauseTransfers('close');
    await settled();
    expect(scene.clock.pendingTimers).toBe(0);
    leech.resumeTransfers();
    const peer = await giver(leech);
    await pass(2, () => peer.answer());
    expect(leech.down.totalBytes).toBeGreaterThanOrEqual(7 * BLOCK);
  });
});

describe('uploading', () => {
  test.each([1, 4])(
    'to %d peers at 128 KiB/s it is that to a twentieth over 10 s',
    async (peers) => {
      setRates(0, 128 * KIB);
      const seed = scene.torrent(true);
      const leeches = Array.from({ length: peers }, () => scene.torrent(false));
      for (const leech of leeches) await scene.link(seed, leech);
      await pass(10);
      expect(Math.abs(seed.up.totalBytes / (1280 * KIB) - 1)).toBeLessThanOrEqual(0.05);
      const parts = leeches.map(({ down }) => down.totalBytes);
      expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(2 * BLOCK);
    },
  );

  test('a limit that ends lets go all that was asked for', async () => {
    setRates(0, KIB);
    const seed = scene.torrent(true);
    const peer = await taker(seed);
    for (let piece = 0; piece < 20; piece++) request(peer.wire, piece);
    await pass(1);
    expect(seed.up.totalBytes).toBe(0);
    setRates(0, 0);
    await settled();
    expect(seed.up.totalBytes).toBe(20 * BLOCK);
  });

  test('of equal peers each gets the same, however many blocks one asks for', async () => {
    setRates(0, 64 * KIB);
    const seed = scene.torrent(true);
    const [modest, greedy] = [await taker(seed), await taker(seed)];
    for (let piece = 0; piece < 30; piece++) {
      for (let offset = 0; offset < 4 * BLOCK; offset += BLOCK) request(greedy.wire, piece, offset);
      if (piece < 15) request(modest.wire, piece);
    }
    await pass(5);
    expect(
      Math.abs(modest.session.wire.uploaded - greedy.session.wire.uploaded),
    ).toBeLessThanOrEqual(BLOCK);
    expect(seed.up.totalBytes).toBeGreaterThanOrEqual(19 * BLOCK);
  });

  test('what the peer cancelled meanwhile is neither read nor given, and costs nothing', async () => {
    setRates(0, 16 * KIB);
    const seed = scene.torrent(true);
    const read = vi.spyOn(seed.plan!.store, 'read');
    const peer = await taker(seed);
    for (let piece = 0; piece < 4; piece++) request(peer.wire, piece);
    await pass(0.5);
    for (let piece = 0; piece < 3; piece++) peer.wire.cancel(piece, 0, BLOCK);
    await pass(0.6);
    expect(read.mock.calls).toEqual([[3, 0, BLOCK]]);
    expect(seed.up.totalBytes).toBe(BLOCK);
    // Nobody waits any more; in a second there is another block's worth.
    request(peer.wire, 7);
    await pass(1.05);
    expect(seed.up.totalBytes).toBe(2 * BLOCK);
  });

  test('a request that is taken back while its block is read costs nothing', async () => {
    setRates(0, 16 * KIB);
    const seed = scene.torrent(true);
    const { store } = seed.plan!;
    const read = store.read.bind(store);
    const peer = await taker(seed);
    let goOn: () => void = () => undefined;
    const isRead = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow = vi.spyOn(store, 'read').mockImplementationOnce(async (...range) => {
      await isRead;
      return read(...range);
    });
    request(peer.wire, 0);
    await pass(1.05);
    expect(slow).toHaveBeenCalledOnce();
    peer.wire.cancel(0, 0, BLOCK);
    await settled();
    goOn();
    await settled();
    request(peer.wire, 1);
    await pass(0.1);
    expect(seed.up.totalBytes).toBe(BLOCK);
    expect(slow).toHaveBeenLastCalledWith(1, 0, BLOCK);
  });

  test('a choke ends what waits, and the peer is told', async () => {
    setRates(0, 16 * KIB);
    const seed = scene.torrent(true);
    const peer = await taker(seed);
    const refused: string[] = [];
    for (let piece = 0; piece < 5; piece++) {
      peer.wire.request(piece, 0, BLOCK, (error) => refused.push(error?.message ?? ''));
    }
    await settled();
    peer.session.wire.choke();
    await settled();
    expect(refused).toEqual(new Array<string>(5).fill('request was rejected'));
    await pass(3);
    expect(seed.up.totalBytes).toBe(0);
    expect(peer.session.wire.peerRequests).toEqual([]);
  });

  test('a piece that went while its block waited for its turn is refused', async () => {
    setRates(0, 16 * KIB);
    const seed = scene.torrent(true);
    const peer = await taker(seed);
    const refused: (string | undefined)[] = [];
    peer.wire.request(4, 0, BLOCK, (error) => refused.push(error?.message));
    request(peer.wire, 5);
    await settled();
    seed.plan!.have.clear(4);
    seed.lost(4);
    await pass(1.05);
    expect(refused).toEqual(['request was rejected']);
    expect(seed.up.totalBytes).toBe(BLOCK);
  });

  test('at 4 KiB/s nobody who is unchoked waits longer than 30 s for a block', async () => {
    setRates(0, 4 * KIB);
    const seed = scene.torrent(true);
    const leeches = Array.from({ length: 5 }, () => scene.torrent(false));
    for (const leech of leeches) await scene.link(seed, leech);
    const last = leeches.map(() => ({ bytes: 0, second: 0 }));
    let second = 0;
    await scene.pass(200, () => {
      second++;
      for (const [n, { down }] of leeches.entries()) {
        if (down.totalBytes > last[n]!.bytes) last[n] = { bytes: down.totalBytes, second };
        expect(second - last[n]!.second).toBeLessThanOrEqual(30);
      }
    });
    expect(leeches.flatMap((leech) => [...leech.sessions]).some((one) => one.isSnubbed)).toBe(
      false,
    );
    expect(seed.up.totalBytes).toBeGreaterThanOrEqual(0.95 * 800 * KIB);
  });

  test('at 1 KiB/s one peer after the other is unchoked, so that none looks snubbed', async () => {
    setRates(0, KIB);
    const seed = scene.torrent(true);
    const leeches = Array.from({ length: 3 }, () => scene.torrent(false));
    for (const leech of leeches) await scene.link(seed, leech);
    await scene.pass(400, () => {
      expect([...seed.sessions].filter(({ wire }) => !wire.amChoking)).toHaveLength(1);
    });
    for (const leech of leeches) expect(leech.down.totalBytes).toBeGreaterThan(0);
    expect(leeches.flatMap((leech) => [...leech.sessions]).some((one) => one.isSnubbed)).toBe(
      false,
    );
  });

  test('a torrent that is gone leaves its turn to others', async () => {
    setRates(0, 64 * KIB);
    const [gone, seed] = [scene.torrent(true), scene.torrent(true)];
    const [one, other] = [await taker(gone), await taker(seed)];
    for (let piece = 0; piece < 30; piece++) {
      request(one.wire, piece);
      request(other.wire, piece);
    }
    await pass(1);
    gone.destroy({}, () => undefined);
    await settled();
    const before = seed.up.totalBytes;
    await pass(5);
    expect(seed.up.totalBytes - before).toBeGreaterThanOrEqual(19 * BLOCK);
  });
});
