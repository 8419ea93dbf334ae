// Getting a finished torrent out, as a folder and as a zip, against bare 1 MiB reads of the same stored bytes; and what the
// renderers hold meanwhile. RILL_EXPORT_MB makes it shorter.
import { setTimeout } from 'node:timers/promises';
import { expect, test, type Page } from '@playwright/test';
import { startAppServer } from '../support/app-server.ts';
import { startFileSource } from '../support/file-source.ts';
import { launchBrowser } from '../support/launch.ts';
import { rendererBytes } from '../support/renderer-memory.ts';
import { addByEngine, openRill, untilTorrent } from '../support/rill-page.ts';
import { usePrivateDisk } from '../support/saved-files.ts';
import { shelfOf } from '../support/shelf.ts';
import { makeTorrent } from '../support/torrents.ts';
import { report } from './report.ts';

const TOTAL_BYTES = Number(process.env['RILL_EXPORT_MB'] ?? 2000) * 1e6;
const FILE_COUNT = 4;
const ROUNDS = 3;
const MIB = 1024 * 1024;
const SAMPLE_MS = 100;

test('exporting a finished torrent', async () => {
  const spec = {
    name: 'export',
    pieceLength: 4 * MIB,
    files: Array.from({ length: FILE_COUNT }, (_, i) => ({
      path: `${i}.bin`,
      content: TOTAL_BYTES / FILE_COUNT,
    })),
  };
  const seed = await startFileSource();
  const torrent = makeTorrent({ ...spec, webSeeds: [seed.url] });
  seed.serve(torrent);
  const { infoHash } = torrent;
  const app = await startAppServer();
  const launched = await launchBrowser();
  try {
    const page = await launched.context.newPage();
    await usePrivateDisk(page);
    await openRill(page, app.url);
    const base64 = torrent.torrentBytes.toString('base64');
    await addByEngine(page, `data:application/x-bittorrent;base64,${base64}`);
    await untilTorrent(page, infoHash, (it) => it.completedAt !== null);
    await page.evaluate(async () => (await rill).checkpoint());
    await expect
      .poll(async () => (await shelfOf(page, infoHash))?.files.every((it) => it.isFinished), {
        timeout: 60_000,
      })
      .toBe(true);
    await page.evaluate((hash) => (location.hash = `#/torrent/${hash}`), infoHash);

    const rates: Record<'raw' | 'folder' | 'zip', number[]> = { raw: [], folder: [], zip: [] };
    const growth = { folder: 0, zip: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      rates.raw.push(await rateOf(() => readRaw(page, infoHash)));
      for (const [way, run] of [
        ['folder', () => saveFolder(page)],
        ['zip', () => saveZip(page, infoHash)],
      ] as const) {
        const watch = watchMemory(launched.pid);
        rates[way].push(await rateOf(run));
        growth[way] = Math.max(growth[way], await watch.stop());
        if (way === 'folder') await deleteSaved(page);
      }
    }
    report(`export of ${TOTAL_BYTES / 1e6} MB`, {
      'raw 1 MiB reads, MB/s': rates.raw,
      'folder, MB/s': rates.folder,
      'zip, MB/s': rates.zip,
      'folder ÷ raw (goal ≥ 0.5)': median(rates.folder) / median(rates.raw),
      'zip ÷ raw (goal ≥ 0.5)': median(rates.zip) / median(rates.raw),
      'folder: growth of all renderers, MiB (goal < 64)': growth.folder / MIB,
      'zip: growth of all renderers, MiB (goal < 64)': growth.zip / MIB,
    });
    expect(median(rates.folder) / median(rates.raw)).toBeGreaterThanOrEqual(0.5);
    expect(growth.folder / MIB).toBeLessThan(64);
    expect(growth.zip / MIB).toBeLessThan(64);
  } finally {
    await launched.close();
    await Promise.all([app.close(), seed.close()]);
  }
});

/** Every stored byte once, in reads of 1 MiB, thrown away. */
function readRaw(page: Page, infoHash: string): Promise<void> {
  return page.evaluate(async (hash) => {
    const root = await navigator.storage.getDirectory();
    const folder = await (await root.getDirectoryHandle('torrents')).getDirectoryHandle(hash);
    type Files = { values(): AsyncIterable<FileSystemFileHandle> };
    // TypeScript's DOM library does not know that handles can be iterated; only files lie here.
    for await (const handle of (folder as unknown as Files).values()) {
      if (!/^\d+$/.test(handle.name)) continue;
      const file = await handle.getFile();
      for (let at = 0; at < file.size; at += 2 ** 20)
        await file.slice(at, at + 2 ** 20).arrayBuffer();
    }
  }, infoHash);
}

/** The page's own button, into a folder of the origin-private file system. */
async function saveFolder(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save all files' }).click();
  await page
    .getByRole('group', { name: 'Saving export' })
    .getByText(/^Saved,/)
    .waitFor({ timeout: 300_000 });
}

async function deleteSaved(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Dismiss export' }).click();
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry('the-disk', { recursive: true });
  });
}

/** As a browser without pickers saves it: a download, written to a file and then deleted. */
async function saveZip(page: Page, infoHash: string): Promise<void> {
  const downloading = page.waitForEvent('download');
  await page.evaluate((hash) => {
    const link = document.createElement('a');
    link.href = `save/${hash}.zip`;
    link.click();
  }, infoHash);
  const download = await downloading;
  expect(await download.failure()).toBeNull();
  await download.delete();
}

/** Megabytes a second. */
async function rateOf(run: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await run();
  return TOTAL_BYTES / 1e3 / (performance.now() - startedMs);
}

/** Samples until it is stopped, which resolves with the most that was held over what was held at the start. */
function watchMemory(groupId: number) {
  let isOver = false;
  const peak = (async () => {
    const start = await rendererBytes(groupId);
    let most = start;
    while (!isOver) {
      most = Math.max(most, await rendererBytes(groupId));
      // Reading /proc without a pause takes one of two cores from the browser: 2 MB/s was all that was left of a zip.
      await setTimeout(SAMPLE_MS);
    }
    return most - start;
  })();
  return {
    stop: () => {
      isOver = true;
      return peak;
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
