// The whole life of a torrent of 2 GiB: memory stays flat in every phase, every byte is right, and all room is given back.
import type { Page } from '@playwright/test';
import type { TorrentDetail } from '../../workers/contract/snapshot.ts';
import { startAppServer } from '../support/app-server.ts';
import { launchBrowser, makeProfile, type LaunchedBrowser } from '../support/launch.ts';
import { callApi } from '../support/local-api.ts';
import { pageGauge, peakGrowth, processGroupGauge, type Gauge } from '../support/memory-watch.ts';
import { openRill, torrentOf, untilTorrent } from '../support/rill-page.ts';
import {
  startSyntheticSeed,
  syntheticHashes,
  torrentFileOf,
} from '../support/synthetic-torrent.ts';
import { sha1 } from '../support/torrents.ts';
import { attachToServiceWorker, attachToWorker, type WorkerGauge } from '../support/worker-heap.ts';
import { expect, test } from '@playwright/test';

const MIB = 1024 * 1024;
const SPEC = { name: 'film.bin', lengthBytes: 2048 * MIB, pieceLength: MIB };
const MAX_GROWTH_BYTES = 64 * MIB;
const MAX_LEFT_BYTES = MIB;
/** Chromium's database writes what changes into a log of up to 4 MiB, deleted records too, before it tidies up. */
const MAX_DATABASE_BYTES = 5 * MIB;

interface Scene {
  readonly page: Page;
  readonly gauges: Readonly<Record<'engine' | 'page' | 'serviceWorker' | 'processes', Gauge>>;
}

/** The app on a new page of the browser, with a gauge on each of its parts. */
async function open(launched: LaunchedBrowser, url: string): Promise<Scene> {
  const page = await launched.context.newPage();
  const engine = await attachToWorker(page, 'engine');
  await openRill(page, url);
  const serviceWorker = await attachToServiceWorker(launched.browser, url);
  await engine.collectGarbage();
  return {
    page,
    gauges: {
      engine: bytesIn(engine),
      page: await pageGauge(page),
      serviceWorker: bytesIn(serviceWorker),
      processes: processGroupGauge(launched.pid),
    },
  };
}

function bytesIn(worker: WorkerGauge): Gauge {
  return async () => {
    const { heapBytes, bufferBytes } = await worker.heap();
    return heapBytes + bufferBytes;
  };
}

/** Runs a phase that moves `bytes`, prints its line, and holds it to the limit. */
async function phase(name: string, bytes: number, { gauges }: Scene, act: () => Promise<void>) {
  const beganMs = performance.now();
  const growth = await peakGrowth(gauges, act);
  const seconds = (performance.now() - beganMs) / 1000;
  const mib = (value: number) => (value / MIB).toFixed(1).padStart(8);
  console.log(
    `${name.padEnd(10)} ${seconds.toFixed(1).padStart(7)} s ${(bytes / 1e6 / seconds).toFixed(0).padStart(6)} MB/s` +
      `   engine ${mib(growth.engine)}  page ${mib(growth.page)}` +
      `  service worker ${mib(growth.serviceWorker)}  (all processes ${mib(growth.processes)})`,
  );
  for (const part of ['engine', 'page', 'serviceWorker'] as const) {
    expect
      .soft(growth[part], `${name}: growth of the ${part}, bytes`)
      .toBeLessThan(MAX_GROWTH_BYTES);
  }
}

interface Used {
  /** What `navigator.storage` says of the origin as a whole. */
  readonly totalBytes: number;
  /** The part of it that is IndexedDB. */
  readonly databaseBytes: number;
}

function usedBy(page: Page): Promise<Used> {
  return page.evaluate(async () => {
    // Chromium tells the kinds apart; TypeScript's DOM library does not know of it.
    interface Estimate extends StorageEstimate {
      readonly usageDetails?: { readonly indexedDB?: number };
    }
    const { usage = 0, usageDetails }: Estimate = await navigator.storage.estimate();
    return { totalBytes: usage, databaseBytes: usageDetails?.indexedDB ?? 0 };
  });
}

async function add(page: Page, torrentBytes: Buffer): Promise<void> {
  await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const added = await (await rill).add({ kind: 'torrent-file', bytes });
    if (!added.ok) throw new Error(added.error.message);
  }, torrentBytes.toString('base64'));
}

