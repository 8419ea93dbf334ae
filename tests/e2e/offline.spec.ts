// What is finished plays with the network off and no engine running, from the address the installed app opens.
import { addByEngine, openRill, untilTorrent } from '../support/rill-page.ts';
import { sampleTorrent } from '../support/clip.ts';
import { untilPast } from '../support/player.ts';
import { expect, test } from '../support/world.ts';

test('a finished video plays and seeks offline while no engine runs', async ({
  context,
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = sampleTorrent();
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await addByEngine(page, torrent.magnet([tracker.url]));
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  await page.evaluate(async () => (await rill).checkpoint());
  await page.close();

  app.stop();
  await context.setOffline(true);
  const offline = await context.newPage();
  // Somebody else holds the engine's lock: this page shows and plays, but no engine can start.
  await offline.addInitScript(() => {
    navigator.locks.request = () => new Promise<never>(() => undefined);
  });
  await offline.goto(`${app.url}#/play/${torrent.infoHash}/0`);
  const video = offline.locator('video');
  await untilPast(video, 0.3);
  await video.evaluate((element: HTMLVideoElement) => {
    element.currentTime = 8;
  });
  await untilPast(video, 8.2);
  const { held } = await offline.evaluate(() => navigator.locks.query());
  expect(held?.filter(({ name }) => name === 'rill-engine')).toEqual([]);
  const health = await offline.evaluate(async () => (await fetch('api/health')).status);
  expect(health).toBe(503);
});
