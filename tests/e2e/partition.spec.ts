// The network goes away and comes back: that is shown, and within ten seconds of its return bytes move again.
import type { Page } from '@playwright/test';
import { startNetworkBox, type NetworkBox } from '../support/network-box.ts';
import {
  addByEngine,
  openRill,
  sha256OfStream,
  torrentOf,
  untilTorrent,
} from '../support/rill-page.ts';
import type { StockPeer } from '../support/stock-peer.ts';
import { makeTorrent, sha256, type MadeTorrent } from '../support/torrents.ts';
import { expect, test as base } from '../support/world.ts';

/* oxlint-disable no-empty-pattern -- Playwright reads a fixture's needs from its first parameter, which must be a pattern. */
const test = base.extend<{ readonly box: NetworkBox }>({
  box: async ({}, use) => {
    const box = await startNetworkBox();
    await use(box);
    await box.close();
  },
});

/** Starts a download that takes half a minute, all of it through the box. */
async function downloading(
  page: Page,
  { box, seeder, appUrl }: { box: NetworkBox; seeder: StockPeer; appUrl: string },
): Promise<MadeTorrent> {
  const torrent = makeTorrent({ name: 'film.bin', files: 10_000_000, pieceLength: 65_536 });
  await seeder.throttleUpload(300_000);
  await seeder.seed(torrent, { trackers: [box.tracker.url] });
  await openRill(page, appUrl);
  await addByEngine(page, torrent.magnet([box.trackerUrl]));
  await untilTorrent(page, torrent.infoHash, (it) => it.progress > 0.04);
  expect(box.packets).toBeGreaterThan(400);
  return torrent;
}

async function untilOffline(page: Page, infoHash: string): Promise<void> {
  const offline = await untilTorrent(page, infoHash, (it) => it.health.kind === 'offline');
  expect(offline.health.message).toMatch(/network is away/);
  expect(offline).toMatchObject({ state: 'downloading', downloadBps: 0 });
  const row = page.getByRole('listitem').filter({ hasText: 'film.bin' });
  await expect(row.getByText('Offline')).toBeVisible();
}

/** How long after the call more has been downloaded, in milliseconds, measured in the page. */
async function untilMore(page: Page, infoHash: string): Promise<number> {
  const before = await torrentOf(page, infoHash);
  const since = Date.now();
  await untilTorrent(page, infoHash, (it) => it.downloadedBytes > before.downloadedBytes);
  const tookMs = Date.now() - since;
  test.info().annotations.push({ type: 'back', description: `${tookMs} ms` });
  return tookMs;
}

async function expectWhole(page: Page, seeder: StockPeer, torrent: MadeTorrent): Promise<void> {
  await seeder.throttleUpload(-1);
  const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  expect(done.health.kind).toBe('ok');
  expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
}

test('a network that the browser says is away, and that comes back before anybody has given up', async ({
  page,
  context,
  box,
  seeder,
  app,
}) => {
  test.setTimeout(120_000);
  const torrent = await downloading(page, { box, seeder, appUrl: app.url });
  box.cut();
  await context.setOffline(true);
  await untilOffline(page, torrent.infoHash);
  // It is the browser's word: nobody has given up the connection.
  expect((await torrentOf(page, torrent.infoHash)).peerCounts.connected).toBe(1);
  const { packets } = box;

  box.restore();
  await context.setOffline(false);
  const tookMs = await untilMore(page, torrent.infoHash);
  expect(tookMs).toBeLessThan(10_000);
  expect(box.packets).toBeGreaterThan(packets);
  await expectWhole(page, seeder, torrent);
});

test('a network that is away for long, without a word of the browser', async ({
  page,
  box,
  seeder,
  app,
}) => {
  test.setTimeout(240_000);
  const torrent = await downloading(page, { box, seeder, appUrl: app.url });
  box.cut();
  // ICE gives the connection up first, then the tracker is found to be silent.
  await untilOffline(page, torrent.infoHash);
  expect((await torrentOf(page, torrent.infoHash)).peerCounts.connected).toBe(0);
  // The other end has given up too.
  await expect.poll(async () => (await seeder.stats()).numPeers, { timeout: 60_000 }).toBe(0);

  box.restore();
  const tookMs = await untilMore(page, torrent.infoHash);
  expect(tookMs).toBeLessThan(10_000);
  await expectWhole(page, seeder, torrent);
});
