// Which trackers are asked and when, and what they say of the swarm, as a person sees it.
import { makeShutDoor, startBabblingTracker } from '../support/bad-tracker.ts';
import {
  addByEngine,
  openRill,
  sha256OfStream,
  torrentOf,
  untilTorrent,
} from '../support/rill-page.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { startTracker } from '../support/tracker.ts';
import { expect, test } from '../support/world.ts';

test('with tiers one after the other, a dead first tier leads to the second, and the third is left alone', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const dead = await makeShutDoor(tracker.url);
  const third = await startTracker();
  const trackers = [dead.url, tracker.url, third.url];
  const spec = { name: 'tiers.bin', files: 500_000 };
  const torrent = makeTorrent(spec);
  try {
    await seeder.seed(torrent, { trackers: [tracker.url] });
    await openRill(page, app.url, { announceToAllTiers: false });
    const file = makeTorrent({ ...spec, trackers }).torrentBytes.toString('base64');
    await addByEngine(page, `data:application/x-bittorrent;base64,${file}`);
    const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
    const now = await torrentOf(page, torrent.infoHash);
    expect(now.trackers.map(({ tier, state }) => [tier, state])).toEqual([
      [0, 'unreachable'],
      [1, 'working'],
      [2, 'waiting'],
    ]);
    expect(third.announces).toEqual([]);
  } finally {
    await Promise.all([dead.close(), third.close()]);
  }
});

test('when the network is back, an unreachable tracker is asked at once and not when its turn comes', async ({
  page,
  context,
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'woken.bin', files: 300_000 });
  const door = await makeShutDoor(tracker.url);
  try {
    await seeder.seed(torrent, { trackers: [tracker.url] });
    await openRill(page, app.url);
    await addByEngine(page, torrent.magnet([door.url]));
    // After 2 and 4 s it is tried again in 8 to 12: late enough to see that nobody waited for that.
    const { trackers } = await untilTorrent(page, torrent.infoHash, (it) => {
      const nextAtMs = Date.parse(it.trackers[0]?.nextAnnounceAt ?? '');
      return it.trackers[0]?.state === 'unreachable' && nextAtMs > Date.now() + 7_000;
    });
    const nextAtMs = Date.parse(trackers[0]!.nextAnnounceAt!);
    await context.setOffline(true);
    await page.waitForFunction(() => !navigator.onLine);
    await door.open();
    await context.setOffline(false);
    await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    expect(Date.now()).toBeLessThan(nextAtMs);
  } finally {
    await door.close();
  }
});

test('a tracker that gives no counts with its answers is scraped, and what it says is shown', async ({
  page,
  app,
}) => {
  const torrent = makeTorrent({ name: 'scraped.bin', files: 100_000 });
  const infoHash = Buffer.from(torrent.infoHash, 'hex').toString('latin1');
  const counts = { complete: 7, incomplete: 3 };
  const scraped = await startBabblingTracker([
    JSON.stringify({ action: 'announce', info_hash: infoHash, interval: 60 }),
    JSON.stringify({ action: 'scrape', files: { [infoHash]: counts } }),
  ]);
  try {
    await openRill(page, app.url);
    await addByEngine(page, torrent.magnet([scraped.url]));
    const { trackers } = await untilTorrent(
      page,
      torrent.infoHash,
      (it) => it.trackers[0]?.seeds !== null,
    );
    expect(trackers).toEqual([
      expect.objectContaining({ state: 'working', seeds: 7, leechers: 3, lastError: null }),
    ]);
    await page.goto(`${app.url}#/torrent/${torrent.infoHash}`);
    await page.getByRole('heading', { name: 'Trackers' }).click();
    await expect(page.getByText('7 seeds')).toBeVisible();
  } finally {
    await scraped.close();
  }
});
