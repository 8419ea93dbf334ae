// What was moved is counted, drawn, and kept (API.md: `GET /api/statistics`).
import type { Page } from '@playwright/test';
import * as v from 'valibot';
import { callApi } from '../support/local-api.ts';
import { addByEngine, openRill, torrentOf, untilTorrent } from '../support/rill-page.ts';
import { statisticsSchema } from '../support/statistics-schema.ts';
import { makeTorrent } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

/** The statistics as `/api/statistics` has them, exactly in the shape of API.md. */
async function statisticsOf(page: Page) {
  const { status, body } = await callApi(page, 'GET', 'statistics');
  expect(status).toBe(200);
  const parsed = v.safeParse(statisticsSchema, body);
  expect(parsed.issues?.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`)).toBeUndefined();
  return parsed.output as v.InferOutput<typeof statisticsSchema>;
}

const row = (page: Page, name: string) => page.getByRole('row', { name }).getByRole('cell');

/** The graph of so long, when it shows that something came. */
const graphOf = (page: Page, span: string) =>
  page.getByRole('img', {
    name: new RegExp(`^In the last ${span}: .+ down on average, (?!0 kB/s).+ at most;`),
  });

/** As when a person leaves the tab: all that is counted is written down. */
async function reload(page: Page): Promise<void> {
  await page.evaluate(async () => (await rill).checkpoint());
  await page.reload();
  await expect(page.getByRole('table')).toBeVisible();
}

test('what a download moved is counted and drawn, and stays when the session and the torrent are gone', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'film.bin', files: 3_000_000, pieceLength: 65_536 });
  const scripts: string[] = [];
  page.on('request', (request) => scripts.push(request.url()));
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  expect(await statisticsOf(page)).toMatchObject({
    session: { downloadedBytes: 0, verifiedBytes: 0, ratio: 0 },
    lifetime: { downloadedBytes: 0, verifiedBytes: 0, ratio: 0 },
  });
  await addByEngine(page, torrent.magnet([tracker.url]));
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);

  const { session, lifetime } = await statisticsOf(page);
  expect(session).toMatchObject({
    verifiedBytes: 3_000_000,
    downloadedBytes: 3_000_000 + session.wastedBytes,
    hashFailures: 0,
    bannedPeers: 0,
  });
  // The seeder counts a little beside the payload, which is less than a block.
  const sentBytes = (await seeder.stats()).uploaded;
  expect(sentBytes - session.downloadedBytes).toBeGreaterThanOrEqual(0);
  expect(sentBytes - session.downloadedBytes).toBeLessThan(16_384);
  expect(lifetime).toEqual(session);
  expect((await torrentOf(page, torrent.infoHash)).statistics.lifetime).toMatchObject({
    verifiedBytes: 3_000_000,
    downloadedBytes: session.downloadedBytes,
  });

  // The graph, and what draws it, come when a person asks.
  expect(scripts.filter((url) => url.includes('Statistics'))).toEqual([]);
  await page.getByRole('link', { name: 'Statistics' }).click();
  await expect(row(page, 'Downloaded')).toHaveText(['3 MB', '3 MB']);
  await expect(graphOf(page, '5 minutes').locator('canvas')).toBeVisible();
  expect(scripts.filter((url) => url.includes('Statistics'))).not.toEqual([]);
  await page.getByRole('radio', { name: '24 hours' }).check();
  await expect(graphOf(page, '24 hours')).toBeVisible();

  await reload(page);
  await expect(row(page, 'Downloaded')).toHaveText(['0 bytes', '3 MB']);
  const removed = await callApi(page, 'DELETE', `torrents/${torrent.infoHash}`);
  expect(removed.status).toBe(204);
  await expect(row(page, 'Downloaded')).toHaveText(['0 bytes', '3 MB']);
  await reload(page);
  await expect(row(page, 'Downloaded')).toHaveText(['0 bytes', '3 MB']);
  // The day is drawn over restarts.
  await page.getByRole('radio', { name: '24 hours' }).check();
  await expect(graphOf(page, '24 hours')).toBeVisible();
});
