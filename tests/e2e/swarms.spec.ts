// Real swarms: Rill in one browser and stock webtorrent in another, each peer with a storage of its own, over real channels.
import type { Page } from '@playwright/test';
import type { PeerSnapshot } from '../../workers/contract/snapshot.ts';
import {
  addByEngine,
  openRill,
  sha256OfStream,
  torrentOf,
  untilTorrent,
} from '../support/rill-page.ts';
import type { StockPeer } from '../support/stock-peer.ts';
import { makeTorrent, sha256, type MadeTorrent } from '../support/torrents.ts';
import { startTracker } from '../support/tracker.ts';
import { startWebSeed } from '../support/web-seed.ts';
import { expect, test as base } from '../support/world.ts';

/** Stock peers beside the seeder. */
const test = base.extend<{ readonly stock: (count: number) => Promise<StockPeer[]> }>({
  stock: async ({ startPeer }, use) => {
    await use((count) => Promise.all(Array.from({ length: count }, startPeer)));
  },
});

async function command(page: Page, name: 'start' | 'pause' | 'resume', infoHash: string) {
  await page.evaluate(
    async ([verb, hash]) => {
      const done = await (await rill)[verb](hash);
      if (!done.ok) throw new Error(done.error.message);
    },
    [name, infoHash] as const,
  );
}

/** Every file as the service worker gives it is as it was made. */
async function expectWhole(page: Page, torrent: MadeTorrent): Promise<void> {
  const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
}

const whole = (torrent: MadeTorrent) => [{ path: torrent.name, sha256: sha256(torrent.content) }];

test('of three seeds one sends wrong bytes: the download completes, every byte right, and the liar is banned', async ({
  page,
  tracker,
  seeder,
  stock,
  app,
}) => {
  const torrent = makeTorrent({ name: 'poisoned.bin', files: 6_000_000, pieceLength: 131_072 });
  const [honest, liar] = await stock(2);
  const everyPiece = Array.from({ length: torrent.pieceCount }, (_, index) => index);
  const trackers = [tracker.url];
  await Promise.all([seeder, honest!, liar!].map((peer) => peer.throttleUpload(1_000_000)));
  await Promise.all([
    seeder.seed(torrent, { trackers }),
    honest!.seed(torrent, { trackers }),
    liar!.seed(torrent, { trackers, corrupt: everyPiece }),
  ]);
  await openRill(page, app.url);
  // Held: all three are connected before the first block is asked for.
  await page.evaluate(async (text) => {
    await (await rill).add({ kind: 'text', text }, { hold: true });
  }, torrent.magnet(trackers));
  await untilTorrent(page, torrent.infoHash, (it) => it.peerCounts.seeds === 3);
  await command(page, 'start', torrent.infoHash);
  await expectWhole(page, torrent);

  const done = await torrentOf(page, torrent.infoHash);
  expect(done.peerCounts).toMatchObject({ banned: 1, connected: 2 });
  expect(done.wastedBytes).toBeGreaterThan(0);
  // Both honest ones gave of it: nobody was banned for another's lie.
  for (const peer of [seeder, honest!]) {
    expect((await peer.stats()).uploaded).toBeGreaterThan(torrent.pieceLength);
  }
  // Who was banned is listed with why, and a person may think better of it.
  await page.goto(`${app.url}#/torrent/${torrent.infoHash}`);
  await page.locator('summary').filter({ hasText: 'Banned' }).click();
  await expect(page.getByText('It gave wrong data three times.')).toBeVisible();
  await page.getByRole('button', { name: /^Lift the ban of / }).click();
  await expect(page.getByText('It gave wrong data three times.')).toBeHidden();
  expect((await torrentOf(page, torrent.infoHash)).peerCounts.banned).toBe(0);
});

test('in a line of seed, Rill and Rill the far end gets everything through the middle, while that still downloads', async ({
  page,
  browser,
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'line.bin', files: 3_000_000, pieceLength: 32_768 });
  const farTracker = await startTracker();
  const farContext = await browser.newContext();
  try {
    await seeder.throttleUpload(600_000);
    await seeder.seed(torrent, { trackers: [tracker.url] });
    await openRill(page, app.url);
    await addByEngine(page, torrent.magnet([tracker.url, farTracker.url]));
    await untilTorrent(page, torrent.infoHash, (it) => it.piecesHave > 3);

    const far = await farContext.newPage();
    await openRill(far, app.url);
    await addByEngine(far, torrent.magnet([farTracker.url]));
    const first = await untilTorrent(far, torrent.infoHash, (it) => it.piecesHave > 0);
    const middle = await torrentOf(page, torrent.infoHash);
    expect(middle.progress).toBeLessThan(1);
    expect(first.peerCounts.seeds).toBe(0);
    await Promise.all([expectWhole(page, torrent), expectWhole(far, torrent)]);
    // The far end never knew anybody but the middle, and the seed nobody else either.
    expect((await torrentOf(far, torrent.infoHash)).peers).toHaveLength(1);
    const { numPeers, uploaded } = await seeder.stats();
    expect(numPeers).toBe(1);
    expect(uploaded).toBeLessThan(torrent.content.length * 1.1);
    expect((await torrentOf(page, torrent.infoHash)).uploadedBytes).toBeGreaterThanOrEqual(
      torrent.content.length,
    );
  } finally {
    await farContext.close();
    await farTracker.close();
  }
});

