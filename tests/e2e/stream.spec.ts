// `/stream/…` through the real service worker: RFC 9110 ranges, cold starts, holes that nobody can fill.
import type { Page } from '@playwright/test';
import material from '../fixtures/material/ranges.json' with { type: 'json' };
import { minuteTorrent } from '../support/clip.ts';
import { callApi } from '../support/local-api.ts';
import { addByEngine, openRill, torrentOf, untilTorrent } from '../support/rill-page.ts';
import { stopServiceWorker } from '../support/service-worker.ts';
import { shelfOf } from '../support/shelf.ts';
import { makeTorrent, sha256, type MadeTorrent } from '../support/torrents.ts';
import { startWebSeed } from '../support/web-seed.ts';
import { expect, test } from '../support/world.ts';

interface Row {
  readonly id: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  readonly content_range?: string;
  readonly content_length?: number | null;
  readonly body?: readonly number[];
}

const LENGTH = material.resource.length;
const pattern = Uint8Array.from({ length: LENGTH }, (_, i) => (i * 7 + 3) % 256);

/** Header values are bytes: a page's `fetch` refuses any other before it sends anything. */
const canBeSent = ({ headers }: Row) =>
  Object.values(headers).every((value) => [...value].every((char) => char.charCodeAt(0) < 256));
const rows = (material.cases as readonly Row[]).filter(canBeSent);

/** Asks for every row from the page; what is seen stands beside what the row expects, under its id. */
async function askEveryRow(page: Page, url: string, etag: string) {
  const asked = rows.map(({ id, method, headers }) => ({
    id,
    method,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        value.startsWith('<ETag') ? etag : value,
      ]),
    ),
  }));
  const seen = await page.evaluate(
    async ({ asked, url }) => {
      const answers: Record<string, object> = {};
      for (const { id, method, headers } of asked) {
        const response = await fetch(url, { method, headers });
        const body = new Uint8Array(await response.arrayBuffer());
        // The first byte that differs from the resource, given where the part begins.
        const from = Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]);
        const wrongAt = response.ok
          ? body.findIndex((byte, i) => byte !== (((from || 0) + i) * 7 + 3) % 256)
          : -1;
        answers[id] = {
          status: response.status,
          contentRange: response.headers.get('content-range'),
          contentLength: response.headers.get('content-length'),
          bodyLength: response.ok ? body.length : null,
          wrongAt,
          etag: response.headers.get('etag'),
          acceptRanges: response.headers.get('accept-ranges'),
        };
      }
      return answers;
    },
    { asked, url },
  );
  const isMedia = ({ status }: Row) => status === 200 || status === 206 || status === 416;
  const expected = rows.map((row) => [
    row.id,
    {
      status: row.status,
      contentRange: row.content_range ?? null,
      contentLength: contentLengthOf(row),
      bodyLength: row.status < 300 ? bodyLengthOf(row) : null,
      wrongAt: -1,
      etag: isMedia(row) ? etag : null,
      acceptRanges: isMedia(row) ? 'bytes' : null,
    },
  ]);
  return { seen, expected: Object.fromEntries(expected) as Record<string, object> };
}

/** Errors have a body of their own, which the table does not know; 204 has neither body nor length. */
function contentLengthOf({ status, content_length: length }: Row): unknown {
  if (status === 204) return null;
  return length === null || length === undefined ? expect.any(String) : String(length);
}

function bodyLengthOf({ body, method }: Row): number {
  const [first, last] = body ?? [];
  return method === 'GET' && first !== undefined && last !== undefined ? last - first + 1 : 0;
}

const addFile = (page: Page, torrent: MadeTorrent) =>
  addByEngine(
    page,
    `data:application/x-bittorrent;base64,${torrent.torrentBytes.toString('base64')}`,
  );

