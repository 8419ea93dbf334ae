// Files of a torrent share the app's origin; whatever they are, they must never act as the app. Every cell of FACTS.md,
// "Serving untrusted files", from the app's own page and from a page of the origin that has no policy to protect it.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { startAppServer, type AppServer } from '../support/app-server.ts';
import { attackWith, listenForCanary } from '../support/attacks.ts';
import { EVIL_FILES, writeSeed } from '../support/evil-files.ts';
import { addByEngine, openRill, untilTorrent } from '../support/rill-page.ts';
import { makeTorrent, sha256 } from '../support/torrents.ts';
import { expect, test as base } from '../support/world.ts';

const NAME = 'a torrent';

interface EvilWorld {
  /** `dist/` without its headers file, with `bare.html` and the torrent's bytes beside it. */
  readonly site: AppServer;
  /** The app with the torrent downloaded: its info hash and the URL of each file. */
  readonly evil: { readonly infoHash: string; readonly urls: ReadonlyMap<string, string> };
}

const test = base.extend<EvilWorld>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads a fixture's needs from this pattern.
  site: async ({}, use) => {
    const root = await mkdtemp(join(tmpdir(), 'rill-evil-'));
    await cp(fileURLToPath(new URL('../../dist/', import.meta.url)), root, { recursive: true });
    await rm(join(root, '_headers'));
    await writeFile(join(root, 'bare.html'), '<!doctype html><title>bare</title><body>');
    await writeSeed(root, NAME);
    const server = await startAppServer({ root });
    await use(server);
    await server.close();
    await rm(root, { recursive: true });
  },
  evil: async ({ page, site }, use) => {
    const torrent = makeTorrent({ name: NAME, files: EVIL_FILES, webSeeds: [`${site.url}seed/`] });
    await openRill(page, site.url);
    const base64 = torrent.torrentBytes.toString('base64');
    await addByEngine(page, `data:application/x-bittorrent;base64,${base64}`);
    const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    await page.evaluate(async () => (await rill).checkpoint());
    const urls = new Map(done.files.map(({ path, streamUrl }) => [path, streamUrl]));
    await use({ infoHash: torrent.infoHash, urls });
  },
});

/** What the page asked of `/stream/` and got, as `type status`. */
function watchAnswers(page: Page): () => string[] {
  const seen = new Set<string>();
  page.on('response', (response) => {
    if (!new URL(response.url()).pathname.startsWith('/stream/')) return;
    seen.add(`${response.request().resourceType()} ${response.status()}`);
  });
  return () => [...seen].sort();
}

/** Opens a page of the origin that no policy protects and that the service worker controls. */
async function openBare(page: Page, site: AppServer): Promise<void> {
  await page.goto(`${site.url}bare.html`);
  const state = await page.evaluate(() => navigator.serviceWorker.controller?.state);
  expect(state).toBe('activated');
}

/** A frame or `<embed>` loads the refusal that it is given instead; nothing else may load anything. */
const MAY_LOAD = new Set(['iframe', 'sandboxed iframe', 'embed']);

for (const { name, isBare } of [
  { name: 'the app’s page', isBare: false },
  { name: 'a page of the origin without a policy', isBare: true },
]) {
  test(`from ${name} no file of a torrent runs, styles or frames itself`, async ({
    page,
    site,
    evil,
  }) => {
    if (isBare) await openBare(page, site);
    const heard = await listenForCanary(page);
    const answers = watchAnswers(page);
    expect(evil.urls.size).toBe(EVIL_FILES.length);
    for (const [file, url] of evil.urls) {
      const endings = await attackWith(page, url);
      const loaded = Object.entries(endings)
        .filter(([way, ending]) => /^load|^message/.test(ending) && !MAY_LOAD.has(way))
        .map(([way]) => way);
      expect([file, loaded]).toEqual([file, []]);
      expect([file, await heard()]).toEqual([file, []]);
    }
    const withContent = answers().filter((answer) => / 2\d\d$/.test(answer));
    expect(withContent).toEqual(['image 200', 'media 206']);
    // Without a policy it is the service worker that refuses.
    const refused = ['document 403', 'font 403', 'other 403', 'script 403'];
    if (isBare) expect(answers()).toEqual(expect.arrayContaining(refused));
  });
}

