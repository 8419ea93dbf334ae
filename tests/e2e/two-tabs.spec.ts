// One engine per origin: every tab is a full view of it, and it moves when its tab goes.
import type { BrowserContext, Page } from '@playwright/test';
import type { TorrentDetail } from '../../workers/contract/snapshot.ts';
import { launchBrowser } from '../support/launch.ts';
import { callApi } from '../support/local-api.ts';
import { newestCheckpoint } from '../support/resume-record.ts';
import { addByEngine, openRill, sha256OfStream, untilTorrent } from '../support/rill-page.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

const TAKEOVER_MS = 3_000;

/** Resolves, in the other tab, when an engine answers there. */
function untilLed(page: Page): Promise<{ readonly leader: boolean }> {
  return page.evaluate(async () => {
    for (;;) {
      const response = await fetch('api/health');
      if (response.ok) return (await response.json()) as { leader: boolean };
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  });
}

/** Over HTTP: the typed client of a tab that follows ends with the tab it followed. */
async function untilComplete(page: Page, infoHash: string): Promise<TorrentDetail> {
  for (;;) {
    const torrent = (await callApi(page, 'GET', `torrents/${infoHash}`)).body as TorrentDetail;
    if (torrent.completedAt !== null) return torrent;
  }
}

test('the second tab sees and commands the same engine, and takes it over within 3 s', async ({
  context,
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'series.bin', files: 12_000_000, pieceLength: 65_536 });
  await seeder.throttleUpload(400_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  // A tab that takes over is no start of the app: it goes on all the same.
  await openRill(page, app.url, { autoResume: false });
  await addByEngine(page, torrent.magnet([tracker.url]));
  await untilTorrent(page, torrent.infoHash, (it) => it.progress > 0.02);

  const second = await context.newPage();
  await second.goto(app.url);
  await expect(second.getByText('series.bin').first()).toBeVisible();
  // A command from the second tab reaches the one engine: the first tab sees it.
  await second.evaluate(async (hash) => (await rill).pause(hash), torrent.infoHash);
  await untilTorrent(page, torrent.infoHash, (it) => it.state === 'paused');
  await second.evaluate(async (hash) => (await rill).resume(hash), torrent.infoHash);
  await untilTorrent(page, torrent.infoHash, (it) => it.state === 'downloading');
  const before = await untilTorrent(page, torrent.infoHash, (it) => it.progress > 0.05);
  await page.evaluate(async () => (await rill).checkpoint());

  const closedMs = Date.now();
  await page.close();
  const health = await untilLed(second);
  const tookMs = Date.now() - closedMs;
  expect(health.leader).toBe(true);
  expect(tookMs).toBeLessThan(TAKEOVER_MS);
  const torrents = await second.evaluate(async () => {
    const response = await fetch('api/torrents');
    return ((await response.json()) as { torrents: { infoHash: string; piecesHave: number }[] })
      .torrents;
  });
  expect(torrents).toHaveLength(1);
  expect(torrents[0]!.piecesHave).toBeGreaterThanOrEqual(before.piecesHave);

  await seeder.throttleUpload(-1);
  await expect(second.getByText('series.bin').first()).toBeVisible();
  await expect
    .poll(
      () =>
        second.evaluate(async () => {
          const response = await fetch('api/torrents');
          return ((await response.json()) as { torrents: { progress: number }[] }).torrents[0]
            ?.progress;
        }),
      { timeout: 30_000 },
    )
    .toBe(1);
});

/** The ways a leading tab ends without a word to its engine or to the other tabs. */
const ENDS = [
  {
    how: 'whose process crashed',
    end: async (page: Page, context: BrowserContext) => {
      const devTools = await context.newCDPSession(page);
      const crashed = page.waitForEvent('crash');
      // Never answered: who should answer is gone.
      devTools.send('Page.crash').catch(() => {});
      await crashed;
    },
  },
  {
    how: 'whose engine hangs and keeps its files open',
    end: async (page: Page) => {
      const engine = page.workers().find((worker) => worker.url().includes('engine.worker'));
      // In a task of its own: Chromium ends no worker while the debugger's own task runs in it.
      await engine!.evaluate(() => {
        setTimeout(() => {
          for (;;);
        }, 0);
      });
      await page.close();
    },
  },
];

for (const { how, end } of ENDS) {
  test(`a tab ${how} is followed within 3 s, and nothing verified is lost`, async ({
    tracker,
    seeder,
    app,
  }) => {
    const torrent = makeTorrent({ name: 'series.bin', files: 12_000_000, pieceLength: 65_536 });
    await seeder.throttleUpload(1_000_000);
    await seeder.seed(torrent, { trackers: [tracker.url] });
    const launched = await launchBrowser();
    try {
      const page = await launched.context.newPage();
      await openRill(page, app.url);
      const second = await launched.context.newPage();
      await second.goto(app.url);
      await addByEngine(page, torrent.magnet([tracker.url]));
      await untilTorrent(page, torrent.infoHash, (it) => it.progress > 0.1);
      await page.evaluate(async () => (await rill).checkpoint());
      const saved = await newestCheckpoint(second, torrent.infoHash);
      expect(saved!.pieces.length).toBeGreaterThan(0);
      const sentBefore = (await seeder.stats()).uploaded;
      // Some more comes that no checkpoint speaks of.
      await untilTorrent(page, torrent.infoHash, (it) => it.piecesHave > saved!.pieces.length);

      await end(page, launched.context);
      const endedMs = Date.now();
      expect((await untilLed(second)).leader).toBe(true);
      expect(Date.now() - endedMs).toBeLessThan(TAKEOVER_MS);

      await seeder.throttleUpload(-1);
      const done = await untilComplete(second, torrent.infoHash);
      expect(await sha256OfStream(second, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
      expect(done.errors).toEqual([]);
      const sent = (await seeder.stats()).uploaded - sentBefore;
      const missing = torrent.content.length - saved!.pieces.length * torrent.pieceLength;
      // What was under way is asked for again; wire overhead is small.
      expect(sent).toBeLessThan(missing * 1.02 + 1_500_000);
    } finally {
      await launched.close();
    }
  });
}
