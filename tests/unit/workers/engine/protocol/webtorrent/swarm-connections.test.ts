/** The whole swarm, from tracker message to peer: a page and trackers that do as the test says. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { toInfoHash } from '../../../../../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../../../../workers/contract/settings.ts';
import type { SwarmTorrent } from '../../../../../../workers/engine/model/swarm.ts';
import { hexToBinary } from '../../../../../../workers/engine/protocol/trackers/tracker-message.ts';
import { WebtorrentSwarm } from '../../../../../../workers/engine/protocol/webtorrent/swarm.ts';
import { fakeDeps, settled, type FakeDeps } from '../../../../../support/fake-clock.ts';
import { FakeRtcHost } from '../../../../../support/fake-rtc-host.ts';
import { FakeWebSocket } from '../../../../../support/fake-web-socket.ts';

const TRACKER = 'wss://tracker.test/';
const REMOTE = 'ee'.repeat(20);
const NO_EVENTS = {
  metadata: () => undefined,
  piece: () => undefined,
  hashFailure: () => undefined,
  storageFailed: () => undefined,
  warning: () => undefined,
};

let deps: FakeDeps;
let host: FakeRtcHost;
let swarm: WebtorrentSwarm;
let joined: SwarmTorrent[];
beforeEach(() => {
  FakeWebSocket.reset();
  vi.stubGlobal('WebSocket', FakeWebSocket);
  deps = fakeDeps(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7);
  host = new FakeRtcHost();
  swarm = new WebtorrentSwarm(host.pool, deps);
  joined = [];
});
afterEach(async () => {
  await Promise.all(joined.map((torrent) => torrent.leave()));
  host.close();
  vi.unstubAllGlobals();
});

const hashOf = (index: number) => toInfoHash(index.toString(16).padStart(40, '0'))!;

function join(index: number): SwarmTorrent {
  const spec = { infoHash: hashOf(index), trackers: [[TRACKER]], webSeeds: [] };
  const torrent = swarm.join(spec, NO_EVENTS);
  joined.push(torrent);
  return torrent;
}

const configure = (changes: Partial<Settings>) =>
  swarm.configure({ ...DEFAULT_SETTINGS, trackers: [], ...changes });

async function open(): Promise<void> {
  FakeWebSocket.newest(TRACKER).open();
  await settled();
}

async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 10) {
    deps.clock.advance(10);
    await settled();
  }
}

/** Somebody offers to the torrent; returns the id of the connection that answers, if one does. */
async function offered(index: number, peerId = REMOTE): Promise<number | undefined> {
  const before = host.ids('answer').length;
  FakeWebSocket.newest(TRACKER).say({
    action: 'announce',
    info_hash: hexToBinary(hashOf(index)),
    peer_id: hexToBinary(peerId),
    offer_id: 'an offer of 20 chars',
    offer: { type: 'offer', sdp: 'their offer' },
  });
  await settled();
  return host.ids('answer')[before];
}

/** Offers that the tracker has heard, by torrent. */
function offersHeard(): Map<string, number> {
  const heard = new Map<string, number>();
  for (const { info_hash, offers } of FakeWebSocket.newest(TRACKER).sent) {
    const count = (offers as unknown[] | undefined)?.length ?? 0;
    heard.set(String(info_hash), (heard.get(String(info_hash)) ?? 0) + count);
  }
  return heard;
}

test('nothing is asked of the page before a torrent looks for peers', async () => {
  configure({});
  await pass(50);
  expect(host.commands).toEqual([]);
  expect(swarm.connections()).toEqual({ open: 0, pending: 0, budget: 60, problem: null });
});

test('a hundred torrents announce at once and never make more connections than the budget allows', async () => {
  configure({ maxConnections: 60 });
  for (let i = 0; i < 100; i++) join(i);
  await open();
  expect(host.commands.length).toBeLessThanOrEqual(10);
  await pass(6_000);
  expect(offersHeard().size).toBe(100);
  expect([...offersHeard().values()].filter((count) => count > 0)).toEqual(Array(30).fill(1));
  expect(swarm.connections()).toMatchObject({ open: 0, pending: 30 });
});

