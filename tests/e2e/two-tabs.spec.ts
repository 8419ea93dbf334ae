// One engine per origin: every tab is a full view of it, and it moves when its tab goes.
import { addByEngine, openRill, untilTorrent } from '../support/rill-page.ts';
import { makeTorrent } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

const TAKEOVER_MS = 3_000;

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
  await openRill(page, app.url);
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
  const health = await second.evaluate(async () => {
    for (;;) {
      const response = await fetch('api/health');
      if (response.ok) return (await response.json()) as { leader: boolean };
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  });
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