/** Interested peers that Rill lets ask, and those it makes wait. */
const served = (peers: readonly PeerSnapshot[]) =>
  peers.filter(({ isInterested, amChoking }) => isInterested && !amChoking).length;
const waiting = (peers: readonly PeerSnapshot[]) =>
  peers.filter(({ isInterested, amChoking }) => isInterested && amChoking).length;

test('Rill with two slots seeds to five stock peers: never to more than three at once, and all finish', async ({
  page,
  tracker,
  stock,
  app,
}) => {
  const spec = { name: 'slots.bin', files: 8_000_000, pieceLength: 131_072 };
  const torrent = makeTorrent(spec);
  const webSeed = await startWebSeed(torrent.files, Infinity);
  const trackers = [tracker.url];
  const { torrentBytes } = makeTorrent({ ...spec, trackers, webSeeds: [webSeed.url] });
  await openRill(page, app.url, { uploadSlots: 2 });
  const link = `data:application/x-bittorrent;base64,${torrentBytes.toString('base64')}`;
  await addByEngine(page, link);
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  await webSeed.close();

  // Paused until all five are there, so that they come to it at once.
  await command(page, 'pause', torrent.infoHash);
  const leechers = await stock(5);
  const downloads = leechers.map((leecher) =>
    leecher.download(torrent.torrentBytes, { trackers, store: 'memory' }),
  );
  // When the test fails before it asks for the outcome.
  for (const download of downloads) download.catch(() => {});
  await expect.poll(() => tracker.peers(torrent.infoHash).leechers).toBe(5);

  await command(page, 'resume', torrent.infoHash);
  let isOver = false;
  const outcome = Promise.all(downloads).finally(() => (isOver = true));
  outcome.catch(() => {});
  let most = 0;
  let mostWaiting = 0;
  await untilTorrent(page, torrent.infoHash, ({ peers }) => {
    most = Math.max(most, served(peers));
    mostWaiting = Math.max(mostWaiting, waiting(peers));
    return isOver;
  });
  const got = await outcome;
  expect(got.map(({ files }) => files)).toEqual(leechers.map(() => whole(torrent)));
  expect(most).toBe(3);
  expect(mostWaiting).toBeGreaterThan(0);
});

test('Rill as a super-seed: three stock peers finish, and most of what they have is from each other', async ({
  page,
  tracker,
  stock,
  app,
}) => {
  const spec = { name: 'shared.bin', files: 2_000_000, pieceLength: 65_536 };
  const torrent = makeTorrent(spec);
  const trackers = [tracker.url];
  const webSeed = await startWebSeed(torrent.files, Infinity);
  const { torrentBytes } = makeTorrent({ ...spec, trackers, webSeeds: [webSeed.url] });
  await openRill(page, app.url);
  const link = `data:application/x-bittorrent;base64,${torrentBytes.toString('base64')}`;
  await addByEngine(page, link);
  await page.evaluate(async (hash) => {
    const changed = await (await rill).change(hash, { superSeeding: true });
    if (!changed.ok) throw new Error(changed.error.message);
  }, torrent.infoHash);
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  await webSeed.close();

  const leechers = await stock(3);
  const got = await Promise.all(
    leechers.map((leecher) =>
      leecher.download(torrent.torrentBytes, { trackers, store: 'memory' }),
    ),
  );
  expect(got.map(({ files }) => files)).toEqual(leechers.map(() => whole(torrent)));
  const { uploadedBytes } = await torrentOf(page, torrent.infoHash);
  expect(uploadedBytes).toBeGreaterThanOrEqual(torrent.content.length);
  expect(uploadedBytes).toBeLessThan(torrent.content.length * 2);
});

test('a tracker dies and comes back: peers stay, Rill announces again by itself, and somebody new can join', async ({
  page,
  seeder,
  stock,
  app,
}) => {
  const torrent = makeTorrent({ name: 'reborn.bin', files: 3_000_000, pieceLength: 32_768 });
  const first = await startTracker();
  const trackers = [first.url];
  const newcomer = stock(1);
  await seeder.throttleUpload(500_000);
  await seeder.seed(torrent, { trackers });
  await openRill(page, app.url);
  await addByEngine(page, torrent.magnet(trackers));
  await untilTorrent(page, torrent.infoHash, (it) => it.piecesHave > 3);

  await first.close();
  const isLost = ({ trackers: [tracker] }: { trackers: readonly { state: string }[] }) =>
    tracker?.state === 'unreachable';
  const without = await untilTorrent(page, torrent.infoHash, isLost);
  expect(without.peerCounts.connected).toBe(1);
  await untilTorrent(page, torrent.infoHash, (it) => it.piecesHave > without.piecesHave + 3);

  const second = await startTracker({ port: Number(new URL(first.url).port) });
  try {
    // The stock seeder comes back after minutes: whoever announces now is Rill.
    const working = await untilTorrent(page, torrent.infoHash, (it) => !isLost(it));
    expect(working.peerCounts.connected).toBe(1);
    await expect
      .poll(() => second.announces.some(({ infoHash }) => infoHash === torrent.infoHash))
      .toBe(true);
    const [peer] = await newcomer;
    const got = await peer!.download(torrent.torrentBytes, { trackers, store: 'memory' });
    expect(got.files).toEqual(whole(torrent));
    await expectWhole(page, torrent);
  } finally {
    await second.close();
  }
});
