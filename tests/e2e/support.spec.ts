// The test tools themselves: if these fail, look here before blaming Rill.
import { expect, test } from '@playwright/test';
import { launchBrowser, makeProfile } from '../support/launch.ts';
import { startStockPeer } from '../support/stock-peer.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { startTracker } from '../support/tracker.ts';

test('two stock peers find each other at the tracker and pass 2 MB on', async () => {
  const tracker = await startTracker();
  const [seeder, leecher] = await Promise.all([startStockPeer(), startStockPeer()]);
  try {
    const torrent = makeTorrent({
      name: 'two files',
      files: [
        { path: 'a.bin', content: 1_500_000 },
        { path: 'folder/b.bin', content: 500_000 },
      ],
    });
    await seeder.seed(torrent, { trackers: [tracker.url] });
    expect(tracker.peers(torrent.infoHash).seeders).toBe(1);
    const got = await leecher.download(torrent.magnet([]), { trackers: [tracker.url] });
    expect(got.files).toEqual(
      torrent.files.map(({ path, bytes }) => ({
        path: `two files/${path}`,
        sha256: sha256(bytes),
      })),
    );
    expect((await seeder.stats()).uploaded).toBeGreaterThanOrEqual(2_000_000);
  } finally {
    await Promise.all([seeder.close(), leecher.close(), tracker.close()]);
  }
});

test('a killed browser leaves a profile that the next one goes on with', async () => {
  const profile = await makeProfile();
  const first = await launchBrowser({ profile });
  const page = await first.context.newPage();
  await page.goto('chrome://version');
  await first.kill();
  expect(() => process.kill(first.pid, 0)).toThrow();
  const second = await launchBrowser({ profile });
  await (await second.context.newPage()).goto('chrome://version');
  await second.close();
  await profile.remove();
});
