// `pause` means that no payload byte moves in either direction any more (issue: "Service worker", API.md).
import type { Page } from '@playwright/test';
import { startTracker, type TestTracker } from '../support/tracker.ts';
import {
  addByEngine,
  openRill,
  sha256OfStream,
  torrentOf,
  untilTorrent,
} from '../support/rill-page.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { startWebSeed } from '../support/web-seed.ts';
import { expect, test } from '../support/world.ts';

/** Resolves when the engine's own clock, in its snapshots, has gone on by two whole seconds. */
async function watchForTwoSeconds(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const engine = await rill;
    const startS = (await engine.health()).uptimeS;
    // The difference of two whole numbers of seconds: 3 means that at least two have passed.
    while ((await engine.health()).uptimeS < startS + 3)
      await new Promise((resolve) => requestAnimationFrame(resolve));
  });
}

async function pause(page: Page, infoHash: string): Promise<void> {
  await page.evaluate(async (hash) => {
    const paused = await (await rill).pause(hash);
    if (!paused.ok) throw new Error(paused.error.message);
  }, infoHash);
}

async function resume(page: Page, infoHash: string): Promise<void> {
  await page.evaluate(async (hash) => {
    const resumed = await (await rill).resume(hash);
    if (!resumed.ok) throw new Error(resumed.error.message);
  }, infoHash);
}

const addFile = (page: Page, bytes: Buffer) =>
  addByEngine(page, `data:application/x-bittorrent;base64,${bytes.toString('base64')}`);

/** How often Rill, and nobody else in this torrent, has said goodbye. */
const goodbyes = (tracker: TestTracker, infoHash: string) =>
  tracker.announces.filter((it) => it.event === 'stop' && it.infoHash === infoHash).length;

/** Resolves with what `read` gives once it gives the same for three seconds: what was under way has come. */
async function untilStill(read: () => Promise<number>): Promise<number> {
  let before = -1;
  let still = 0;
  await expect
    .poll(
      async () => {
        const now = await read();
        still = now === before ? still + 1 : 0;
        before = now;
        return still;
      },
      { intervals: [500], timeout: 30_000 },
    )
    .toBe(6);
  return before;
}

