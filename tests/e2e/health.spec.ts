// What a person is told of a download that does not go well, and that it goes on by itself when it can.
import type { Page } from '@playwright/test';
import type { TorrentDetail } from '../../workers/contract/snapshot.ts';
import { callApi } from '../support/local-api.ts';
import {
  addByEngine,
  openRill,
  sha256OfStream,
  torrentOf,
  untilTorrent,
} from '../support/rill-page.ts';
import { startStockPeer } from '../support/stock-peer.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { startTracker } from '../support/tracker.ts';
import { expect, test } from '../support/world.ts';

const isOf = (kind: TorrentDetail['health']['kind']) => (it: TorrentDetail) =>
  it.health.kind === kind;

async function evidence(page: Page): Promise<string[]> {
  await page.getByText('Why Rill says so').click();
  const facts = page.getByRole('group').filter({ hasText: 'Why Rill says so' });
  return facts.getByRole('listitem').allTextContents();
}

test('a seeder falls silent, goes away and comes back: stalled, nobody there, and whole in the end', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  // A browser that is gone is missed only when ICE gives its connection up.
  test.setTimeout(120_000);
  const torrent = makeTorrent({ name: 'film.bin', files: 6_000_000, pieceLength: 65_536 });
  const trackers = [tracker.url];
  await seeder.throttleUpload(400_000);
  await seeder.seed(torrent, { trackers });
  await openRill(page, app.url, { healthCheckIntervalS: 10, retryBackoffFactor: 10 });
  await addByEngine(page, torrent.magnet(trackers));
  await untilTorrent(page, torrent.infoHash, (it) => it.progress > 0.02);
  expect((await torrentOf(page, torrent.infoHash)).health).toMatchObject({ kind: 'ok' });
  await page.goto(`${app.url}#/torrent/${torrent.infoHash}`);

  await seeder.throttleUpload(0);
  const stalled = await untilTorrent(
    page,
    torrent.infoHash,
    (it) => isOf('stalled')(it) && it.health.evidence.length === 3,
  );
  expect(stalled.peerCounts.connected).toBe(1);
  expect(Date.parse(stalled.health.since)).toBeGreaterThan(Date.parse(stalled.addedAt));
  await expect(page.getByText('Peers are connected, but none of them sends')).toBeVisible();
  expect(await evidence(page)).toEqual([
    expect.stringMatching(/^Nothing has come for \d+ s$/),
    '1 peer connected, 1 seed among them',
    'Tried: asked the trackers',
  ]);
  expect((await callApi(page, 'GET', 'health')).body).toMatchObject({
    status: 'degraded',
    reasons: [expect.stringMatching(/^film\.bin: Peers are connected/)],
  });

  await seeder.close();
  const alone = await untilTorrent(page, torrent.infoHash, isOf('no-peers'));
  expect(alone.health.evidence).toContainEqual(
    expect.stringMatching(/^Nobody connected for \d+ s/),
  );
  await expect(page.getByText('No peers found yet').first()).toBeVisible();
  await page.getByRole('button', { name: 'Ask the trackers now' }).click();
  await expect(page.getByText('The trackers are asked for peers.')).toBeVisible();

  const back = await startStockPeer();
  try {
    await back.seed(torrent, { trackers });
    const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    expect(done.health).toMatchObject({ kind: 'ok', message: '', evidence: [] });
    expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
  } finally {
    await back.close();
  }
});

test('a tracker that is down is named, and is no trouble any more once it is up', async ({
  page,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'song.bin', files: 300_000 });
  const first = await startTracker();
  const port = Number(new URL(first.url).port);
  await first.close();
  await openRill(page, app.url);
  await addByEngine(page, torrent.magnet([first.url]));
  const lost = await untilTorrent(page, torrent.infoHash, isOf('tracker-unreachable'));
  expect(lost.health.message).toMatch(`Its only tracker, localhost:${port}, cannot be reached`);
  await page.goto(`${app.url}#/torrent/${torrent.infoHash}`);
  await expect(page.getByText('No tracker reachable').first()).toBeVisible();
  expect(await evidence(page)).toContain(`localhost:${port}: no connection comes about`);

  const second = await startTracker({ port });
  try {
    await seeder.seed(torrent, { trackers: [second.url] });
    await page.getByRole('button', { name: 'Ask the trackers now' }).click();
    const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    expect(done.health.kind).toBe('ok');
  } finally {
    await second.close();
  }
});
