// Getting files out of Rill: downloads through the service worker, the pickers, and what breaks on the way.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { addByEngine, openRill, untilTorrent } from '../support/rill-page.ts';
import { savedFiles, useNoPickers, usePrivateDisk } from '../support/saved-files.ts';
import { stopServiceWorker } from '../support/service-worker.ts';
import { shelfOf } from '../support/shelf.ts';
import { makeTorrent, sha256, type MadeTorrent } from '../support/torrents.ts';
import { startWebSeed } from '../support/web-seed.ts';
import { expect, test } from '../support/world.ts';

const NAME = 'Field notes';
const SPEC = {
  name: NAME,
  pieceLength: 65_536,
  files: [
    { path: 'one.bin', content: 9_000_000 },
    { path: 'inside/two.txt', content: 70_000 },
    { path: 'inside/deeper/three', content: 1 },
  ],
};

/** Adds the torrent by file and fetches all of it from a web seed, until it is on the shelf. */
async function download(page: Page, spec: Parameters<typeof makeTorrent>[0]): Promise<MadeTorrent> {
  const seed = await startWebSeed(makeTorrent(spec).files, Infinity);
  const torrent = makeTorrent({ ...spec, webSeeds: [seed.url] });
  await addFile(page, torrent);
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  await page.evaluate(async () => (await rill).checkpoint());
  await expect
    .poll(async () => (await shelfOf(page, torrent.infoHash))?.files.every((it) => it.isFinished))
    .toBe(true);
  await seed.close();
  return torrent;
}

const addFile = (page: Page, torrent: MadeTorrent) =>
  addByEngine(
    page,
    `data:application/x-bittorrent;base64,${torrent.torrentBytes.toString('base64')}`,
  );

const show = (page: Page, { infoHash }: MadeTorrent) =>
  page.evaluate((hash) => (location.hash = `#/torrent/${hash}`), infoHash);

/** SHA-256 by path of what a torrent should leave on a disk. */
const expected = (torrent: MadeTorrent, folder = NAME) =>
  Object.fromEntries(torrent.files.map(({ path, bytes }) => [`${folder}/${path}`, sha256(bytes)]));

/** SHA-256 by path of what a zip holds, read by Python's zipfile, which checks every CRC. */
function unzipped(path: string): Record<string, string> {
  const script = `
import hashlib, json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
assert z.testzip() is None
print(json.dumps({n: hashlib.sha256(z.read(n)).hexdigest() for n in z.namelist()}))`;
  const text = execFileSync('python3', ['-c', script, path], { encoding: 'utf8' });
  return JSON.parse(text) as Record<string, string>;
}

/** Stored files are copied by the browser, with no source that could break: without them everything is streamed. */
const withoutStoredFiles = (page: Page) =>
  page.addInitScript(() => {
    const post = Object.getOwnPropertyDescriptor(ServiceWorker.prototype, 'postMessage')!.value as (
      ...given: unknown[]
    ) => void;
    function postMessage(this: ServiceWorker, message: { kind?: string }, ports: MessagePort[]) {
      if (message.kind === 'stored-file-wanted') ports[0]?.postMessage(null);
      else post.call(this, message, ports);
    }
    Object.assign(ServiceWorker.prototype, { postMessage });
  });

/** The row of a save: what it is called, how it is, its buttons. */
const row = (page: Page, title: string) => page.getByRole('group', { name: `Saving ${title}` });

