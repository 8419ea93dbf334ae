/** The peers of a real torrent, with real wires, between the connection desk and webtorrent. */
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { ConnectionDesk } from '../../../../../../workers/engine/protocol/rtc-peer/connection-desk.ts';
import type { DataChannelLike } from '../../../../../../workers/engine/protocol/rtc-peer/data-channel.ts';
import { RtcConnection } from '../../../../../../workers/engine/protocol/rtc-peer/rtc-connection.ts';
import { TorrentPeers } from '../../../../../../workers/engine/protocol/webtorrent/torrent-peers.ts';
import { FakeRtcHost } from '../../../../../support/fake-rtc-host.ts';
import { HostileScene, made, message, tasks, uint32, wholePiece } from './hostile-scene.ts';

const ALL = Array.from({ length: 10 }, (_, index) => index);
const OUR_ID = '55'.repeat(20);
let rtc: FakeRtcHost;
let scene: HostileScene;
let desk: ConnectionDesk;
let peers: TorrentPeers;
let limitForAll: number;
let count: number;
beforeEach(() => {
  rtc = new FakeRtcHost();
  limitForAll = 50;
  count = 0;
});
afterEach(async () => {
  await scene.leave();
  rtc.close();
});

async function enter(pieces: readonly number[] = []): Promise<void> {
  scene = await HostileScene.enter('open', pieces);
  desk = new ConnectionDesk(rtc.pool, scene.deps);
  peers = new TorrentPeers(scene.torrent, OUR_ID, desk, () => limitForAll, scene.deps);
}

/** A peer whose channel is open, that has said who it is and, as a seed, that it has everything. */
async function peer(isSeed = false): Promise<RtcConnection> {
  const connection = new RtcConnection(++count, () => undefined);
  const id = `${count}`.padStart(40, 'a');
  connection.id = id;
  const channel: DataChannelLike = {
    hasRoom: true,
    send: () => undefined,
    close: () => undefined,
    onopen: null,
    onmessage: null,
    ondrain: null,
    onclose: null,
  };
  connection.bind(channel);
  expect(peers.add(connection)).toBe(true);
  channel.onopen!();
  channel.onmessage!(handshake(id));
  await tasks(3);
  if (isSeed) channel.onmessage!(new Uint8Array(message(14)));
  await tasks(3);
  return connection;
}

function handshake(peerIdHex: string): Uint8Array<ArrayBuffer> {
  const head = Buffer.from('\u0013BitTorrent protocol\0\0\0\0\0\u0010\0\u0004');
  return new Uint8Array(
    Buffer.concat([head, Buffer.from(made.infoHash, 'hex'), Buffer.from(peerIdHex, 'hex')]),
  );
}

test('webtorrent gets a peer when its connection is open', async () => {
  await enter();
  const waiting = new RtcConnection(99, () => undefined);
  waiting.id = 'bb'.repeat(20);
  peers.add(waiting);
  expect(scene.torrent._peers.size).toBe(0);
  await peer();
  expect([scene.torrent._peers.size, scene.wires.length]).toEqual([1, 1]);
});

test('a paused or gone torrent takes nobody', async () => {
  await enter();
  scene.torrent.pauseTransfers('close');
  const late = new RtcConnection(99, () => undefined);
  expect(peers.add(late)).toBe(false);
  await tasks(2);
  expect(late.destroyed).toBe(true);
});

describe('no more peers are wanted', () => {
  it('than the limit for all, or the torrent’s own', async () => {
    await enter();
    limitForAll = 2;
    await peer();
    expect(peers.wantsMore).toBe(true);
    await peer();
    expect(peers.wantsMore).toBe(false);
    peers.limit(3);
    expect([peers.wantsMore, peers.connectionLimit()]).toEqual([true, 3]);
    peers.limit(0);
    expect([peers.wantsMore, peers.connectionLimit()]).toEqual([false, 2]);
  });

  it('those still connecting included', async () => {
    await enter();
    limitForAll = 1;
    const waiting = new RtcConnection(99, () => undefined);
    peers.add(waiting);
    expect(peers.wantsMore).toBe(false);
    peers.pause();
    expect(peers.wantsMore).toBe(true);
  });
});

