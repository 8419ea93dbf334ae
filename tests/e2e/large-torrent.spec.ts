// A torrent of 50 GB is there at once: its checkpoint is believed, and nothing of it is read before it is used.
import type { Page } from '@playwright/test';
import { launchBrowser } from '../support/launch.ts';
import { openRill } from '../support/rill-page.ts';
import { torrentFileOf } from '../support/synthetic-torrent.ts';
import { seededBytes } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

const MIB = 1024 * 1024;
const PIECES = 50_000;
const SPEC = { name: 'archive.bin', lengthBytes: PIECES * MIB, pieceLength: MIB };
const EXTENT_BYTES = 64 * MIB;
const READY_MS = 1_000;

/** Adds a torrent that does not begin, and resolves with the page gone. */
async function addPaused(page: Page, url: string, torrentBytes: Buffer): Promise<void> {
  await openRill(page, url);
  await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const added = await (await rill).add({ kind: 'torrent-file', bytes });
    if (!added.ok) throw new Error(added.error.message);
  }, torrentBytes.toString('base64'));
  await page.close();
}

/**
 * Leaves behind what an engine that had fetched `pieces` would: extents of their full length (holes take no room on the disk)
 * and a checkpoint that says how they are.
 */
async function leaveBehind(
  page: Page,
  infoHash: string,
  pieces: number,
  generation: number,
): Promise<void> {
  await page.evaluate(
    async ({ infoHash, pieces, generation, lengthBytes, extentBytes, pieceLength }) => {
      const root = await navigator.storage.getDirectory();
      const torrents = await root.getDirectoryHandle('torrents', { create: true });
      const folder = await torrents.getDirectoryHandle(infoHash, { create: true });
      const leave = async (extent: number) => {
        const file = await folder.getFileHandle(String(extent), { create: true });
        const fullBytes = Math.min(extentBytes, lengthBytes - extent * extentBytes);
        if ((await file.getFile()).size !== fullBytes) {
          const writable = await file.createWritable();
          await writable.truncate(fullBytes);
          await writable.close();
        }
        const { size, lastModified } = await file.getFile();
        return { extent, sizeBytes: size, modifiedMs: lastModified };
      };
      const extentCount = Math.ceil((pieces * pieceLength) / extentBytes);
      const extents = await Promise.all(Array.from({ length: extentCount }, (_, k) => leave(k)));
      const have = new Uint8Array(Math.ceil(lengthBytes / pieceLength / 8));
      for (let i = 0; i < pieces; i++) have[i >> 3]! |= 128 >> (i & 7);
      const database = await new Promise<IDBDatabase>((resolve) => {
        const opening = indexedDB.open('rill-resume');
        opening.onsuccess = () => resolve(opening.result);
      });
      const record = {
        version: 2,
        infoHash,
        generation,
        have,
        extents,
        at: new Date().toISOString(),
      };
      await new Promise((resolve) => {
        const writing = database.transaction('resume', 'readwrite');
        writing.objectStore('resume').put(record, `${infoHash}/${generation % 2}`);
        writing.oncomplete = resolve;
      });
      database.close();
    },
    {
      infoHash,
      pieces,
      generation,
      lengthBytes: SPEC.lengthBytes,
      extentBytes: EXTENT_BYTES,
      pieceLength: SPEC.pieceLength,
    },
  );
}

interface Start {
  /** From the making of the engine worker to the first answer that lists the torrent. */
  readonly readyMs: number;
  readonly state: string;
  readonly piecesHave: number;
}

/** Starts the app on a new page and measures there. */
async function start(page: Page, url: string): Promise<Start> {
  await page.addInitScript(() => {
    globalThis.Worker = class extends Worker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        performance.mark('worker');
        super(...given);
      }
    };
  });
  await page.goto(url);
  return page.evaluate(async () => {
    const [torrent] = await (await rill).torrents();
    const { duration } = performance.measure('ready', 'worker');
    return { readyMs: duration, state: torrent!.state, piecesHave: torrent!.piecesHave };
  });
}

test('a torrent of 50 GB and 50,000 pieces is listed and ready within a second', async ({
  app,
}) => {
  const { torrentBytes, infoHash } = torrentFileOf(SPEC, seededBytes(PIECES * 20, 4));
  const launched = await launchBrowser();
  try {
    const { context } = launched;
    const page = await context.newPage();
    await addPaused(page, app.url, torrentBytes);
    const onlooker = await context.newPage();
    await onlooker.goto(`${app.url}manifest.webmanifest`);
    const quota = await context.newCDPSession(onlooker);
    const { origin } = app;
    await quota.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 200 * 2 ** 30 });
    for (const { pieces, state, generation } of [
      { pieces: PIECES - 64, state: 'downloading', generation: 1_000 },
      { pieces: PIECES, state: 'seeding', generation: 2_000 },
    ]) {
      await leaveBehind(onlooker, infoHash, pieces, generation);
      const again = await context.newPage();
      const started = await start(again, app.url);
      console.log(`50 GB ${state}: listed and ready after ${Math.round(started.readyMs)} ms`);
      expect(started).toMatchObject({ state, piecesHave: pieces });
      expect(started.readyMs).toBeLessThan(READY_MS);
      await again.close();
    }
  } finally {
    await launched.close();
  }
});
