// What a person does with the page, by hand, on a phone and on a wide screen, in the light and in the dark.
import axe from 'axe-core';
import type { Locator, Page } from '@playwright/test';
import { chooseFile, dropFile, openAddDialog, pasteText } from '../support/add-by-page.ts';
import { sampleBytes } from '../support/clip.ts';
import {
  addByEngine,
  openRill,
  sha256OfStream,
  torrentOf,
  untilTorrent,
} from '../support/rill-page.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

const SCREENS = [
  { name: 'a phone', viewport: { width: 360, height: 740 }, colorScheme: 'dark' },
  { name: 'a wide screen', viewport: { width: 1600, height: 900 }, colorScheme: 'light' },
] as const;

const PIECE = 16_384;

/** Three files, each whole pieces long, so that none shares a piece with its neighbour. */
const series = () =>
  makeTorrent({
    name: 'series',
    pieceLength: PIECE,
    files: [
      { path: 'one.bin', content: PIECE * 20 },
      { path: 'extras/two.bin', content: PIECE * 10 },
      { path: 'three.bin', content: PIECE * 5 },
    ],
  });

async function usedBytes(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const health = (await (await fetch('api/health')).json()) as { storage: { usedBytes: number } };
    return health.storage.usedBytes;
  });
}

async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { scroll, client } = await page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth,
    client: document.documentElement.clientWidth,
  }));
  expect(scroll).toBeLessThanOrEqual(client);
}

