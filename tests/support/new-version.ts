/** A build that a test may replace with a newer one, and what it precaches. */
/* oxlint-disable no-empty-pattern -- Playwright reads a fixture's needs from its first parameter, which must be a pattern. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { startAppServer, type AppServer } from './app-server.ts';
import { test as base } from './world.ts';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const BASE = '/some/folder/';
/** Tells the second build from the first. */
const MARK = '<meta name="test-build" content="second" />';

/** A copy of the build that a test may replace with another, served from a folder. */
export const test = base.extend<{ readonly root: string; readonly app: AppServer }>({
  root: async ({}, use) => {
    const root = await mkdtemp(join(tmpdir(), 'rill-update-'));
    await cp(DIST, root, { recursive: true });
    await use(root);
    await rm(root, { recursive: true });
  },
  app: async ({ root }, use) => {
    const app = await startAppServer({ root, base: BASE });
    await use(app);
    await app.close();
  },
});

/** What the service worker of a build precaches: URL → revision (`null` when the name already says it). */
export async function precacheOf(root: string): Promise<Map<string, string | null>> {
  const script = await readFile(join(root, 'service.worker.js'), 'utf8');
  const entries = script.matchAll(
    /\{\s*"?(url|revision)"?:\s*(`[^`]*`|"[^"]*"|null),\s*"?(url|revision)"?:\s*(`[^`]*`|"[^"]*"|null)\s*\}/g,
  );
  const precache = new Map<string, string | null>();
  for (const [, firstKey, first = '', , second = ''] of entries) {
    const [url, revision] = firstKey === 'url' ? [first, second] : [second, first];
    precache.set(url.slice(1, -1), revision === 'null' ? null : revision.slice(1, -1));
  }
  return precache;
}

/** Puts a new version where the old one was: one byte of the page, hence its revision and the service worker. */
export async function deployNewVersion(root: string): Promise<void> {
  const page = join(root, 'index.html');
  await writeFile(page, (await readFile(page, 'utf8')).replace('</head>', `${MARK}</head>`));
  const worker = join(root, 'service.worker.js');
  const revision = (await precacheOf(root)).get('index.html');
  if (!revision) throw new Error('index.html has no revision in the precache');
  const script = await readFile(worker, 'utf8');
  await writeFile(worker, script.replaceAll(revision, 'f'.repeat(revision.length)));
}

/** Has the browser look for a newer service worker now. */
export async function checkForUpdate(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
  });
}

export { expect } from '@playwright/test';
