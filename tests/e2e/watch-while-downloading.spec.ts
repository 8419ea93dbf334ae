// The main job: paste a magnet, confirm, watch before it is complete, and have every byte right afterwards.
import { farIndexTorrent, minuteTorrent } from '../support/clip.ts';
import { pressPlay, untilPast } from '../support/player.ts';
import {
  addByHand,
  openRill,
  sha256OfStream,
  torrentOf,
  untilTorrent,
} from '../support/rill-page.ts';
import { sha256 } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

test('a pasted magnet plays before it is complete, and then every byte equals the source', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = minuteTorrent();
  // Slow enough that the last piece comes long after the picture moves, fast enough to play on.
  await seeder.throttleUpload(80_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await addByHand(page, torrent.magnet([tracker.url]));
  const video = await pressPlay(page);
  await untilPast(video, 0.5);
  expect((await torrentOf(page, torrent.infoHash)).progress).toBeLessThan(1);
  expect(await video.evaluate((element: HTMLVideoElement) => element.videoWidth)).toBe(480);

  await seeder.throttleUpload(-1);
  const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  expect(done.state).toBe('seeding');
  expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
});

test('seeking into a hole plays from there without waiting for what lies between, and of a pause the player tells', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = minuteTorrent();
  await seeder.throttleUpload(80_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await addByHand(page, torrent.magnet([tracker.url]));
  const video = await pressPlay(page);
  await untilPast(video, 0);
  const targetS = await video.evaluate((element: HTMLVideoElement) => {
    element.currentTime = element.duration * 0.75;
    return element.currentTime;
  });
  await untilPast(video, targetS + 0.3);
  expect((await torrentOf(page, torrent.infoHash)).progress).toBeLessThan(1);

  // What is paused does not come: the player says so, and has it go on.
  await page.evaluate(async (hash) => void (await (await rill).pause(hash)), torrent.infoHash);
  const holeS = await video.evaluate((element: HTMLVideoElement) => {
    element.currentTime = element.duration * 0.4;
    return element.currentTime;
  });
  await expect(page.getByText('It is paused, and what comes next is not here yet.')).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await untilPast(video, holeS + 0.3);
});

test('a film whose index is at its far end plays while the middle of it is missing', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = farIndexTorrent();
  await seeder.throttleUpload(300_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await addByHand(page, torrent.magnet([tracker.url]));
  await untilPast(await pressPlay(page), 0.5);
  expect((await torrentOf(page, torrent.infoHash)).progress).toBeLessThan(0.5);
});
