// Opened only to be watched: it plays, it is not kept, and it goes by itself; what was inside is remembered for a while.
import type { BrowserContext, Page } from '@playwright/test';
import { lookInside, openAddDialog } from '../support/add-by-page.ts';
import { openBarePage } from '../support/bare-page.ts';
import { hurryCleanup } from '../support/cleanup-clock.ts';
import { minuteTorrent } from '../support/clip.ts';
import { untilPast } from '../support/player.ts';
import { callApi } from '../support/local-api.ts';
import { openRill, torrentOf } from '../support/rill-page.ts';
import { makeTorrent } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

const HOUR_MS = 3_600_000;

/** Closes the app, and puts what it wrote down of each torrent's last use an hour back. */
async function anHourLater(context: BrowserContext, appUrl: string): Promise<void> {
  for (const page of context.pages()) await page.close();
  const bare = await openBarePage(context, appUrl);
  await bare.evaluate(
    async (lastUsedAt) => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open('rill-torrents');
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      await new Promise<void>((resolve, reject) => {
        const change = database.transaction('torrents', 'readwrite', { durability: 'strict' });
        const walking = change.objectStore('torrents').openCursor();
        walking.onsuccess = () => {
          walking.result?.update({ ...walking.result.value, lastUsedAt });
          walking.result?.continue();
        };
        change.oncomplete = () => resolve();
        change.onerror = () => reject(change.error);
      });
      database.close();
    },
    new Date(Date.now() - HOUR_MS).toISOString(),
  );
  await bare.close();
}

/** The folders of torrents that there are in the origin's files. */
function storedTorrents(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const torrents = await root.getDirectoryHandle('torrents');
    const names: string[] = [];
    for await (const name of torrents.keys()) names.push(name);
    return names;
  });
}

test('what is opened only to be watched goes with its data when nobody watches, unless it is kept, and opens again with nobody there', async ({
  page,
  context,
  tracker,
  seeder,
  app,
}) => {
  const film = minuteTorrent();
  const kept = makeTorrent({ name: 'kept.mp4', files: 100_000 });
  await seeder.seed(film, { trackers: [tracker.url] });
  await seeder.seed(kept, { trackers: [tracker.url] });
  await openRill(page, app.url);
  // An empty library has the box on the page itself.
  await lookInside(page.locator('body'), film.magnet([tracker.url]));
  await page.getByRole('dialog').getByRole('button', { name: 'Watch without keeping' }).click();
  await untilPast(page.locator('video'), 0.3);
  expect(await torrentOf(page, film.infoHash)).toMatchObject({
    keepOffline: false,
    sequential: true,
  });
  await page.getByRole('button', { name: 'Close player' }).click();
  const row = page.getByRole('listitem').filter({ hasText: film.name });
  await expect(row).toContainText('Not kept: removed 30 min after you stop watching');

  await page.evaluate(
    async (text) => {
      await (await rill).add({ kind: 'text', text }, { keepOffline: false });
    },
    kept.magnet([tracker.url]),
  );
  const other = page.getByRole('listitem').filter({ hasText: 'kept.mp4' });
  await expect(other).toContainText('Not kept');
  await other.getByRole('button', { name: 'Keep kept.mp4' }).click();
  await expect(other).not.toContainText('Not kept');
  await expect(other).toContainText('Complete');
  expect((await storedTorrents(page)).toSorted()).toEqual(
    [film.infoHash, kept.infoHash].toSorted(),
  );

  await anHourLater(context, app.url);
  await hurryCleanup(context);
  const again = await context.newPage();
  await openRill(again, app.url);
  const notices = again.getByRole('status', { name: 'Notices' });
  await expect(notices).toContainText(
    new RegExp(
      `Removed “${film.name}”, which was opened only to be watched .* MB of room are free`,
    ),
  );
  await expect(again.getByRole('listitem').filter({ hasText: 'kept.mp4' })).toBeVisible();
  expect(await storedTorrents(again)).toEqual([kept.infoHash]);

  // Without a tracker nobody is ever found: all that is shown is what was remembered.
  const dialogAgain = await openAddDialog(again);
  await lookInside(dialogAgain, film.magnet([]));
  await expect(dialogAgain.getByRole('button', { name: 'Download' })).toBeVisible();
  await expect(dialogAgain).toContainText(film.name);
  await expect(dialogAgain).toContainText('1 file');

  const content = { keepOffline: false, sequential: true };
  const changed = await callApi(again, 'PATCH', `torrents/${kept.infoHash}`, { content });
  expect(changed).toMatchObject({ status: 200, body: content });
});
