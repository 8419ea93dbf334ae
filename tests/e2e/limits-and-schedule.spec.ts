// What keeps transfers within bounds: slow by hand, the end of seeding, a metered connection, a device that is too busy.
import { engineWorker } from '../support/engine-worker.ts';
import { markOf, rateAt } from '../support/rate-marks.ts';
import { addByEngine, openRill, torrentOf, untilTorrent } from '../support/rill-page.ts';
import { makeTorrent } from '../support/torrents.ts';
import { startWebSeed } from '../support/web-seed.ts';
import { expect, test } from '../support/world.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

test('“Slow” in the status bar holds the slow rates, and “Usual speed” ends it', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  test.setTimeout(60_000);
  const torrent = makeTorrent({ name: 'film.bin', files: 16 * MIB, pieceLength: 32 * KIB });
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url, {
    alternativeRates: { downloadBps: 512 * KIB, uploadBps: 64 * KIB, schedule: [] },
  });
  const speed = page.getByLabel('Speed', { exact: true });
  await speed.selectOption('Slow');
  await expect(page.getByText('↓ 524 kB/s')).toBeVisible();
  await addByEngine(page, torrent.magnet([tracker.url]));
  await markOf(page, torrent.infoHash, 'downloadedBytes', 1);
  const rate = await rateAt(page, torrent.infoHash, 'downloadedBytes', 512 * KIB, 5);
  test.info().annotations.push({ type: 'rate', description: `${(rate / KIB).toFixed(0)} KiB/s` });
  expect(Math.abs(rate / (512 * KIB) - 1)).toBeLessThanOrEqual(0.1);

  await speed.selectOption('Usual speed');
  await expect(page.getByText('↓ 524 kB/s')).toBeHidden();
  const before = performance.now();
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  // At the slow rate the rest would take more than 20 s.
  expect(performance.now() - before).toBeLessThan(12_000);
});

test('a seed ratio that is reached ends the upload to a peer in the middle of it, and resuming completes it', async ({
  page,
  tracker,
  startPeer,
  app,
}) => {
  test.setTimeout(120_000);
  const spec = { name: 'gift.bin', files: 8 * MIB, pieceLength: 128 * KIB };
  const seed = await startWebSeed(makeTorrent(spec).files, Infinity);
  const torrent = makeTorrent({ ...spec, webSeeds: [seed.url], trackers: [tracker.url] });
  await openRill(page, app.url, { seedRatio: 0.25, uploadBps: MIB });
  const base64 = torrent.torrentBytes.toString('base64');
  await addByEngine(page, `data:application/x-bittorrent;base64,${base64}`);
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  // Rill is the only one who has it from here on.
  await seed.close();

  const leecher = await startPeer();
  const theirs = makeTorrent({ ...spec, trackers: [tracker.url] });
  const download = leecher.download(theirs.torrentBytes, {
    trackers: [tracker.url],
    store: 'memory',
  });
  // When the test fails before it asks for the outcome.
  download.catch(() => {});
  const ended = await untilTorrent(page, torrent.infoHash, (it) => it.state === 'complete');
  expect(ended.ratio).toBeGreaterThanOrEqual(0.25);
  await expect(page.getByText('Complete, has given enough').first()).toBeVisible();
  await expect.poll(async () => (await leecher.stats()).numPeers).toBe(0);
  const { downloaded } = await leecher.stats();
  expect(downloaded).toBeLessThan(torrent.content.length / 2);
  expect((await torrentOf(page, torrent.infoHash)).uploadedBytes).toBe(ended.uploadedBytes);

  await page.getByRole('link', { name: /gift\.bin/ }).click();
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await page.evaluate(async () => (await rill).changeSettings({ uploadBps: 0 }));
  await download;
  expect(await torrentOf(page, torrent.infoHash)).toMatchObject({ state: 'seeding' });
});

test('on a metered connection nothing is transferred, and it goes on by itself on another', async ({
  page,
  app,
}) => {
  await page.addInitScript(() => {
    const connection = Object.assign(new EventTarget(), { type: 'cellular' });
    Object.defineProperty(navigator, 'connection', { value: connection });
  });
  const spec = { name: 'web.bin', files: 2 * MIB, pieceLength: 128 * KIB };
  const seed = await startWebSeed(makeTorrent(spec).files, Infinity);
  const torrent = makeTorrent({ ...spec, webSeeds: [seed.url] });
  try {
    await openRill(page, app.url);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Pause on metered connections').click();
    await expect(page.getByText('Saved.')).toBeVisible();
    await page.getByRole('button', { name: 'Close settings' }).click();
    const base64 = torrent.torrentBytes.toString('base64');
    const infoHash = await addByEngine(page, `data:application/x-bittorrent;base64,${base64}`);
    await expect(page.getByText('Waiting: metered connection')).toBeVisible();
    await expect(page.getByRole('status', { name: 'Transfers' })).toHaveText(
      'Metered connection: transfers wait for another one',
    );
    expect(await torrentOf(page, infoHash)).toMatchObject({ state: 'queued', downloadedBytes: 0 });
    expect(seed.sentBytes).toBe(0);

    await page.evaluate(() => {
      const { connection } = navigator as unknown as { connection: EventTarget };
      Object.assign(connection, { type: 'wifi' }).dispatchEvent(new Event('change'));
    });
    await untilTorrent(page, infoHash, (it) => it.completedAt !== null);
    await expect(page.getByRole('status', { name: 'Transfers' })).toBeEmpty();
  } finally {
    await seed.close();
  }
});

test('when the device is too busy for Rill less is done at once, and the status bar and the log say so', async ({
  page,
  app,
}) => {
  await openRill(page, app.url);
  const transfers = page.getByRole('status', { name: 'Transfers' });
  await expect(transfers).toBeEmpty();
  // Something else takes nearly all of the engine's time.
  await engineWorker(page).evaluate(() => {
    setInterval(() => {
      const untilMs = performance.now() + 700;
      while (performance.now() < untilMs);
    }, 750);
  });
  await expect(transfers).toHaveText(/Slowed down: this device is busy, Rill waits \d+ ms/, {
    timeout: 15_000,
  });
  const told = await page.evaluate(async () => {
    const log = await (await rill).events(0, 2_000);
    return log.ok && log.value.events.find(({ kind }) => kind === 'session:adjusted');
  });
  expect(told).toMatchObject({
    message: expect.stringContaining('this device is busy'),
    data: { reason: 'busy', maxConnections: 36, maxInFlightPieces: 12, maxActiveDownloads: 2 },
  });
});