test('the same attacks succeed with the same files from a plain server', async ({ page, site }) => {
  // Without this, the tests above could pass because an attack or its canary is broken.
  await page.goto(`${site.url}bare.html`);
  const heard = await listenForCanary(page);
  const seed = `seed/${encodeURIComponent(NAME)}`;
  for (const file of ['evil.html', 'evil.svg', 'evil.js', 'evil.css'])
    await attackWith(page, `${seed}/${file}`);
  await expect
    .poll(heard)
    .toEqual(
      expect.arrayContaining([
        'evil.html as our origin',
        'evil.svg as our origin',
        'evil.js as our origin',
        'evil.js in the page',
        'a style',
        'the title',
      ]),
    );
  const endings = await attackWith(page, `${seed}/evil.js`);
  const ran = ['script', 'module script', 'worker', 'module worker', 'shared worker'];
  expect(ran.map((way) => endings[way])).toEqual(['load', 'load', 'message', 'message', 'message']);
});

test('opening a file of a torrent saves it instead, and never shows it', async ({
  page,
  site,
  evil,
}) => {
  const pages = [
    { open: () => Promise.resolve(), url: site.url },
    { open: () => openBare(page, site), url: `${site.url}bare.html` },
  ];
  for (const { open, url: stays } of pages) {
    await open();
    const heard = await listenForCanary(page);
    for (const { path, content } of EVIL_FILES) {
      const url = evil.urls.get(`${NAME}/${path}`)!;
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.evaluate((href) => location.assign(href), url),
      ]);
      expect(download.suggestedFilename()).toBe(path);
      expect(sha256(await readFile(await download.path()))).toBe(sha256(content as Uint8Array));
      expect([path, await heard()]).toEqual([path, []]);
    }
    expect(page.url()).toBe(stays);
  }
  // A window of its own, which could reach back through `opener`.
  const heard = await listenForCanary(page);
  const evilPage = evil.urls.get(`${NAME}/evil.html`)!;
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.evaluate((href) => void window.open(href), evilPage),
  ]);
  expect(saved.suggestedFilename()).toBe('evil.html');
  expect(await heard()).toEqual([]);
});

test('every answer carries the headers that keep content from being more than bytes', async ({
  page,
  evil,
}) => {
  const answers = await page.evaluate(
    (urls) =>
      Promise.all(
        urls.map(async (url) => {
          const { headers } = await fetch(url);
          return Object.fromEntries(headers);
        }),
      ),
    [...evil.urls.values()],
  );
  const types: Record<string, string> = {
    mp4: 'video/mp4',
    mp3: 'audio/mpeg',
    png: 'image/png',
    jpg: 'image/jpeg',
    vtt: 'text/vtt',
  };
  EVIL_FILES.forEach(({ path }, i) => {
    const type = types[path.split('.')[1]!];
    expect(answers[i]).toMatchObject({
      'content-type': type ?? 'application/octet-stream',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    const disposition = type
      ? undefined
      : `attachment; filename="${path}"; filename*=UTF-8''${path}`;
    expect(answers[i]!['content-disposition']).toBe(disposition);
  });
});

test('a manifest from a torrent does not become the app’s', async ({ page, site, evil }) => {
  await openBare(page, site);
  await page.evaluate(
    (href) => {
      const link = document.createElement('link');
      link.rel = 'manifest';
      link.href = href;
      document.head.append(link);
    },
    evil.urls.get(`${NAME}/evil.webmanifest`)!,
  );
  const devTools = await page.context().newCDPSession(page);
  const manifest = await devTools.send('Page.getAppManifest');
  expect(manifest.url).toContain('/stream/');
  expect(manifest.data ?? '').not.toContain('attacked');
});
