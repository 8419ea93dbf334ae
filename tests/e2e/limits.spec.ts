// A limit is what moves, over seconds, measured at both ends and set while it runs (API.md: `downloadBps`, `uploadBps`).
import type { Page } from '@playwright/test';
import { callApi } from '../support/local-api.ts';
import { markOf, rateAt } from '../support/rate-marks.ts';
import { addByEngine, openRill, untilTorrent } from '../support/rill-page.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { startWebSeed } from '../support/web-seed.ts';
import { expect, test } from '../support/world.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

async function setLimits(page: Page, content: object): Promise<void> {
  const changed = await callApi(page, 'PATCH', 'settings', { content });
  expect(changed).toMatchObject({ status: 200, body: content });
}

test('what is downloaded keeps to a limit that is set while it runs, and is free again when it ends', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  test.setTimeout(120_000);
  const torrent = makeTorrent({ name: 'film.bin', files: 32 * MIB, pieceLength: 32 * KIB });
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url, { downloadBps: 64 * KIB });
  await addByEngine(page, torrent.magnet([tracker.url]));
  await markOf(page, torrent.infoHash, 'downloadedBytes', 1);

  await setLimits(page, { downloadBps: MIB });
  const rate = await rateAt(page, torrent.infoHash, 'downloadedBytes', MIB);
  const sent = (await seeder.stats()).uploaded;
  test.info().annotations.push({ type: 'rate', description: `${(rate / MIB).toFixed(3)} MiB/s` });
  expect(Math.abs(rate / MIB - 1)).toBeLessThanOrEqual(0.08);
  // Nothing was received and thrown away to get there.
  const { downloadedBytes } = await untilTorrent(page, torrent.infoHash, () => true);
  expect(sent - downloadedBytes).toBeLessThan(MIB);

  const before = performance.now();
  await setLimits(page, { downloadBps: 0 });
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  // At the limit the rest would take more than 15 s.
  expect(performance.now() - before).toBeLessThan(12_000);
});

test('what is uploaded keeps to a limit, as the one who gets it measures too', async ({
  page,
  tracker,
  startPeer,
  app,
}) => {
  test.setTimeout(120_000);
  const spec = { name: 'gift.bin', files: 14 * MIB, pieceLength: 128 * KIB };
  const torrent = makeTorrent(spec);
  const seed = await startWebSeed(torrent.files, Infinity);
  const { torrentBytes } = makeTorrent({ ...spec, webSeeds: [seed.url], trackers: [tracker.url] });
  await openRill(page, app.url);
  await addByEngine(
    page,
    `data:application/x-bittorrent;base64,${torrentBytes.toString('base64')}`,
  );
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  await seed.close();

  await setLimits(page, { uploadBps: MIB });
  const leecher = await startPeer();
  const download = leecher.download(torrent.torrentBytes, {
    trackers: [tracker.url],
    store: 'memory',
  });
  // When the test fails before it asks for the outcome.
  download.catch(() => {});
  const rate = await rateAt(page, torrent.infoHash, 'uploadedBytes', MIB);
  expect(Math.abs(rate / MIB - 1)).toBeLessThanOrEqual(0.08);
  const got = await download;
  expect(got.files).toEqual([{ path: 'gift.bin', sha256: sha256(torrent.content) }]);
  const theirRate = (torrent.content.length / got.transferMs) * 1000;
  test.info().annotations.push({
    type: 'rate',
    description: `${(rate / MIB).toFixed(3)} MiB/s, theirs ${(theirRate / MIB).toFixed(3)} MiB/s`,
  });
  expect(Math.abs(theirRate / MIB - 1)).toBeLessThanOrEqual(0.08);
});
