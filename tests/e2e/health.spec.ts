// What a person is told of a download that does not go well, and that it goes on by itself when it can.
import type { Page } from '@playwright/test';
import type { TorrentDetail } from '../../workers/contract/snapshot.ts';
import { callApi, kindsOfEvents } from '../support/local-api.ts';
import { announceNativeSeed } from '../support/native-peer.ts';
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

test('a seeder falls silent, goes away and comes back: stalled, nobody there, and whole in the end; others lack seeds or are out of reach', async ({
  page,
  tracker,
  app,
  browser,
}) => {
  const torrent = makeTorrent({ name: 'film.bin', files: 6_000_000, pieceLength: 65_536 });
  const part = makeTorrent({ name: 'part.bin', files: 160_000, pieceLength: 16_384 });
  const native = makeTorrent({ name: 'native.bin', files: 160_000, seed: 2 });
  const trackers = [tracker.url];
  const seeder = await startStockPeer({ browser, uploadBps: 400_000 });
  await seeder.seed(part, { trackers, lacks: [3, 7] });
  await seeder.seed(torrent, { trackers });
  await announceNativeSeed(tracker.url, native.infoHash);
  await openRill(page, app.url, { healthCheckIntervalS: 5, retryBackoffFactor: 10 });
  for (const one of [torrent, part, native]) await addByEngine(page, one.magnet(trackers));
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
    reasons: expect.arrayContaining([expect.stringMatching(/^film\.bin: Peers are connected/)]),
  });
  expect(await kindsOfEvents(page)).toContain('torrent:stalled');

  // What came of it came: two of its pieces nobody has.
  const lacking = await untilTorrent(page, part.infoHash, isOf('no-seeds'));
  expect(lacking.health.evidence).toEqual(
    expect.arrayContaining([
      '1 peer connected, 0 seeds among them',
      '2 missing pieces with nobody who is connected',
    ]),
  );
  await page.goto(`${app.url}#/torrent/${part.infoHash}`);
  await expect(page.getByText('Nobody has all of it').first()).toBeVisible();

  const outOfReach = await untilTorrent(page, native.infoHash, isOf('only-native-peers'));
  expect(outOfReach.health.message).toMatch(/knows of 1 seed, but no connection has come about/);
  await page.goto(`${app.url}#/torrent/${native.infoHash}`);
  await expect(page.getByText('Peers out of a browser’s reach').first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Ask the trackers now' })).toBeVisible();

  await seeder.close();
  await page.goto(`${app.url}#/torrent/${torrent.infoHash}`);
  const alone = await untilTorrent(page, torrent.infoHash, isOf('no-peers'));
  expect(alone.health.evidence).toContainEqual(
    expect.stringMatching(/^Nobody connected for \d+ s/),
  );
  await expect(page.getByText('No peers found yet').first()).toBeVisible();
  await page.getByRole('button', { name: 'Ask the trackers now' }).click();
  await expect(page.getByText('The trackers are asked for peers.')).toBeVisible();

  const back = await startStockPeer({ browser });
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
    // Trackers are looked at every five seconds.
    await expect.poll(() => kindsOfEvents(page), { timeout: 10_000 }).toContain('tracker:state');
  } finally {
    await second.close();
  }
});