test.each([
  ['between two that have everything', ALL, true, true],
  ['while we lack something', ALL.slice(1), true, false],
  ['while the peer lacks something', ALL, false, false],
])('a connection is redundant or not: %s', async (_, pieces, isSeed, expected) => {
  await enter(pieces);
  limitForAll = 1;
  const connection = await peer(isSeed);
  expect(peers.isRedundant(connection)).toBe(expected);
  expect(peers.wantsMore).toBe(expected);
});

describe('when there may be fewer connections', () => {
  /** A peer over a connection of the desk, which has all of it and gives so many pieces. */
  async function seated(gives: number): Promise<RtcConnection> {
    const answering = peers.source.answer('their offer');
    await tasks(3);
    const { connection } = (await answering)!;
    const rtcId = rtc.ids('answer').at(-1)!;
    connection.id = `${++count}`.padStart(40, 'a');
    expect(peers.add(connection)).toBe(true);
    rtc.post({ kind: 'pump-open', id: rtcId });
    const say = async (...messages: readonly Uint8Array[]) => {
      const bytes = new Uint8Array(Buffer.concat(messages)).buffer;
      rtc.post({ kind: 'pump-data', id: rtcId, bytes });
      await tasks(5);
    };
    await say(handshake(connection.id));
    await say(message(14));
    if (gives === 0) return connection;
    await say(message(1));
    const wire = scene.wires.find(({ peerId }) => peerId === connection.id)!;
    for (let given = 0; given < gives; given++) {
      const { piece, offset } = wire.requests[0]!;
      await say(message(7, uint32(piece, offset), wholePiece(piece)));
    }
    return connection;
  }

  it('of the torrent, those that give nothing are closed, and never the one that gives', async () => {
    await enter();
    const all = [await seated(0), await seated(2), await seated(0)];
    // Hashed by other threads, which take their time.
    await vi.waitFor(() => expect(scene.plan!.have.count).toBe(2));
    expect(peers.worthOf(all[1]!).movedBytes).toBeGreaterThan(made.pieceLength);
    peers.limit(1);
    await tasks(3);
    expect(all.map(({ destroyed }) => destroyed)).toEqual([true, false, true]);
    expect(scene.wires.map(({ peerId }) => peerId)).toEqual([all[1]!.id]);
    limitForAll = 0;
    peers.limit(0);
    await tasks(3);
    expect(all[1]!.destroyed).toBe(false);
  });

  it('of all torrents, who gave less goes first', async () => {
    await enter();
    const all = [await seated(2), await seated(1), await seated(0)];
    desk.configure(2, rtc.pool.config);
    desk.closeSurplus();
    await tasks(3);
    expect(all.map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
    expect(desk.snapshot()).toMatchObject({ open: 2, budget: 2 });
  });
});

test('a peer that comes back while its old connection is silent replaces it', async () => {
  await enter();
  const before = await peer();
  before.isWavering = true;
  count = 0;
  const after = await peer();
  await tasks(2);
  expect([before.destroyed, after.destroyed]).toEqual([true, false]);
  expect([scene.torrent._peers.size, scene.wires.length]).toEqual([1, 1]);
});

test.each([
  ['192.0.2.1', 4711, '192.0.2.1:4711'],
  ['2001:db8::1', 4711, '[2001:db8::1]:4711'],
  ['2001:db8::1', null, '2001:db8::1'],
  [null, null, null],
])('the address of a peer at %s, port %s is %s', async (address, port, expected) => {
  await enter();
  const connection = await peer();
  connection.remoteAddress = address;
  connection.remotePort = port;
  expect(peers.addressOf(scene.wires[0]!)).toBe(expected);
});
