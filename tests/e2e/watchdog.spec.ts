// The engine hangs or dies while it works: another one goes on with everything, in seconds, and says what happened.
import { minuteTorrent } from '../support/clip.ts';
import {
  ENGINE_ENDS,
  engineWorker,
  engineWorkers,
  untilOneEngine,
} from '../support/engine-worker.ts';
import { launchBrowser } from '../support/launch.ts';
import { callApi } from '../support/local-api.ts';
import { pressPlay, untilPast } from '../support/player.ts';
import {
  addByEngine,
  addByHand,
  openRill,
  sha256OfStream,
  untilTorrent,
} from '../support/rill-page.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

const RESTART_MS = 5_000;

const series = () => makeTorrent({ name: 'series.bin', files: 6_000_000, pieceLength: 65_536 });

for (const [how, because] of [
  ['hangs', 'stopped answering'],
  ['ends', 'stopped answering'],
  ['throws', /failed \(.*an invariant is broken\)/],
] as const) {
  test(`an engine that ${how} during a download is followed by another within 5 s`, async ({
    page,
    tracker,
    seeder,
    app,
  }) => {
    const torrent = series();
    await seeder.throttleUpload(1_000_000);
    await seeder.seed(torrent, { trackers: [tracker.url] });
    await openRill(page, app.url);
    await addByEngine(page, torrent.magnet([tracker.url]));
    await untilTorrent(page, torrent.infoHash, (it) => it.progress > 0.1);
    const second = await page.context().newPage();
    await second.goto(app.url);
    await expect(second.getByText('series.bin').first()).toBeVisible();
    await page.bringToFront();

    await ENGINE_ENDS[how](page);
    const endedMs = Date.now();
    const notice = page.getByText(/Nothing that was stored is lost/);
    await expect(notice).toBeVisible({ timeout: RESTART_MS + 2_000 });
    expect(Date.now() - endedMs).toBeLessThan(RESTART_MS);
    await expect(notice).toContainText(because);
    await untilOneEngine(page);

    // Ports are brokered again: the other tab sees it, and the local API answers.
    await expect(second.getByText(/Nothing that was stored is lost/)).toBeVisible();
    expect((await callApi(second, 'GET', 'torrents')).status).toBe(200);
    await seeder.throttleUpload(-1);
    const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
    expect(done.errors).toEqual([]);
  });
}

test('a film that plays while the engine hangs plays on, and the page shows the library all the time', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const clip = minuteTorrent();
  await seeder.throttleUpload(80_000);
  await seeder.seed(clip, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await addByHand(page, clip.magnet([tracker.url]));
  const video = await pressPlay(page);
  await untilPast(video, 1);

  await ENGINE_ENDS.hangs(page);
  await expect(page.getByText(/Nothing that was stored is lost/)).toBeAttached();
  expect(await page.getByText('Rill is starting…').count()).toBe(0);
  await seeder.throttleUpload(-1);
  // Beyond what could have been buffered when it hung.
  await video.evaluate((element: HTMLVideoElement) => (element.currentTime = 40));
  await untilPast(video, 41);
  const done = await untilTorrent(page, clip.infoHash, (it) => it.completedAt !== null);
  expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(clip.content));
  expect(engineWorkers(page)).toHaveLength(1);
});

test('an engine that fails again and again is not started for ever, and the person is told what to do', async ({
  page,
  app,
}) => {
  await openRill(page, app.url);
  for (let restart = 0; restart < 3; restart++) {
    const before = engineWorker(page);
    const another = page.waitForEvent('worker');
    await ENGINE_ENDS.throws(page);
    await another;
    await untilOneEngine(page);
    expect(engineWorker(page)).not.toBe(before);
    await page.evaluate(async () => (await rill).health());
  }
  await ENGINE_ENDS.throws(page);
  await expect(page.getByText(/fourth time within five minutes. Reload the page/)).toBeVisible();
  await expect.poll(() => engineWorkers(page).length).toBe(0);
  const second = await page.context().newPage();
  await second.goto(app.url);
  await expect(second.getByText(/fourth time within five minutes/)).toBeVisible();
  await second.close();

  const loaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Reload' }).click();
  await loaded;
  await page.evaluate(async () => (await rill).health());
  await untilOneEngine(page);
});

test('a tab says that the one it depends on sleeps, starts no second engine, and goes on when it wakes', async ({
  app,
}) => {
  const launched = await launchBrowser({ canHide: true });
  try {
    const { context } = launched;
    const leader = await context.newPage();
    await openRill(leader, app.url);
    const second = await context.newPage();
    await second.clock.install();
    await second.goto(app.url);
    await second.evaluate(async () => (await rill).health());
    const life = await context.newCDPSession(leader);
    await life.send('Page.setWebLifecycleState', { state: 'frozen' });

    const asleep = second.getByText(/The browser may have put it to sleep/);
    // Silence is noticed after 15 s, and asking given six times 5 s.
    await expect(async () => {
      await second.clock.runFor(5_000);
      expect(await asleep.isVisible()).toBe(true);
    }).toPass();
    expect(engineWorkers(second)).toHaveLength(0);

    await life.send('Page.setWebLifecycleState', { state: 'active' });
    await expect(async () => {
      await second.clock.runFor(5_000);
      expect(await asleep.isHidden()).toBe(true);
    }).toPass();
    await second.evaluate(async () => (await rill).health());
    expect(engineWorkers(leader)).toHaveLength(1);
  } finally {
    await launched.close();
  }
});