test('without pickers a file is a download and a torrent a zip, also offline with no engine', async ({
  context,
  page,
  app,
}) => {
  await useNoPickers(page);
  await openRill(page, app.url);
  const torrent = await download(page, SPEC);
  await show(page, torrent);

  const save = async (button: string) => {
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: button }).click(),
    ]);
    return saved;
  };
  const file = await save('Save one.bin');
  expect(file.suggestedFilename()).toBe('one.bin');
  expect(sha256(await readFile(await file.path()))).toBe(sha256(torrent.files[0]!.bytes));
  const zip = await save('Save all files');
  expect(zip.suggestedFilename()).toBe(`${NAME}.zip`);
  expect(unzipped(await zip.path())).toEqual(expected(torrent));
  // The page has stayed where it was.
  await expect(page.getByRole('button', { name: 'Save all files' })).toBeVisible();

  await page.close();
  app.stop();
  await context.setOffline(true);
  const offline = await context.newPage();
  await offline.addInitScript(() => {
    navigator.locks.request = () => new Promise<never>(() => undefined);
  });
  await offline.goto(app.url);
  await stopServiceWorker(offline);
  for (const path of [`save/${torrent.infoHash}/0/x`, `save/${torrent.infoHash}.zip`]) {
    const [saved] = await Promise.all([
      offline.waitForEvent('download'),
      offline.evaluate((url) => location.assign(url), path),
    ]);
    const isZip = path.endsWith('.zip');
    if (isZip) expect(unzipped(await saved.path())).toEqual(expected(torrent));
    else expect(sha256(await readFile(await saved.path()))).toBe(sha256(torrent.files[0]!.bytes));
  }
  const health = await offline.evaluate(async () => (await fetch('api/health')).status);
  expect(health).toBe(503);
});

test('a file and a folder are written where the person chose, beside what was there', async ({
  page,
  app,
}) => {
  await usePrivateDisk(page);
  await openRill(page, app.url);
  const torrent = await download(page, SPEC);
  await show(page, torrent);
  await page.getByRole('button', { name: 'Save one.bin' }).click();
  await expect(row(page, 'one.bin')).toContainText('Saved, 9 MB');
  expect(await savedFiles(page)).toEqual({ 'one.bin': sha256(torrent.files[0]!.bytes) });

  await page.getByRole('button', { name: 'Save all files' }).click();
  await expect(row(page, NAME)).toContainText('Saved, 9.1 MB');
  await page.getByRole('button', { name: `Dismiss ${NAME}` }).click();
  await expect(row(page, NAME)).toHaveCount(0);
  // A second time does not touch the first.
  await page.getByRole('button', { name: 'Save all files' }).click();
  await expect(row(page, NAME)).toContainText('Saved, 9.1 MB');
  expect(await savedFiles(page)).toEqual({
    'one.bin': sha256(torrent.files[0]!.bytes),
    ...expected(torrent),
    ...expected(torrent, `${NAME} (2)`),
  });
});

test('a source that breaks again and again is gone on with from the byte reached', async ({
  page,
  app,
}) => {
  await usePrivateDisk(page);
  await withoutStoredFiles(page);
  await page.addInitScript(() => {
    // The stream breaks after 4 MiB and something, the next requests all fail, until the test says otherwise.
    const { fetch } = window;
    const asked: string[] = [];
    Object.assign(window, { asked, isBroken: true });
    window.fetch = async (url, init) => {
      if (!String(url).includes('/stream/')) return fetch(url, init);
      asked.push(new Headers(init?.headers).get('range') ?? '');
      if (!(window as unknown as { isBroken: boolean }).isBroken) return fetch(url, init);
      if (asked.length > 1) throw new TypeError('Failed to fetch');
      const response = await fetch(url, init);
      let sent = 0;
      const cut = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          sent += chunk.length;
          controller.enqueue(chunk);
          if (sent > 5_000_000) controller.error(new TypeError('network error'));
        },
      });
      return new Response(response.body?.pipeThrough(cut), response);
    };
  });
  await openRill(page, app.url);
  const torrent = await download(page, SPEC);
  await show(page, torrent);
  await page.getByRole('button', { name: 'Save one.bin' }).click();
  const again = page.getByRole('button', { name: 'Try again to save one.bin' });
  await expect(again).toBeVisible({ timeout: 30_000 });
  await expect(row(page, 'one.bin')).toContainText('connection');
  await page.evaluate(() => Object.assign(window, { isBroken: false }));
  await again.click();
  await expect(row(page, 'one.bin')).toContainText('Saved, 9 MB');
  const asked = await page.evaluate(() => (window as unknown as { asked: string[] }).asked);
  expect(asked[0]).toBe('bytes=0-');
  // What had come is kept: every later request is for the rest.
  const from = Number(/\d+/.exec(asked[1]!)?.[0]);
  expect(from).toBeGreaterThanOrEqual(4 * 1024 * 1024);
  expect(new Set(asked.slice(1))).toEqual(new Set([`bytes=${from}-`]));
  expect(await savedFiles(page)).toEqual({ 'one.bin': sha256(torrent.files[0]!.bytes) });
});

