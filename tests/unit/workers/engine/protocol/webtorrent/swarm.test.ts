/** Swarms on a network that is cut and comes back: real wires, a tracker and a clock in this process. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { toInfoHash } from '../../../../../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS } from '../../../../../../workers/contract/settings.ts';
import { Bitfield } from '../../../../../../workers/engine/model/bitfield.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import type { SwarmEvents, SwarmTorrent } from '../../../../../../workers/engine/model/swarm.ts';
import { REST_MS } from '../../../../../../workers/engine/protocol/webtorrent/transfer-pause.ts';
import { WebtorrentSwarm } from '../../../../../../workers/engine/protocol/webtorrent/swarm.ts';
import { readInfo } from '../../../../../../workers/engine/readers/torrent-info.ts';
import { FakeClock, settled } from '../../../../../support/fake-clock.ts';
import { FakeChunkStore, FakeStorage } from '../../../../../support/fake-storage.ts';
import { seededRandom } from '../../../../../support/seeded-random.ts';
import { SmallNetwork } from '../../../../../support/small-network.ts';
import { makeTorrent } from '../../../../../support/torrents.ts';

const TRACKER = 'wss://tracker.test/';
const RATE = 64 * 1024;
const made = makeTorrent({ name: 'large.bin', files: 400 * 65_536, pieceLength: 65_536 });

const EVENTS: SwarmEvents = {
  metadata: () => undefined,
  piece: () => undefined,
  hashFailure: () => undefined,
  storageFailed: (error) => expect.fail(error.message),
  warning: (message) => expect.fail(message),
};

let clock: FakeClock;
let network: SmallNetwork;
beforeEach(() => {
  clock = new FakeClock();
  network = new SmallNetwork(clock, RATE);
  vi.stubGlobal('WebSocket', network.socketClass());
});
const members: SwarmTorrent[] = [];
afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.leave()));
  network.end();
  vi.unstubAllGlobals();
});

class Peer {
  readonly swarm: WebtorrentSwarm;
  member!: SwarmTorrent;
  #spec = { infoHash: toInfoHash(made.infoHash)!, trackers: [[TRACKER]], webSeeds: [] };

  constructor(
    readonly name: string,
    seed: number,
  ) {
    const deps = { clock, random: seededRandom(seed), log: () => undefined };
    this.swarm = new WebtorrentSwarm(network.host(name).pool, deps);
  }

  async join(isSeed: boolean): Promise<void> {
    this.member = this.swarm.join(this.#spec, EVENTS);
    members.push(this.member);
    const read = await readInfo(made.infoBytes);
    if (!read.ok) throw new Error(read.error.message);
    const map = new PieceMap(made.content.length, made.pieceLength);
    const [have, wanted] = [new Bitfield(map.pieceCount), new Bitfield(map.pieceCount)];
    const store = new TorrentStore(read.value.infoHash, map, new FakeStorage());
    for (let i = 0; i < map.pieceCount; i++) {
      wanted.set(i);
      if (!isSeed) continue;
      have.set(i);
      await store.write(i, made.content.slice(i * 65_536, (i + 1) * 65_536));
    }
    this.member.begin({ meta: read.value, map, have, store });
    this.member.want(wanted);
  }

  get stats() {
    return this.member.stats();
  }
}

class TorrentStore extends FakeChunkStore {
  override write(index: number, bytes: Uint8Array): Promise<void> {
    return super.write(index, bytes.slice());
  }
}

/** Time goes by in seconds; resolves early, and to true, once `isSo`. */
async function pass(seconds: number, isSo: () => boolean = () => false): Promise<boolean> {
  for (let second = 0; second < seconds; second++) {
    if (isSo()) return true;
    clock.advance(1_000);
    for (let turn = 0; turn < 3; turn++) {
      network.tick();
      await settled();
    }
  }
  return isSo();
}

async function downloading(): Promise<{ seed: Peer; leech: Peer }> {
  const seed = new Peer('seed', 1);
  await seed.join(true);
  await pass(1);
  const leech = new Peer('leech', 2);
  await leech.join(false);
  expect(await pass(60, () => leech.stats.downloadedBytes > 3 * RATE)).toBe(true);
  return { seed, leech };
}

/** Whether new payload comes within so many seconds. */
function gets(peer: Peer, seconds: number): Promise<boolean> {
  const before = peer.stats.downloadedBytes;
  return pass(seconds, () => peer.stats.downloadedBytes > before);
}

test('the browser says that the network is away: that is shown, no tracker is tried, and it goes on within 10 s', async () => {
  const { leech, seed } = await downloading();
  network.cut();
  leech.swarm.setOnline(false);
  seed.swarm.setOnline(false);
  await pass(30);
  expect([leech.stats.isCutOff, leech.stats.downloadBps]).toEqual([true, 0]);
  network.iceFails();
  await pass(60);
  const { attempts } = network;
  await pass(600);
  expect(network.attempts).toBe(attempts);
  expect(leech.stats).toMatchObject({ isCutOff: true, peers: 0, snubbed: 0 });

  network.restore({ channels: false, sockets: false });
  leech.swarm.setOnline(true);
  seed.swarm.setOnline(true);
  expect(await gets(leech, 10)).toBe(true);
  expect(leech.stats).toMatchObject({ isCutOff: false, wastedBytes: 0 });
});

