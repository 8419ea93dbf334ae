// A page that the browser freezes, and a machine that sleeps: nothing is corrupted, and the transfer goes on by itself.
import { stopCheckpointClock } from '../support/checkpoint-clock.ts';
import { launchBrowser } from '../support/launch.ts';
import { newestCheckpoint } from '../support/resume-record.ts';
import { addByEngine, openRill, sha256OfStream, untilTorrent } from '../support/rill-page.ts';
import type { StockPeer } from '../support/stock-peer.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

/** Nothing was given for so many looks, half a second apart: the other side stands still, and not for a hiccup. */
const STILL_LOOKS = 6;

/** Resolves when the seeder has given nothing for three seconds. */
async function untilStill(seeder: StockPeer): Promise<void> {
  let before = -1;
  let still = 0;
  await expect
    .poll(
      async () => {
        const { uploaded } = await seeder.stats();
        still = uploaded === before ? still + 1 : 0;
        before = uploaded;
        return still;
      },
      { intervals: [500], timeout: 30_000 },
    )
    .toBe(STILL_LOOKS);
}

const film = () => makeTorrent({ name: 'film.bin', files: 24_000_000, pieceLength: 65_536 });

test('a page frozen in the middle of a download goes on where it was', async ({
  tracker,
  seeder,
  app,
}) => {
  const torrent = film();
  await seeder.throttleUpload(2_000_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const launched = await launchBrowser({ canHide: true });
  try {
    const page = await launched.context.newPage();
    await openRill(page, app.url);
    await addByEngine(page, torrent.magnet([tracker.url]));
    await untilTorrent(page, torrent.infoHash, (it) => it.progress > 0.1);
    const life = await launched.context.newCDPSession(page);
    // A tab behind another one is what the browser freezes.
    await launched.context.newPage();
    await life.send('Page.setWebLifecycleState', { state: 'frozen' });
    await untilStill(seeder);
    expect((await seeder.stats()).uploaded).toBeLessThan(torrent.content.length);
    await life.send('Page.setWebLifecycleState', { state: 'active' });
    await page.bringToFront();

    await seeder.throttleUpload(-1);
    const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
    expect(done.errors).toEqual([]);
  } finally {
    await launched.close();
  }
});

test('a machine that slept in the middle of a download goes on where it was', async ({
  tracker,
  seeder,
  app,
}) => {
  const torrent = film();
  await seeder.throttleUpload(2_000_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const launched = await launchBrowser();
  try {
    const page = await launched.context.newPage();
    await openRill(page, app.url);
    await addByEngine(page, torrent.magnet([tracker.url]));
    await untilTorrent(page, torrent.infoHash, (it) => it.progress > 0.1);
    // Every process of the browser stands still, as on a laptop whose lid is closed.
    process.kill(-launched.pid, 'SIGSTOP');
    try {
      await untilStill(seeder);
    } finally {
      process.kill(-launched.pid, 'SIGCONT');
    }

    await seeder.throttleUpload(-1);
    const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
    expect(done.errors).toEqual([]);
  } finally {
    await launched.close();
  }
});

test('what is verified is written down when a page is hidden, frozen or left', async ({
  tracker,
  seeder,
  app,
}) => {
  const torrent = film();
  await seeder.throttleUpload(500_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const launched = await launchBrowser({ canHide: true });
  try {
    const { context } = launched;
    await stopCheckpointClock(context);
    const page = await context.newPage();
    await openRill(page, app.url);
    await addByEngine(page, torrent.magnet([tracker.url]));
    // A page of the same origin that has nothing to do with the engine.
    const onlooker = await context.newPage();
    await onlooker.goto(`${app.url}manifest.webmanifest`);
    const saved = () => newestCheckpoint(onlooker, torrent.infoHash);
    /** Waits for some pieces no checkpoint speaks of, lets the page live through `event`, and waits for their checkpoint. */
    const isSavedBy = async (event: () => Promise<unknown>) => {
      // A page that was frozen in front stays hidden until it comes to the front again.
      await onlooker.bringToFront();
      await page.bringToFront();
      const before = await saved();
      const have = (before?.pieces.length ?? 0) + 5;
      await untilTorrent(page, torrent.infoHash, (it) => it.piecesHave >= have);
      await event();
      await expect.poll(async () => (await saved())?.pieces.length).toBeGreaterThanOrEqual(have);
      expect((await saved())!.generation).toBeGreaterThan(before?.generation ?? 0);
    };

    await test.step('hidden', () => isSavedBy(() => onlooker.bringToFront()));
    await test.step('frozen', () =>
      isSavedBy(async () => {
        const life = await context.newCDPSession(page);
        await life.send('Page.setWebLifecycleState', { state: 'frozen' });
        await life.send('Page.setWebLifecycleState', { state: 'active' });
      }));
    // The engine ends with the tab it runs in, as in a crash; any other tab that goes has it written down.
    const other = await context.newPage();
    await openRill(other, app.url);
    await test.step('left', () => isSavedBy(() => other.close()));
  } finally {
    await launched.close();
  }
});