/** Presses Tab until the focus is there; a person would give up sooner than this. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${target.toString()} was not reached with the Tab key`);
}

const file = (page: Page, name: string) => page.getByRole('checkbox', { name });
const dialogOf = (page: Page) => page.getByRole('dialog');

for (const { name, viewport, colorScheme } of SCREENS) {
  test.describe(`on ${name}`, () => {
    test.use({ viewport, colorScheme });

    test('a link pasted anywhere downloads with rates, peers and time left, pauses, resumes, and gives its space back', async ({
      page,
      tracker,
      seeder,
      app,
    }) => {
      const torrent = makeTorrent({ name: 'film.bin', files: 3_000_000, pieceLength: 65_536 });
      await seeder.throttleUpload(300_000);
      await seeder.seed(torrent, { trackers: [tracker.url] });
      await openRill(page, app.url);
      const before = await usedBytes(page);

      await pasteText(page, torrent.magnet([tracker.url]));
      await expect(dialogOf(page)).toContainText('film.bin');
      await expect(dialogOf(page)).toContainText('3 MB');
      await expectNoSidewaysScroll(page);
      await dialogOf(page).getByRole('button', { name: 'Download' }).click();

      const detail = page.getByRole('region', { name: 'film.bin' });
      const number = (label: string) =>
        detail.locator('dl > div').filter({ hasText: label }).locator('dd');
      await expect(number('Down')).toHaveText(/^[1-9][\d.]* (kB|MB)\/s$/);
      await expect(number('Peers')).toHaveText('1');
      await expect(number('Time left')).toHaveText(/^\d+\s?s$|^\d+m( \d+s)?$/);
      await expect(number('Here')).toHaveText(/ of 3 MB$/);
      await expectNoSidewaysScroll(page);

      await detail.getByRole('button', { name: 'Pause' }).click();
      await expect(detail.getByText('Paused', { exact: true })).toBeVisible();
      const paused = await untilTorrent(page, torrent.infoHash, (it) => it.downloadBps === 0);
      // The peer is kept for when it goes on.
      expect(paused.peerCounts.connected).toBe(1);
      await page.reload();
      await expect(detail.getByText('Paused', { exact: true })).toBeVisible();
      // A piece that came in the moment of the reload is found again by its hash.
      await untilTorrent(page, torrent.infoHash, (it) => it.piecesHave >= paused.piecesHave);
      await detail.getByRole('button', { name: 'Resume' }).click();
      await untilTorrent(page, torrent.infoHash, (it) => it.piecesHave > paused.piecesHave);

      // The list shows the same.
      await detail.getByRole('button', { name: 'Close details' }).click();
      const row = page.getByRole('listitem').filter({ hasText: 'film.bin' });
      await expect(row).toContainText(/(kB|MB)\/s/);
      await expect(row).toContainText('1 peer');
      await expect(row).toContainText('left');
      await expect(row.getByRole('progressbar')).toHaveAttribute('aria-valuenow', /[1-9]/);
      await seeder.throttleUpload(-1);
      await expect(row).toContainText('Complete, sharing');
      const done = await torrentOf(page, torrent.infoHash);
      expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
      await expect
        .poll(() => usedBytes(page))
        .toBeGreaterThan(before + torrent.content.length * 0.9);

      await row.getByRole('link', { name: 'film.bin', exact: true }).click();
      await detail.getByRole('button', { name: 'Remove' }).click();
      const question = page.getByRole('alertdialog');
      await expect(question.getByRole('checkbox')).toBeChecked();
      await question.getByRole('button', { name: 'Cancel' }).click();
      await expect(detail).toBeVisible();
      await detail.getByRole('button', { name: 'Remove' }).click();
      await question.getByRole('button', { name: 'Remove' }).click();
      await expect(page.getByRole('heading', { name: /Paste a magnet/ })).toBeVisible();
      await expect.poll(() => usedBytes(page)).toBeLessThan(before + torrent.content.length * 0.1);
    });

    test('of a dropped torrent only the chosen files are downloaded, more can be chosen later, and a reload goes on', async ({
      page,
      tracker,
      seeder,
      app,
    }) => {
      const torrent = series();
      await seeder.throttleUpload(100_000);
      await seeder.seed(torrent, { trackers: [tracker.url] });
      await openRill(page, app.url, { trackers: [tracker.url] });
      await dropFile(page, { name: 'series.torrent', bytes: torrent.torrentBytes });
      await expect(dialogOf(page)).toContainText('3 files');
      await file(page, 'one.bin').uncheck();
      await file(page, 'three.bin').uncheck();
      await dialogOf(page).getByRole('button', { name: 'Download' }).click();
      const chosen = await untilTorrent(page, torrent.infoHash, (it) => it.piecesHave > 2);
      expect(chosen.selectedBytes).toBe(PIECE * 10);
      // Read first: a piece that came after the checkpoint has to be hashed again.
      const beforeReload = await torrentOf(page, torrent.infoHash);
      await page.evaluate(async () => (await rill).checkpoint());
      await page.reload();
      await expect(page.locator('#torrent-title')).toHaveText('series');
      expect((await torrentOf(page, torrent.infoHash)).piecesHave).toBeGreaterThanOrEqual(
        beforeReload.piecesHave,
      );
      await seeder.throttleUpload(-1);
      // `completedAt` may be older than the last checkpoint: the rest is then still being hashed after the reload.
      const some = await untilTorrent(page, torrent.infoHash, (it) => it.progress === 1);
      expect(some.files.map((one) => one.downloadedBytes)).toEqual([0, PIECE * 10, 0]);
      expect(some.completedAt).not.toBeNull();

      await file(page, 'three.bin').check();
      const more = await untilTorrent(page, torrent.infoHash, (it) => it.files[2]!.progress === 1);
      expect(more.files[0]!.downloadedBytes).toBe(0);
      for (const index of [1, 2]) {
        expect(await sha256OfStream(page, more.files[index]!.streamUrl)).toBe(
          sha256(torrent.files[index]!.bytes),
        );
      }
      await expectNoSidewaysScroll(page);
    });

    test('no page has an accessibility fault or scrolls sideways', async ({
      page,
      tracker,
      seeder,
      app,
    }) => {
      await page.addInitScript({ content: axe.source });
      // Half-faded text has no colour of its own to be judged.
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme });
      const expectSound = async (place: string) => {
        await page.evaluate(() =>
          Promise.allSettled(document.getAnimations().map((animation) => animation.finished)),
        );
        const faults = await page.evaluate(async () => {
          const { axe: checker } = globalThis as unknown as { axe: typeof axe };
          const { violations } = await checker.run(document, { resultTypes: ['violations'] });
          return violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(' | ')}`,
          );
        });
        expect(faults, place).toEqual([]);
        await expectNoSidewaysScroll(page);
      };
      const long = makeTorrent({
        name: `${'A name without any place to break '.replaceAll(' ', '_').repeat(4)}.mp4`,
        files: sampleBytes(),
      });
      const several = series();
      await seeder.throttleUpload(20_000);
      await seeder.seed(long, { trackers: [tracker.url] });
      await seeder.seed(several, { trackers: [tracker.url] });
      await openRill(page, app.url, { trackers: [tracker.url] });
      expect(await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(
        colorScheme === 'dark',
      );
      await expectSound('the empty page');
      await chooseFile(page, { name: 'several.torrent', bytes: several.torrentBytes });
      await expect(dialogOf(page).getByRole('button', { name: 'Download' })).toBeVisible();
      await expectSound('choosing files');
      await dialogOf(page).getByRole('button', { name: 'Download' }).click();
      await addByEngine(page, long.magnet([tracker.url]));
      await untilTorrent(page, long.infoHash, (it) => it.downloadedBytes > 0);
      await untilTorrent(page, several.infoHash, (it) => it.downloadedBytes > 0);
      await expectSound('a torrent');
      for (const panel of ['Peers', 'Trackers']) {
        await page.locator('summary').filter({ hasText: panel }).click();
      }
      await expectSound('a torrent with its panels open');
      await page.goto(`${app.url}#/`);
      await expect(page.getByRole('heading', { name: 'Library' })).toBeVisible();
      await expectSound('the library');
      await openAddDialog(page);
      await dialogOf(page).getByLabel('Magnet link or info hash').fill('nonsense');
      await page.keyboard.press('Enter');
      await expect(dialogOf(page).getByRole('alert')).toBeVisible();
      await expectSound('an error');
      await page.keyboard.press('Escape');
      await page.goto(`${app.url}#/torrent/${long.infoHash}`);
      await page.getByRole('button', { name: 'Remove' }).click();
      await expect(page.getByRole('alertdialog')).toBeVisible();
      await expectSound('the question before removing');
    });
  });
}

test('the whole story by keyboard alone', async ({ page, tracker, seeder, app }) => {
  const torrent = makeTorrent({ name: 'keys.bin', files: 2_000_000 });
  await seeder.throttleUpload(150_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  const box = page.getByLabel('Magnet link or info hash');
  await tabTo(page, box);
  await page.keyboard.type('nonsense');
  await page.keyboard.press('Enter');
  await expect(dialogOf(page).getByRole('alert')).toContainText('not a link to a torrent');
  await page.keyboard.press('Escape');
  await expect(dialogOf(page)).toBeHidden();

  await tabTo(page, box);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(torrent.magnet([tracker.url]));
  await page.keyboard.press('Enter');
  // The way on has the focus already.
  await expect(dialogOf(page).getByRole('button', { name: 'Download' })).toBeFocused();
  await tabTo(page, file(page, 'keys.bin'));
  await page.keyboard.press('Space');
  await expect(dialogOf(page).getByRole('button', { name: 'Download' })).toBeDisabled();
  await page.keyboard.press('Space');
  await tabTo(page, dialogOf(page).getByRole('button', { name: 'Download' }));
  await page.keyboard.press('Enter');

  await expect(page.locator('#torrent-title')).toBeFocused();
  const buttons = page.getByRole('group', { name: 'Torrent' });
  await tabTo(page, buttons.getByRole('button', { name: 'Pause' }));
  await page.keyboard.press('Enter');
  await untilTorrent(page, torrent.infoHash, (it) => it.state === 'paused');
  await expect(buttons.getByRole('button', { name: 'Resume' })).toBeFocused();
  await page.keyboard.press('Enter');
  await untilTorrent(page, torrent.infoHash, (it) => it.state === 'downloading');
  await seeder.throttleUpload(-1);
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  await tabTo(page, page.getByRole('button', { name: 'Remove' }));
  await page.keyboard.press('Enter');
  const question = page.getByRole('alertdialog');
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(page.getByRole('button', { name: 'Remove' })).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, question.getByRole('button', { name: 'Remove' }));
  await page.keyboard.press('Space');
  await expect(page.getByRole('heading', { name: /Paste a magnet/ })).toBeVisible();
});

test('of a link that names a file that one is chosen, downloaded, and nothing else (BEP 53)', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = series();
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await pasteText(page, `${torrent.magnet([tracker.url])}&so=1`);
  await expect(file(page, 'two.bin')).toBeChecked();
  await expect(file(page, 'one.bin')).not.toBeChecked();
  await expect(file(page, 'three.bin')).not.toBeChecked();
  await dialogOf(page).getByRole('button', { name: 'Download' }).click();
  const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  expect(done.files.map((one) => one.downloadedBytes)).toEqual([0, PIECE * 10, 0]);
  // The metadata, and not one piece more.
  expect((await seeder.stats()).uploaded).toBeLessThan(PIECE * 11);
});
