// The shell as a whole: everything it is made of is precached, and a new version comes when the person says so.
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Page } from '@playwright/test';
import {
  checkForUpdate,
  deployNewVersion,
  expect,
  precacheOf,
  test,
} from '../support/new-version.ts';
import { openRill } from '../support/rill-page.ts';

/** Every file of the build that `index.html` leads to, by whatever names any of them. */
async function reachableFiles(root: string): Promise<Set<string>> {
  const all = await readdir(root, { recursive: true, withFileTypes: true });
  const names = all
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(root, join(entry.parentPath, entry.name)));
  const reached = new Set(['index.html']);
  for (const file of reached) {
    if (!/\.(html|js|css|webmanifest)$/.test(file)) continue;
    const text = await readFile(join(root, file), 'utf8');
    for (const name of names) if (text.includes(posix.basename(name))) reached.add(name);
  }
  return reached;
}

const build = (page: Page) =>
  page.evaluate(
    () => document.querySelector<HTMLMetaElement>('meta[name=test-build]')?.content ?? 'first',
  );

/** Leaves something that a reload would wipe away. */
async function leaveMark(page: Page): Promise<void> {
  await page.evaluate(() => Object.assign(globalThis, { isStillHere: true }));
}

const isStillHere = (page: Page) => page.evaluate(() => 'isStillHere' in globalThis);

const prompt = (page: Page) => page.getByText('A new version of Rill is ready.');

test('every file that the page leads to is precached, but for what only the system fetches', async ({
  root,
}) => {
  const precache = await precacheOf(root);
  const reached = [...(await reachableFiles(root))].filter(
    // Icons, screenshots and the sample are fetched by the system or on demand, and the worker does not hold itself.
    (file) => !/^(icons|screenshots|sample)\/|^service\.worker\.js$/.test(file),
  );
  // The parts that load on demand are found too.
  for (const part of ['index-', 'engine.worker-', 'media-chrome-', 'manifest.webmanifest']) {
    expect(reached).toContainEqual(expect.stringContaining(part));
  }
  expect(reached.filter((file) => !precache.has(file))).toEqual([]);
  // What has no hash in its name needs a revision, or a new version would never replace it.
  for (const [url, revision] of precache) {
    if (revision === null) expect(url).toMatch(/-[\w-]{8,}\.\w+$/);
  }
});

test('the manifest has what each system asks for', async ({ root }) => {
  const manifest = JSON.parse(await readFile(join(root, 'manifest.webmanifest'), 'utf8')) as {
    id: string;
    start_url: string;
    scope: string;
    display: string;
    icons: { src: string; sizes: string; purpose: string }[];
    screenshots: { src: string; form_factor: string; label: string }[];
  };
  expect(manifest).toMatchObject({
    id: expect.stringMatching(/./),
    name: 'Rill',
    start_url: './',
    scope: './',
    display: 'standalone',
  });
  expect(new Set(manifest.icons.map(({ purpose }) => purpose))).toEqual(
    new Set(['any', 'maskable', 'monochrome']),
  );
  expect(manifest.icons.filter(({ purpose }) => purpose === 'any').map((i) => i.sizes)).toEqual(
    expect.arrayContaining(['192x192', '512x512']),
  );
  expect(new Set(manifest.screenshots.map((shot) => shot.form_factor))).toEqual(
    new Set(['wide', 'narrow']),
  );
  for (const { label } of manifest.screenshots) expect(label).not.toBe('');
  for (const { src } of [...manifest.icons, ...manifest.screenshots]) {
    expect((await readFile(join(root, src))).subarray(1, 4).toString(), src).toBe('PNG');
  }
});

test('offline it opens from each address it may be started at', async ({ context, page, app }) => {
  await openRill(page, app.url);
  app.stop();
  await context.setOffline(true);
  for (const path of ['', '?x=1', 'index.html', 'index.html?utm_source=x', '#/']) {
    const offline = await context.newPage();
    await offline.goto(app.url + path);
    await expect(offline.getByRole('heading', { name: 'Rill', exact: true })).toBeVisible();
    await expect(offline.getByLabel('Magnet link or info hash'), path).toBeVisible();
    await expect(offline.getByText('Offline', { exact: true })).toBeVisible();
    await offline.close();
  }
});

test('a new version is offered, does nothing by itself, and comes when the person presses', async ({
  context,
  page,
  app,
  root,
}) => {
  await openRill(page, app.url);
  await leaveMark(page);
  const second = await context.newPage();
  await second.goto(app.url);
  await expect(second.getByRole('heading', { name: 'Rill', exact: true })).toBeVisible();
  await leaveMark(second);

  await checkForUpdate(page);
  await expect(prompt(page)).toBeHidden();
  await deployNewVersion(root);
  await checkForUpdate(page);
  await expect(prompt(page)).toBeVisible();
  await expect(prompt(second)).toBeVisible();
  expect(await isStillHere(page)).toBe(true);
  expect(await isStillHere(second)).toBe(true);
  // Not pressed: opening it once more still opens the old version, and says so again.
  const third = await context.newPage();
  await third.goto(app.url);
  await expect(prompt(third)).toBeVisible();
  expect(await build(third)).toBe('first');
  await third.close();

  const reloaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Reload' }).click();
  await reloaded;
  expect(await isStillHere(page)).toBe(false);
  expect(await build(page)).toBe('second');
  await expect(page.getByRole('heading', { name: 'Rill', exact: true })).toBeVisible();
  await expect(prompt(page)).toBeHidden();
  // The other tab was not asked, and keeps what its person was doing.
  expect(await isStillHere(second)).toBe(true);
  expect(await build(second)).toBe('first');

  // The new version is whole: it opens with the host gone.
  app.stop();
  await context.setOffline(true);
  await page.reload();
  expect(await build(page)).toBe('second');
  await expect(page.getByLabel('Magnet link or info hash')).toBeVisible();
});

test('after a new version that cannot be fetched whole, the old one goes on', async ({
  page,
  app,
  root,
}) => {
  await openRill(page, app.url);
  await leaveMark(page);
  await deployNewVersion(root);
  // Half deployed: the new service worker names a file that is not there yet.
  await rm(join(root, 'index.html'));
  const failed = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const found = new Promise<ServiceWorker>((resolve) => {
      registration.addEventListener('updatefound', () => resolve(registration.installing!));
    });
    await registration.update();
    const worker = await found;
    return new Promise<string>((resolve) => {
      worker.addEventListener('statechange', () => resolve(worker.state));
    });
  });
  expect(failed).toBe('redundant');
  await expect(prompt(page)).toBeHidden();
  expect(await isStillHere(page)).toBe(true);
  await page.reload();
  expect(await build(page)).toBe('first');
  await expect(page.getByLabel('Magnet link or info hash')).toBeVisible();
});