test('pausing a download stops every byte and keeps the peer, and resuming it needs no tracker', async ({
  page,
  seeder,
  app,
}) => {
  const tracker = await startTracker();
  const torrent = makeTorrent({ name: 'film.bin', files: 6_000_000, pieceLength: 32_768 });
  await seeder.throttleUpload(1_000_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await addByEngine(page, torrent.magnet([tracker.url]));
  const { peers } = await untilTorrent(page, torrent.infoHash, (it) => it.progress > 0.1);

  await pause(page, torrent.infoHash);
  await expect.poll(() => goodbyes(tracker, torrent.infoHash)).toBe(1);
  expect(tracker.peers(torrent.infoHash)).toEqual({ seeders: 1, leechers: 0 });
  await tracker.close();
  const sentBefore = await untilStill(async () => (await seeder.stats()).uploaded);
  const before = await torrentOf(page, torrent.infoHash);
  expect(before).toMatchObject({ state: 'paused', trackers: [], peerCounts: { connected: 1 } });
  expect(before.peers).toMatchObject([
    { id: peers[0]!.id, amInterested: false, amChoking: true, requestsInFlight: 0 },
  ]);
  expect(before.progress).toBeLessThan(1);
  await watchForTwoSeconds(page);
  const after = await torrentOf(page, torrent.infoHash);
  expect(after).toMatchObject({ downloadBps: 0, uploadBps: 0 });
  expect(after.downloadedBytes).toBe(before.downloadedBytes);
  expect(after.peers[0]!.downloadedBytes).toBe(before.peers[0]!.downloadedBytes);
  expect((await seeder.stats()).uploaded).toBe(sentBefore);

  await seeder.throttleUpload(-1);
  await resume(page, torrent.infoHash);
  const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
  // The same peer, over the same connection.
  expect(done.peers.map(({ id }) => id)).toEqual(peers.map(({ id }) => id));
  expect(done.peers[0]!.downloadedBytes).toBeGreaterThan(torrent.content.length * 0.9);
  // What was verified before the pause was kept.
  const sent = (await seeder.stats()).uploaded;
  expect(sent).toBeLessThan(torrent.content.length * 1.1 + 500_000);
});

test('pausing a seed stops what it gives, and resuming it completes the other’s download', async ({
  page,
  tracker,
  startPeer,
  app,
}) => {
  test.setTimeout(120_000);
  const spec = { name: 'gift.bin', files: 24_000_000, pieceLength: 131_072 };
  const torrent = makeTorrent(spec);
  const seed = await startWebSeed(torrent.files, Infinity);
  const { torrentBytes } = makeTorrent({ ...spec, trackers: [tracker.url], webSeeds: [seed.url] });
  await openRill(page, app.url);
  await addFile(page, torrentBytes);
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  // Rill is the only one who has it from here on.
  await seed.close();
  await expect.poll(() => tracker.peers(torrent.infoHash)).toEqual({ seeders: 1, leechers: 0 });

  const leecher = await startPeer();
  const download = leecher.download(torrent.torrentBytes, {
    trackers: [tracker.url],
    store: 'memory',
  });
  // When the test fails before it asks for the outcome.
  download.catch(() => {});
  await untilTorrent(page, torrent.infoHash, (it) => it.uploadedBytes > 1_000_000);
  await pause(page, torrent.infoHash);
  const gotBefore = await untilStill(async () => (await leecher.stats()).downloaded);
  const before = await torrentOf(page, torrent.infoHash);
  expect(gotBefore).toBeLessThan(torrent.content.length);
  await watchForTwoSeconds(page);
  const after = await torrentOf(page, torrent.infoHash);
  expect(after).toMatchObject({ state: 'paused', uploadBps: 0, peers: [{ amChoking: true }] });
  expect(after.uploadedBytes).toBe(before.uploadedBytes);
  expect(await leecher.stats()).toMatchObject({ downloaded: gotBefore, numPeers: 1 });

  await resume(page, torrent.infoHash);
  const got = await download;
  expect(got.files).toEqual([{ path: 'gift.bin', sha256: sha256(torrent.content) }]);
  const { uploadedBytes } = await torrentOf(page, torrent.infoHash);
  expect(uploadedBytes).toBeGreaterThanOrEqual(torrent.content.length);
});

test('pausing hangs up on a web seed in the middle of its answer', async ({ page, app }) => {
  // Each piece is one request of eight seconds: an answer is always under way.
  const spec = { name: 'web.bin', files: 1_048_576, pieceLength: 131_072 };
  const seed = await startWebSeed(makeTorrent(spec).files, 16_384);
  const torrent = makeTorrent({ ...spec, webSeeds: [seed.url] });
  try {
    await openRill(page, app.url);
    await addFile(page, torrent.torrentBytes);
    await expect.poll(() => seed.sentBytes).toBeGreaterThan(4_096);
    expect(seed.openRequests).toBeGreaterThan(0);

    await pause(page, torrent.infoHash);
    await expect.poll(() => seed.openRequests, { timeout: 3_000 }).toBe(0);
    const before = await torrentOf(page, torrent.infoHash);
    const sentBefore = seed.sentBytes;
    await watchForTwoSeconds(page);
    expect(seed.sentBytes).toBe(sentBefore);
    expect((await torrentOf(page, torrent.infoHash)).downloadedBytes).toBe(before.downloadedBytes);
    expect(before.progress).toBeLessThan(1);

    await resume(page, torrent.infoHash);
    await expect.poll(() => seed.sentBytes).toBeGreaterThan(sentBefore);
  } finally {
    await seed.close();
  }
});
