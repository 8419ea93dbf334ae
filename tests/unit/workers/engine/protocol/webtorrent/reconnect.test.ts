/** Two swarms that find each other by a tracker, lose each other, and find each other again. */
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { toInfoHash } from '../../../../../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS } from '../../../../../../workers/contract/settings.ts';
import { Bitfield } from '../../../../../../workers/engine/model/bitfield.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import type { DownloadPlan, SwarmTorrent } from '../../../../../../workers/engine/model/swarm.ts';
import { WebtorrentSwarm } from '../../../../../../workers/engine/protocol/webtorrent/swarm.ts';
import { readTorrentFile } from '../../../../../../workers/engine/readers/torrent-file.ts';
import { FakeClock, settled, until } from '../../../../../support/fake-clock.ts';
import { FakeChunkStore, FakeStorage } from '../../../../../support/fake-storage.ts';
import { LocalNetwork, socketsOf, type LinkedPage } from '../../../../../support/linked-pages.ts';
import { seededRandom } from '../../../../../support/seeded-random.ts';
import { makeTorrent } from '../../../../../support/torrents.ts';

const made = makeTorrent({ files: 40 * 16_384 });
const NO_EVENTS = {
  metadata: () => undefined,
  piece: () => undefined,
  hashFailure: () => undefined,
  storageFailed: () => undefined,
  warning: () => undefined,
};

interface Party {
  readonly page: LinkedPage;
  readonly swarm: WebtorrentSwarm;
  readonly torrent: SwarmTorrent;
  readonly plan: DownloadPlan;
}

let clock: FakeClock;
let network: LocalNetwork;
let parties: Party[];
beforeEach(() => {
  clock = new FakeClock();
  network = new LocalNetwork();
  parties = [];
  vi.stubGlobal('WebSocket', socketsOf(network));
});
afterEach(async () => {
  await Promise.all(parties.map(({ torrent }) => torrent.leave()));
  for (const { page } of parties) page.close();
  vi.unstubAllGlobals();
});

async function party(isSeed: boolean, seed: number): Promise<Party> {
  const deps = { clock, random: seededRandom(seed), log: () => undefined };
  const page = network.page();
  const swarm = new WebtorrentSwarm(page.pool, deps);
  swarm.configure({ ...DEFAULT_SETTINGS, stunServers: [] });
  const spec = {
    infoHash: toInfoHash(made.infoHash)!,
    trackers: [['wss://tracker.test/']],
    webSeeds: [],
  };
  const torrent = swarm.join(spec, NO_EVENTS);
  const plan = await planOf(isSeed);
  torrent.begin(plan);
  const wanted = new Bitfield(plan.map.pieceCount);
  for (let i = 0; i < wanted.length; i++) wanted.set(i);
  torrent.want(wanted);
  const one = { page, swarm, torrent, plan };
  parties.push(one);
  return one;
}

async function planOf(isSeed: boolean): Promise<DownloadPlan> {
  const read = await readTorrentFile(made.torrentBytes);
  if (!read.ok) throw new Error(read.error.message);
  const { meta } = read.value;
  const map = new PieceMap(meta.lengthBytes, meta.pieceLength);
  const have = new Bitfield(map.pieceCount);
  const store = new (class extends FakeChunkStore {
    override write(index: number, bytes: Uint8Array): Promise<void> {
      return super.write(index, bytes.slice());
    }
  })(meta.infoHash, map, new FakeStorage());
  for (let i = 0; isSeed && i < map.pieceCount; i++) {
    await store.write(i, made.content.subarray(i * map.pieceLength, (i + 1) * map.pieceLength));
    have.set(i);
  }
  return { meta, map, have, store };
}

/** Seconds on the clock until it is so; `Infinity` when it is not within a minute. */
async function secondsUntil(isSo: () => boolean): Promise<number> {
  for (let ms = 0; ms <= 60_000; ms += 100) {
    await settled();
    await settled();
    if (isSo()) return ms / 1000;
    clock.advance(100);
  }
  return Infinity;
}

const peersOf = ({ torrent }: Party) => torrent.stats().peers;
const areConnected = () => parties.every((one) => peersOf(one) === 1);

describe('two that announce at the same moment', () => {
  it.each(Array.from({ length: 10 }, (_, seed) => seed))(
    'find each other (seed %i)',
    async (seed) => {
      const seeder = await party(true, 2 * seed);
      const leecher = await party(false, 2 * seed + 1);
      // Each gets the other's offer before either has an answer.
      expect(await secondsUntil(areConnected)).toBeLessThan(3);
      // Hashing takes its own time, whatever the clock says.
      await until(() => leecher.plan.have.isFull, 'the last piece');
      expect(await secondsUntil(() => !areConnected())).toBe(Infinity);
      for (const { swarm } of [seeder, leecher])
        expect(swarm.connections()).toMatchObject({ open: 1 });
    },
  );
});

test('a peer says where it is', async () => {
  await party(true, 1);
  const leecher = await party(false, 2);
  await secondsUntil(areConnected);
  expect(leecher.torrent.peers()[0]!.address).toMatch(/^192\.0\.2\.1:1\d{3}$/);
});

describe('after the network was cut they have each other back within 10 s', () => {
  /** Connected, and the tracker has heard from both: the seed is a while ahead. */
  async function connected(): Promise<void> {
    await party(true, 1);
    await secondsUntil(() => network.sockets.length === 1);
    await party(false, 2);
    expect(await secondsUntil(areConnected)).toBeLessThan(3);
  }

  it('when both know that the connection is lost', async () => {
    await connected();
    network.cut();
    await secondsUntil(() => false);
    network.notice('lost');
    expect(await secondsUntil(() => parties.every((one) => peersOf(one) === 0))).toBeLessThan(1);
    network.restore();
    for (const { swarm } of parties) swarm.wake();
    expect(await secondsUntil(areConnected)).toBeLessThan(10);
  });

  it('when it came again and again', async () => {
    await connected();
    for (let times = 0; times < 6; times++) {
      network.cut();
      network.notice('lost');
      await secondsUntil(() => parties.every((one) => peersOf(one) === 0));
      network.restore();
      for (const { swarm } of parties) swarm.wake();
      expect(await secondsUntil(areConnected)).toBeLessThan(10);
    }
  });

  it('when one of them only knows that the other does not answer', async () => {
    await connected();
    const [seeder, leecher] = parties as [Party, Party];
    network.cut();
    network.notice('disconnected');
    network.notice('lost', [leecher.page]);
    await secondsUntil(() => peersOf(leecher) === 0);
    expect(peersOf(seeder)).toBe(1);
    network.restore();
    for (const { swarm } of parties) swarm.wake();
    expect(await secondsUntil(areConnected)).toBeLessThan(10);
    expect(seeder.swarm.connections()).toMatchObject({ open: 1 });
  });
});
