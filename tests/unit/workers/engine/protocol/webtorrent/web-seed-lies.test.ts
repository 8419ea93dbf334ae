/** A web seed is blamed like a peer: over HTTP on loopback, into webtorrent's own Torrent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { until } from '../../../../../support/fake-clock.ts';
import { HostileScene } from './hostile-scene.ts';

/** Answers every range with bytes that are all wrong. */
async function lyingWebSeed() {
  const server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    response.writeHead(206).end(Buffer.alloc(Number(to) - Number(from) + 1, 0xee));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ten.bin`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { url, close };
}

test('a web seed that lies is banned by its URL, not asked again, and may come back when the ban is lifted', async () => {
  const { url, close } = await lyingWebSeed();
  const scene = await HostileScene.enter('open');
  scene.torrent.addWebSeedUrl(url);
  await until(() => scene.bans.isBanned(url), 'the ban');
  await until(() => !scene.torrent._peers.has(url), 'the end of its connection');
  expect(scene.bans.list).toMatchObject([{ id: url, kind: 'webseed', address: null }]);
  expect(scene.torrent.bannedCount).toBe(1);
  expect(scene.plan!.have.count).toBe(0);
  scene.torrent.addWebSeedUrl(url);
  expect(scene.torrent._peers.has(url)).toBe(false);
  scene.bans.lift(url);
  scene.torrent.addWebSeedUrl(url);
  expect(scene.torrent._peers.has(url)).toBe(true);
  scene.honest();
  await until(() => scene.isComplete, 'the torrent');
  expect(scene.isContentTrue).toBe(true);
  await scene.leave();
  await close();
});
