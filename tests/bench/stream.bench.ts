// Reading a finished file through Rill's service worker, against `new Response(file)` from a bare one, in turns.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { startAppServer } from '../support/app-server.ts';
import { openRill } from '../support/rill-page.ts';
import { report } from './report.ts';

const TOTAL_BYTES = 256 * 1024 * 1024;
const EXTENT_BYTES = 64 * 1024 * 1024;
const ROUNDS = 5;
const INFO_HASH = '0123456789abcdef0123456789abcdef01234567';

const BARE_WORKER = `
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  if (!event.request.url.endsWith('/file')) return;
  event.respondWith((async () => {
    const root = await navigator.storage.getDirectory();
    return new Response(await (await root.getFileHandle('file')).getFile());
  })());
});`;

test('reading a finished file through /stream', async ({ page, context }) => {
  const folder = await mkdtemp(join(tmpdir(), 'rill-bare-'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>bare</title>');
  await writeFile(join(folder, 'worker.js'), BARE_WORKER);
  const app = await startAppServer();
  const bare = await startAppServer({ root: folder });
  try {
    await openRill(page, app.url);
    await putFinishedTorrent(page);
    const barePage = await context.newPage();
    await barePage.goto(bare.url);
    await putBareFile(barePage);
    const rates: { rill: number[]; bare: number[] } = { rill: [], bare: [] };
    for (let round = 0; round < ROUNDS; round++) {
      rates.bare.push(await readRate(barePage, 'file'));
      rates.rill.push(await readRate(page, `stream/${INFO_HASH}/0/film.mp4`));
    }
    report('finished file, 256 MiB', {
      'bare Response MB/s': rates.bare,
      'rill /stream MB/s': rates.rill,
      'rill ÷ bare (goal ≥ 0.7)': median(rates.rill) / median(rates.bare),
    });
    expect(rates.rill).toHaveLength(ROUNDS);
  } finally {
    await Promise.all([app.close(), bare.close()]);
    await rm(folder, { recursive: true });
  }
});

/** Megabytes a second, by a reader that throws the bytes away. */
function readRate(page: Page, url: string): Promise<number> {
  return page.evaluate(
    async ({ path, total }) => {
      const startedMs = performance.now();
      const response = await fetch(path);
      const reader = response.body!.getReader();
      let bytes = 0;
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        bytes += part.value.length;
      }
      if (bytes !== total) throw new Error(`${path}: ${bytes} bytes of ${total}`);
      return bytes / 1e6 / ((performance.now() - startedMs) / 1000);
    },
    { path: url, total: TOTAL_BYTES },
  );
}

/** What the engine leaves behind for a complete torrent: extents and a shelf record (workers/contract/shelf.ts). */
function putFinishedTorrent(page: Page): Promise<void> {
  return page.evaluate(
    async ({ infoHash, total, extent }) => {
      const root = await navigator.storage.getDirectory();
      const torrents = await root.getDirectoryHandle('torrents', { create: true });
      const folder = await torrents.getDirectoryHandle(infoHash, { create: true });
      const put = async (name: string, content: BlobPart) => {
        const file = await folder.getFileHandle(name, { create: true });
        const writable = await file.createWritable();
        await writable.write(new Blob([content]));
        await writable.close();
        return file.getFile();
      };
      const extents: object[] = [];
      for (let k = 0; k < total / extent; k++) {
        const { size, lastModified } = await put(String(k), new Uint8Array(extent).fill(k));
        extents.push({ extent: k, sizeBytes: size, modifiedMs: lastModified });
      }
      const record = {
        version: 2,
        infoHash,
        name: 'film.mp4',
        lengthBytes: total,
        extentLengthBytes: extent,
        files: [{ path: 'film.mp4', lengthBytes: total, offsetBytes: 0, isFinished: true }],
        extents,
      };
      await put('shelf.json', JSON.stringify(record));
    },
    { infoHash: INFO_HASH, total: TOTAL_BYTES, extent: EXTENT_BYTES },
  );
}

function putBareFile(page: Page): Promise<void> {
  return page.evaluate(async (total) => {
    const root = await navigator.storage.getDirectory();
    const writable = await (await root.getFileHandle('file', { create: true })).createWritable();
    for (let at = 0; at < total; at += 2 ** 26) await writable.write(new Uint8Array(2 ** 26));
    await writable.close();
    const controlled = new Promise((resolve) => {
      navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true });
    });
    await navigator.serviceWorker.register('worker.js');
    await controlled;
  }, TOTAL_BYTES);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