test('every row of the range table, from the engine while it downloads and from storage when it is done', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  expect(rows.length).toBeGreaterThanOrEqual(material.counts.cases - 1);
  const torrent = makeTorrent({
    name: 'ranges',
    files: [
      { path: 'pattern.mp4', content: pattern },
      { path: 'rest.bin', content: 3_000_000 },
    ],
    trackers: [tracker.url],
  });
  const { infoHash } = torrent;
  await seeder.throttleUpload(40_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await addFile(page, torrent);
  const url = `stream/${infoHash}/0/pattern.mp4`;

  const fromEngine = await askEveryRow(page, url, `"${infoHash}-0"`);
  expect(fromEngine.seen).toEqual(fromEngine.expected);
  // All of it was answered while the file's extent was still being written, which only the engine may read.
  expect((await shelfOf(page, infoHash))?.files[0]?.isFinished).toBe(false);
  expect((await torrentOf(page, infoHash)).progress).toBeLessThan(1);

  await seeder.throttleUpload(-1);
  await untilTorrent(page, infoHash, (it) => it.completedAt !== null);
  await expect.poll(async () => (await shelfOf(page, infoHash))?.files[0]?.isFinished).toBe(true);
  // No engine from here on: another page, while nobody holds the lock.
  const context = page.context();
  await page.close();
  const alone = await context.newPage();
  await alone.addInitScript(() => {
    navigator.locks.request = () => new Promise<never>(() => undefined);
  });
  await alone.goto(app.url);
  await alone.waitForFunction(() => navigator.serviceWorker.controller !== null);
  const fromStorage = await askEveryRow(alone, url, `"${infoHash}-0"`);
  expect(fromStorage.seen).toEqual(fromStorage.expected);
  expect((await callApi(alone, 'GET', 'health')).status).toBe(503);
});

