/** The Swarm port over webtorrent, as far as web seeds and company go; no tracker, no WebRTC peer. */
import { afterEach, expect, test } from 'vitest';
import type { InfoHash } from '../../../../../../workers/contract/ids.ts';
import { Bitfield } from '../../../../../../workers/engine/model/bitfield.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import type { SwarmTorrent } from '../../../../../../workers/engine/model/swarm.ts';
import { WebtorrentSwarm } from '../../../../../../workers/engine/protocol/webtorrent/swarm.ts';
import { readTorrentFile } from '../../../../../../workers/engine/readers/torrent-file.ts';
import { fakeDeps } from '../../../../../support/fake-clock.ts';
import { FakeRtcHost } from '../../../../../support/fake-rtc-host.ts';
import { FakeChunkStore, FakeStorage } from '../../../../../support/fake-storage.ts';
import { makeTorrent } from '../../../../../support/torrents.ts';
import { give, SeedServer, type Answer } from './web-seed-scene.ts';

const made = makeTorrent({ name: 'few.bin', files: 100_000 });
const deps = fakeDeps(0);
const warnings: string[] = [];
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function until(isSo: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 4_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`${what} never came`);
    deps.clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function server(answer?: Answer): Promise<SeedServer> {
  const seed = await SeedServer.start(made, answer);
  ends.push(() => seed.close());
  return seed;
}

async function joined(webSeeds: readonly string[]) {
  const read = await readTorrentFile(made.torrentBytes);
  if (!read.ok) throw new Error(read.error.message);
  const { meta } = read.value;
  const host = new FakeRtcHost();
  const swarm = new WebtorrentSwarm(host.pool, deps);
  const member: SwarmTorrent = swarm.join(
    { infoHash: made.infoHash as InfoHash, trackers: [], webSeeds },
    {
      metadata: () => undefined,
      piece: () => undefined,
      hashFailure: () => undefined,
      storageFailed: (error) => warnings.push(error.message),
      warning: (message) => warnings.push(message),
    },
  );
  const map = new PieceMap(meta.lengthBytes, meta.pieceLength);
  const have = new Bitfield(map.pieceCount);
  const wanted = new Bitfield(map.pieceCount);
  for (let i = 0; i < map.pieceCount; i++) wanted.set(i);
  const store = new FakeChunkStore(meta.infoHash, map, new FakeStorage());
  ends.push(async () => {
    await member.leave();
    host.close();
  });
  const begin = () => {
    member.begin({ meta, map, have, store });
    member.want(wanted);
  };
  return { swarm, member, have, begin };
}

test('a web seed that fails is in the list of peers and no company; one that is added later gives all', async () => {
  const bad = await server(({ response }) => void response.writeHead(404).end());
  const { member, have, begin } = await joined([bad.url]);
  deps.clock.advance(10_000);
  expect(member.stats()).toMatchObject({ peers: 0, aloneMs: 10_000, metadata: null });
  begin();
  await until(() => warnings.length > 0, 'the warning');
  expect(member.peers()).toMatchObject([{ kind: 'webseed', client: bad.host, isChoking: true }]);
  deps.clock.advance(60_000);
  expect(member.stats()).toMatchObject({ peers: 0, seeds: 0 });
  expect(member.stats().aloneMs).toBeGreaterThanOrEqual(60_000);
  const good = await server();
  member.addWebSeeds([bad.url, good.url, good.url]);
  await until(() => have.isFull, 'the torrent');
  expect(member.stats()).toMatchObject({ peers: 1, seeds: 1, aloneMs: 0 });
  expect(member.peers()).toHaveLength(2);
});

test('a web seed that is added before the metadata is known, or while paused, is asked once it can be', async () => {
  const seed = await server();
  const { member, have, begin } = await joined([]);
  member.addWebSeeds([seed.url]);
  member.pause('close');
  begin();
  expect(member.peers()).toEqual([]);
  deps.clock.advance(90_000);
  member.resume();
  expect(member.stats().aloneMs).toBe(0);
  await until(() => have.isFull, 'the torrent');
});

test('when the network is back, what may have been its fault is tried at once', async () => {
  const seed = await server(({ response }) => void response.destroy());
  const { swarm, have, begin } = await joined([seed.url]);
  warnings.length = 0;
  begin();
  await until(() => warnings.length > 0, 'the warning');
  seed.answer = give;
  swarm.wake();
  await until(() => have.isFull, 'the torrent');
});