/** The SHA-1 in hex over the SHA-1s of all pieces of what `url` answers, read into one buffer again and again. */
function hashOfPieces(page: Page, url: string): Promise<string> {
  return page.evaluate(
    async ({ url, pieceLength, lengthBytes }) => {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${url} answered ${response.status}`);
      const reader = response.body!.getReader({ mode: 'byob' });
      const hashes = new Uint8Array(Math.ceil(lengthBytes / pieceLength) * 20);
      let buffer = new ArrayBuffer(pieceLength);
      for (let piece = 0; piece * 20 < hashes.length; piece++) {
        let filled = 0;
        while (filled < Math.min(pieceLength, lengthBytes - piece * pieceLength)) {
          const { done, value } = await reader.read(new Uint8Array(buffer, filled));
          if (done || !value) throw new Error(`${url} ended in piece ${piece}`);
          filled += value.length;
          buffer = value.buffer;
        }
        const digest = await crypto.subtle.digest('SHA-1', new Uint8Array(buffer, 0, filled));
        hashes.set(new Uint8Array(digest), piece * 20);
      }
      if (!(await reader.read(new Uint8Array(1))).done) throw new Error(`${url} goes on`);
      const whole = new Uint8Array(await crypto.subtle.digest('SHA-1', hashes));
      return [...whole].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    },
    { url, pieceLength: SPEC.pieceLength, lengthBytes: SPEC.lengthBytes },
  );
}

test('2 GiB are fetched, kept over a restart, checked, exported and deleted with flat memory', async () => {
  const hashes = syntheticHashes(SPEC);
  const expectedHash = sha1(hashes).toString('hex');
  const seed = await startSyntheticSeed(SPEC);
  const { torrentBytes, infoHash } = torrentFileOf(SPEC, hashes, [seed.url]);
  const app = await startAppServer();
  const profile = await makeProfile();
  let launched = await launchBrowser({ profile });
  try {
    let scene = await open(launched, app.url);
    const usedBefore = await usedBy(scene.page);
    await phase('download', SPEC.lengthBytes, scene, async () => {
      await add(scene.page, torrentBytes);
      await untilTorrent(scene.page, infoHash, (it) => it.completedAt !== null);
    });
    expect((await usedBy(scene.page)).totalBytes).toBeGreaterThanOrEqual(SPEC.lengthBytes);

    await launched.close();
    launched = await launchBrowser({ profile });
    const restartedMs = performance.now();
    scene = await open(launched, app.url);
    const openMs = performance.now() - restartedMs;
    const restarted = await torrentOf(scene.page, infoHash);
    console.log(
      `restart    ${(openMs / 1000).toFixed(1).padStart(7)} s until the page and its engine are ready`,
    );
    expect(restarted).toMatchObject({ state: 'seeding', piecesHave: hashes.length / 20 });

    await phase('recheck', SPEC.lengthBytes, scene, async () => {
      const { status, body } = await callApi(scene.page, 'POST', `torrents/${infoHash}/recheck`);
      expect(status, JSON.stringify(body)).toBe(200);
      expect((body as TorrentDetail).state).toBe('checking');
      const checked = await untilTorrent(scene.page, infoHash, (it) => it.check === null);
      expect(checked).toMatchObject({ state: 'seeding', piecesHave: hashes.length / 20 });
      expect(checked.errors).toEqual([]);
    });
    await phase('save', SPEC.lengthBytes, scene, async () => {
      const url = `save/${infoHash}/0/${SPEC.name}`;
      expect(await hashOfPieces(scene.page, url)).toBe(expectedHash);
    });
    await phase('stream', SPEC.lengthBytes, scene, async () => {
      const url = restarted.files[0]!.streamUrl;
      expect(await hashOfPieces(scene.page, url)).toBe(expectedHash);
    });
    await phase('delete', SPEC.lengthBytes, scene, async () => {
      await scene.page.evaluate(async (hash) => {
        const removed = await (await rill).remove(hash, 'delete');
        if (!removed.ok) throw new Error(removed.error.message);
      }, infoHash);
    });
    const usedAfter = await usedBy(scene.page);
    console.log('storage in use before the add and after the delete:', usedBefore, usedAfter);
    const withoutDatabase = ({ totalBytes, databaseBytes }: Used) => totalBytes - databaseBytes;
    expect(withoutDatabase(usedAfter) - withoutDatabase(usedBefore)).toBeLessThan(MAX_LEFT_BYTES);
    expect(usedAfter.databaseBytes).toBeLessThan(MAX_DATABASE_BYTES);
  } finally {
    await launched.close();
    await Promise.all([profile.remove(), seed.close(), app.close()]);
  }
});