test('connections that died unnoticed are found out and replaced within 10 s', async () => {
  const { leech, seed } = await downloading();
  const { linked } = network;
  network.cut();
  leech.swarm.setOnline(false);
  await pass(15);
  network.restore({ channels: false, sockets: true });
  leech.swarm.setOnline(true);
  expect(await gets(leech, 10)).toBe(true);
  expect(network.linked).toBeGreaterThan(linked);
  expect([leech.stats.peers, seed.stats.peers]).toEqual([1, 1]);
});

test('connections that outlived the cut go on, and are not replaced', async () => {
  const { leech } = await downloading();
  const [before] = leech.member.peers();
  network.cut();
  leech.swarm.setOnline(false);
  await pass(15);
  network.restore({ channels: true, sockets: true });
  leech.swarm.setOnline(true);
  expect(await gets(leech, 5)).toBe(true);
  await pass(30);
  // What one connection brought, not the torrent.
  const [after] = leech.member.peers();
  expect(after!.downloadedBytes - before!.downloadedBytes).toBeGreaterThan(20 * RATE);
  expect(leech.stats.peers).toBe(1);
});

test.each([40, 61, 95, 200, 400, 560])(
  'without a word of the browser a cut of %i s is noticed, shown, and over within 10 s of the network',
  async (cutS) => {
    const { leech } = await downloading();
    network.cut();
    await pass(30);
    network.iceFails();
    await pass(cutS - 30);
    expect(leech.stats.isCutOff).toBe(true);
    network.restore({ channels: false, sockets: false });
    expect(await gets(leech, 10)).toBe(true);
    expect(leech.stats.isCutOff).toBe(false);
  },
);

test('a tracker that is gone for good is called every few seconds for ten minutes, and seldom then', async () => {
  await downloading();
  network.cut();
  await pass(30);
  network.iceFails();
  await pass(700);
  const { attempts } = network;
  await pass(3_600);
  // Two peers, five minutes or more each time.
  expect(network.attempts - attempts).toBeLessThanOrEqual(2 * 14);
});

test('a peer is not held to be silent for a time without network', async () => {
  const { leech } = await downloading();
  network.cut();
  leech.swarm.setOnline(false);
  await pass(300);
  expect(leech.stats).toMatchObject({ snubbed: 0, peers: 1 });
});

test('a pause keeps the connection, and resuming needs no tracker', async () => {
  const { leech, seed } = await downloading();
  const { linked } = network;
  leech.member.pause('keep');
  await pass(10);
  const { downloadedBytes } = leech.stats;
  const { uploadedBytes } = seed.stats;
  await pass(300);
  expect([leech.stats.downloadedBytes, seed.stats.uploadedBytes]).toEqual([
    downloadedBytes,
    uploadedBytes,
  ]);
  expect(leech.stats).toMatchObject({ peers: 1, isCutOff: false });
  const noTracker = vi.fn(function () {
    throw new Error('there is no tracker');
  });
  vi.stubGlobal('WebSocket', noTracker);
  leech.member.resume();
  expect(await gets(leech, 3)).toBe(true);
  expect(network.linked).toBe(linked);
});

test('the peers of a pause that lasts are let go of, and found again when it is over', async () => {
  const { leech, seed } = await downloading();
  leech.member.pause('keep');
  await pass(REST_MS / 1_000);
  expect([leech.stats.peers, seed.stats.peers]).toEqual([0, 0]);
  leech.member.resume();
  expect(await gets(leech, 10)).toBe(true);
});

test('begun anew with all connections closed, it goes on within 10 s', async () => {
  const { leech } = await downloading();
  const { linked } = network;
  leech.member.pause('close');
  leech.member.resume();
  expect(leech.stats.peers).toBe(0);
  expect(await gets(leech, 10)).toBe(true);
  expect(network.linked).toBeGreaterThan(linked);
  expect(leech.stats).toMatchObject({ isCutOff: false, missingPieces: 0 });
});

test('the peers of a pause make way when another torrent needs the connection', async () => {
  const { leech } = await downloading();
  leech.member.pause('keep');
  await pass(10);
  expect(leech.stats.peers).toBe(1);
  leech.swarm.configure({ ...DEFAULT_SETTINGS, maxConnections: 1 });
  const infoHash = toInfoHash('ab'.repeat(20))!;
  members.push(leech.swarm.join({ infoHash, trackers: [[TRACKER]], webSeeds: [] }, EVENTS));
  await pass(2);
  expect(leech.stats.peers).toBe(0);
});