test('connections are made with the servers of the settings', async () => {
  const turn = { url: 'turns:relay.test', username: 'me', credential: 'secret' };
  configure({ stunServers: ['stun:a.test', 'stun:b.test'], turnServers: [turn], relayOnly: true });
  join(1);
  await open();
  expect(host.commands[0]).toMatchObject({
    config: {
      iceServers: [
        { urls: ['stun:a.test', 'stun:b.test'] },
        { urls: ['turns:relay.test'], username: 'me', credential: 'secret' },
      ],
      relayOnly: true,
    },
  });
});

test('a torrent takes as many peers as one may have, and a place that is free again is taken again', async () => {
  configure({ maxConnectionsPerTorrent: 2, stunServers: [] });
  join(1);
  await open();
  expect(host.ids('offer')).toHaveLength(2);
  // Their places go to peers that are there, once nobody has answered for a while.
  expect(await offered(1, '01'.repeat(20))).toBeUndefined();
  await pass(10_000);
  const first = await offered(1, '01'.repeat(20));
  expect(await offered(1, '02'.repeat(20))).toBeDefined();
  expect(await offered(1, '03'.repeat(20))).toBeUndefined();
  await host.say({ kind: 'closed', id: first!, failure: 'checks-failed', reason: '' });
  expect(host.ids('offer')).toHaveLength(3);
});

test('a peer that fails is answered again only after a while, at once when the network is back', async () => {
  configure({});
  join(1);
  await open();
  const fail = async () => {
    const id = await offered(1);
    expect(id).toBeDefined();
    await host.say({ kind: 'closed', id: id!, failure: 'checks-failed', reason: '' });
  };
  await fail();
  expect(await offered(1)).toBeUndefined();
  await pass(1_500);
  await fail();
  await pass(1_500);
  expect(await offered(1)).toBeUndefined();
  swarm.wake();
  await open();
  expect(await offered(1)).toBeDefined();
});

test('with other servers it is tried at once again, by us and by who could not be reached; with the same it is not', async () => {
  configure({ stunServers: ['stun:a.test'] });
  join(1);
  await open();
  FakeWebSocket.newest(TRACKER).say({
    action: 'announce',
    info_hash: hexToBinary(hashOf(1)),
    interval: 600,
    complete: 1,
    incomplete: 1,
  });
  const id = await offered(1);
  await host.say({ kind: 'closed', id: id!, failure: 'checks-failed', reason: '' });
  for (const offer of host.ids('offer')) {
    await host.say({ kind: 'closed', id: offer, failure: 'checks-failed', reason: '' });
  }
  const announces = () =>
    FakeWebSocket.newest(TRACKER).sent.filter(({ action }) => action === 'announce').length;
  await pass(100);
  const before = announces();
  configure({ stunServers: ['stun:a.test'], uploadSlots: 9 });
  await pass(100);
  expect(announces()).toBe(before);
  expect(await offered(1)).toBeUndefined();
  configure({ stunServers: ['stun:b.test'] });
  await pass(100);
  expect(announces()).toBe(before + 1);
  expect(await offered(1)).toBeDefined();
  expect(swarm.connections().problem).toBeNull();
});

test('a pause lets go of who is connecting, and who was there may come back at once', async () => {
  configure({});
  const torrent = join(1);
  await open();
  const id = await offered(1);
  torrent.pause('close');
  await settled();
  expect(host.ids('close')).toContain(id);
  expect(swarm.connections()).toMatchObject({ open: 0, pending: 0 });
  torrent.resume();
  await open();
  await pass(50);
  expect(await offered(1)).toBeDefined();
});

test('when many peers fail and none is reached it says so, until one is', async () => {
  configure({ stunServers: ['stun:a.test'] });
  join(1);
  await open();
  for (let i = 1; i <= 4; i++) {
    const id = await offered(1, `${i}`.padStart(40, '0'));
    await host.say({ kind: 'closed', id: id!, failure: 'checks-failed', reason: '' });
  }
  expect(swarm.connections().problem).toMatch(/4 peers were tried and none could be reached/);
  const id = await offered(1, '05'.repeat(20));
  await host.say({ kind: 'pump-open', id: id! });
  expect(swarm.connections()).toMatchObject({ open: 1, problem: null });
});