test('a save goes on when the service worker is stopped in the middle of it, and can be cancelled', async ({
  page,
  app,
}) => {
  await usePrivateDisk(page);
  await withoutStoredFiles(page);
  // Every write waits for the test, so that there is a middle.
  await page.addInitScript(() => {
    const gate = { open: () => {}, writes: 0 };
    Object.assign(window, { gate });
    const { write } = FileSystemWritableFileStream.prototype;
    FileSystemWritableFileStream.prototype.write = async function (data) {
      gate.writes += 1;
      await new Promise<void>((resolve) => (gate.open = resolve));
      return write.call(this, data);
    };
  });
  await openRill(page, app.url);
  const torrent = await download(page, SPEC);
  await show(page, torrent);
  type Gated = { gate: { open(): void; writes: number } };
  const writes = () => page.evaluate(() => (window as unknown as Gated).gate.writes);
  const openGate = () => page.evaluate(() => (window as unknown as Gated).gate.open());

  await page.getByRole('button', { name: 'Save one.bin' }).click();
  await expect.poll(writes).toBe(1);
  await stopServiceWorker(page);
  for (let write = 1; write <= 3; write++) {
    await expect.poll(writes, { timeout: 15_000 }).toBe(write);
    await openGate();
  }
  await expect(row(page, 'one.bin')).toContainText('Saved, 9 MB');
  expect(await savedFiles(page)).toEqual({ 'one.bin': sha256(torrent.files[0]!.bytes) });
  await page.getByRole('button', { name: 'Dismiss one.bin' }).click();

  // Saved over with the same name, and cancelled: what was there stays.
  await page.getByRole('button', { name: 'Save one.bin' }).click();
  await expect.poll(writes).toBe(4);
  await page.getByRole('button', { name: 'Cancel saving one.bin' }).click();
  await openGate();
  await expect(row(page, 'one.bin')).toContainText('Cancelled');
  expect(await savedFiles(page)).toEqual({ 'one.bin': sha256(torrent.files[0]!.bytes) });
});

test('a file that is partly here refuses with its reason, and a folder leaves it out', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  await usePrivateDisk(page);
  const torrent = makeTorrent({
    name: NAME,
    files: [
      { path: 'done.bin', content: 65_536 },
      { path: 'late.bin', content: 2_000_000 },
    ],
    trackers: [tracker.url],
  });
  await seeder.throttleUpload(30_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await addFile(page, torrent);
  await page.evaluate(async (hash) => (await rill).select(hash, [0]), torrent.infoHash);
  await untilTorrent(page, torrent.infoHash, (it) => it.files[0]?.progress === 1);
  await page.evaluate(async (hash) => (await rill).select(hash, [0, 1]), torrent.infoHash);
  await untilTorrent(page, torrent.infoHash, (it) => (it.files[1]?.progress ?? 0) > 0.05);
  await page.evaluate(async (hash) => (await rill).pause(hash), torrent.infoHash);
  await show(page, torrent);

  const late = page.getByRole('button', { name: 'Save late.bin' });
  await expect(late).toHaveAttribute('aria-disabled', 'true');
  await expect(late).toHaveAccessibleDescription(/^Only \d+% of it is here/);
  await late.click({ force: true });
  await expect(page.getByText(/“late.bin”: Only \d+% of it is here/)).toBeVisible();
  const answers = await page.evaluate(async (hash) => {
    const ask = async (path: string) => {
      const response = await fetch(`save/${hash}${path}`);
      return [
        response.status,
        ((await response.json()) as { error: { message: string } }).error.message,
      ];
    };
    return [await ask('/1/late.bin'), await ask('.zip')];
  }, torrent.infoHash);
  expect(answers).toEqual([
    [409, expect.stringMatching(/^“late.bin” is \d+% here/)],
    [409, expect.stringMatching(/^1 of 2 files are not finished/)],
  ]);

  await page.getByRole('button', { name: 'Save finished files' }).click();
  await expect(row(page, NAME)).toContainText('1 file is not finished yet and left out');
  expect(await savedFiles(page)).toEqual({
    [`${NAME}/done.bin`]: sha256(torrent.files[0]!.bytes),
  });
});