test('a service worker that was stopped answers again, and a video in the middle of it plays on', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = minuteTorrent();
  await seeder.throttleUpload(150_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await addByEngine(page, torrent.magnet([tracker.url]));
  const { files } = await untilTorrent(page, torrent.infoHash, (it) => it.files.length > 0);
  await page.evaluate(async (src) => {
    const video = document.createElement('video');
    video.id = 'under-test';
    video.muted = true;
    video.src = src;
    document.body.append(video);
    await video.play();
  }, files[0]!.streamUrl);
  const video = page.locator('#under-test');
  const at = () =>
    video.evaluate(({ currentTime, buffered, error }: HTMLVideoElement) => {
      // How far it can play with what it has. The end of the file is there too: the index is at the end.
      const ends = Array.from({ length: buffered.length }, (_, i) => buffered.end(i));
      return {
        currentTime,
        canReach: ends.find((end) => end >= currentTime) ?? currentTime,
        error: error?.message ?? null,
      };
    });
  await expect.poll(async () => (await at()).currentTime).toBeGreaterThan(0.3);

  await stopServiceWorker(page);
  const stopped = await at();
  expect(stopped.canReach).toBeLessThan(50);
  expect((await torrentOf(page, torrent.infoHash)).progress).toBeLessThan(1);
  // A read of the part that has arrived, by a service worker that knows nothing yet.
  const first = await page.evaluate(async (src) => {
    const response = await fetch(src, { headers: { Range: 'bytes=0-15' } });
    return { status: response.status, length: (await response.arrayBuffer()).byteLength };
  }, files[0]!.streamUrl);
  expect(first).toEqual({ status: 206, length: 16 });
  await seeder.throttleUpload(-1);
  await video.evaluate((element: HTMLVideoElement) => {
    element.playbackRate = 8;
  });
  await expect
    .poll(async () => (await at()).currentTime, { timeout: 20_000 })
    .toBeGreaterThan(stopped.canReach + 1);
  expect((await at()).error).toBeNull();

  // And once more when it is finished, from storage.
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  await stopServiceWorker(page);
  const whole = await page.evaluate(async (src) => {
    const response = await fetch(src);
    const digest = await crypto.subtle.digest('SHA-256', await response.arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }, files[0]!.streamUrl);
  expect(whole).toBe(sha256(torrent.content));
});

test('a file that lies across extents reads in one go and by ranges over the seam', async ({
  page,
  app,
}) => {
  // Extents are 64 MiB at most: the seam is inside the second file.
  const sizes = [38_000_000, 30_000_000].map((content, i) => ({ path: `${i}.bin`, content }));
  const spec = { name: 'long', files: sizes, pieceLength: 1_048_576 };
  const seed = await startWebSeed(makeTorrent(spec).files, Infinity);
  const torrent = makeTorrent({ ...spec, webSeeds: [seed.url] });
  const second = torrent.files[1]!.bytes;
  await openRill(page, app.url);
  await addFile(page, torrent);
  const { files } = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  await expect
    .poll(async () => (await shelfOf(page, torrent.infoHash))?.files.map((it) => it.isFinished))
    .toEqual([true, true]);
  await seed.close();
  const shelf = await shelfOf(page, torrent.infoHash);
  const seam = shelf!.extentLengthBytes - shelf!.files[1]!.offsetBytes;
  expect(seam).toBeGreaterThan(0);
  expect(seam).toBeLessThan(second.length);

  const read = await page.evaluate(
    async ({ url, from, to }) => {
      const hex = (buffer: ArrayBuffer) =>
        [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      const whole = await (await fetch(url)).arrayBuffer();
      const part = await fetch(url, { headers: { Range: `bytes=${from}-${to - 1}` } });
      return {
        whole: hex(await crypto.subtle.digest('SHA-256', whole)),
        partStatus: part.status,
        part: hex(await crypto.subtle.digest('SHA-256', await part.arrayBuffer())),
      };
    },
    { url: files[1]!.streamUrl, from: seam - 1_000, to: seam + 1_000 },
  );
  expect(read).toEqual({
    whole: sha256(second),
    partStatus: 206,
    part: sha256(second.subarray(seam - 1_000, seam + 1_000)),
  });
});

test('bytes that nobody has are answered with a reason, not with silence', async ({
  page,
  app,
}) => {
  test.setTimeout(45_000);
  await openRill(page, app.url);
  const torrent = makeTorrent({ name: 'nobody.mp4', files: 200_000 });
  await addFile(page, torrent);
  const path = `stream/${torrent.infoHash}/0/nobody.mp4`;
  const ask = (url: string, method = 'GET') =>
    page.evaluate(
      async ({ url, method }) => {
        const startedMs = performance.now();
        const response = await fetch(url, { method, headers: { Range: 'bytes=100000-' } });
        const text = await response.text();
        return {
          status: response.status,
          retryAfter: response.headers.get('retry-after'),
          kind: text && (JSON.parse(text) as { error: { kind: string } }).error.kind,
          tookMs: performance.now() - startedMs,
        };
      },
      { url, method },
    );
  // What is known is said at once, whatever is missing.
  expect(await ask(path, 'HEAD')).toMatchObject({ status: 200 });
  expect(await ask(`stream/${torrent.infoHash}/7/x.mp4`)).toMatchObject({
    status: 404,
    kind: 'unknown-file',
  });
  expect(await ask(`stream/${'e'.repeat(40)}/0/x.mp4`)).toMatchObject({
    status: 404,
    kind: 'unknown-torrent',
  });
  const metadataless = makeTorrent({ name: 'unknown inside' });
  await addByEngine(page, metadataless.magnet());
  const inside = await ask(`stream/${metadataless.infoHash}/0/x.mp4`);
  expect(inside).toMatchObject({ status: 503, kind: 'engine-starting' });

  const late = await ask(path);
  expect(late).toMatchObject({ status: 503, kind: 'engine-starting' });
  expect(Number(late.retryAfter)).toBeGreaterThan(0);
  expect(late.tookMs).toBeLessThan(25_000);

  // A paused torrent will not fetch it, so there is nothing to wait for.
  await callApi(page, 'POST', `torrents/${torrent.infoHash}/pause`);
  const paused = await ask(path);
  expect(paused).toMatchObject({ status: 404, kind: 'no-peers' });
  expect(paused.tookMs).toBeLessThan(5_000);
});
