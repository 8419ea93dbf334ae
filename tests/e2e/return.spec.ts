// A page that goes in the middle of things and comes back: a new version, a visit elsewhere, a start that was cut short.
import type { BrowserContext, Page } from '@playwright/test';
import { engineWorkers } from '../support/engine-worker.ts';
import { checkForUpdate, deployNewVersion, expect, test } from '../support/new-version.ts';
import {
  addByEngine,
  openRill,
  sha256OfStream,
  torrentOf,
  untilTorrent,
} from '../support/rill-page.ts';
import type { StockPeer } from '../support/stock-peer.ts';
import { addFile } from '../support/torrent-commands.ts';
import { makeTorrent, sha256, type MadeTorrent } from '../support/torrents.ts';

const film = () => makeTorrent({ name: 'film.bin', files: 8_000_000, pieceLength: 65_536 });

/** Downloads a part of the torrent slowly; resolves with how many pieces are there. */
async function downloadPart(page: Page, appUrl: string, torrent: MadeTorrent, trackerUrl: string) {
  await openRill(page, appUrl);
  await addByEngine(page, torrent.magnet([trackerUrl]));
  return (await untilTorrent(page, torrent.infoHash, (it) => it.progress > 0.1)).piecesHave;
}

/** What was there is there, one engine goes on with it, and all of it is right in the end. */
async function expectToGoOn(page: Page, torrent: MadeTorrent, pieces: number, seeder: StockPeer) {
  const back = await untilTorrent(page, torrent.infoHash, (it) => it.state === 'downloading');
  expect(back.piecesHave).toBeGreaterThanOrEqual(pieces);
  expect(engineWorkers(page)).toHaveLength(1);
  await seeder.throttleUpload(-1);
  const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
  expect(done.errors).toEqual([]);
}

test('a new version that takes over during a download goes on with it', async ({
  page,
  tracker,
  seeder,
  app,
  root,
}) => {
  const torrent = film();
  await seeder.throttleUpload(1_000_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const pieces = await downloadPart(page, app.url, torrent, tracker.url);
  await deployNewVersion(root);
  await checkForUpdate(page);
  const reloaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Reload' }).click();
  await reloaded;
  expect(await page.locator('meta[name=test-build]').getAttribute('content')).toBe('second');
  await expectToGoOn(page, torrent, pieces, seeder);
});

test('a page left for another and come back to goes on with its download', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = film();
  await seeder.throttleUpload(1_000_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const pieces = await downloadPart(page, app.url, torrent, tracker.url);
  await page.goto('about:blank');
  await page.goBack();
  await expectToGoOn(page, torrent, pieces, seeder);
});

/** The library as far as a start must bring it back. */
const listed = (page: Page) =>
  page.evaluate(async () =>
    (await (await rill).torrents()).map(({ infoHash, state, piecesHave, errors }) => ({
      infoHash,
      state,
      piecesHave,
      errors: errors.length,
    })),
  );

/** Counts what the engine says to its page, so that a test can close the page at one of its steps. */
async function countReplies(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const Original = Worker;
    Object.assign(globalThis, {
      replies: 0,
      Worker: class extends Original {
        constructor(...given: ConstructorParameters<typeof Worker>) {
          super(...given);
          this.addEventListener(
            'message',
            () => (globalThis as unknown as { replies: number }).replies++,
          );
        }
      },
    });
  });
}

const untilReplies = (page: Page, count: number) =>
  page.waitForFunction(
    (wanted) => (globalThis as unknown as { replies: number }).replies >= wanted,
    count,
  );

test('a start that is cut short anywhere loses nothing', async ({ context, page, app }) => {
  await openRill(page, app.url);
  const torrents = Array.from({ length: 20 }, (_, seed) =>
    makeTorrent({ name: `shelf-${seed}.bin`, files: 200_000, seed }),
  );
  for (const torrent of torrents) await addFile(page, torrent);
  const before = await listed(page);
  expect(before).toHaveLength(torrents.length);
  await countReplies(context);

  const steps: ((opened: Page) => Promise<unknown>)[] = [
    (opened) => opened.waitForEvent('worker'),
    (opened) => untilReplies(opened, 1),
    (opened) => untilReplies(opened, 2),
  ];
  let current = page;
  for (const step of steps) {
    const next = await context.newPage();
    await current.close();
    const there = step(next);
    await next.goto(app.url, { waitUntil: 'commit' });
    await there;
    current = next;
  }
  const last = await context.newPage();
  await current.close();
  await last.goto(app.url);
  expect(await listed(last)).toEqual(before);
  await expect(last.getByRole('button', { name: 'Dismiss notice' })).toHaveCount(0);
});

test('without “Go on at each start” what ran stays paused after a reload, until it is resumed', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = film();
  await seeder.throttleUpload(1_000_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const pieces = await downloadPart(page, app.url, torrent, tracker.url);
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel('Go on at each start').click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await page.getByRole('button', { name: 'Close settings' }).click();
  await page.reload();
  const row = page.getByRole('link', { name: /film\.bin/ });
  await expect(page.getByText(/^Paused/).first()).toBeVisible();
  expect(await torrentOf(page, torrent.infoHash)).toMatchObject({
    state: 'paused',
    peerCounts: { connected: 0 },
  });
  await row.click();
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await expectToGoOn(page, torrent, pieces, seeder);
});
