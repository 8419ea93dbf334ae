// The engine worker's heap and buffers while it downloads, over the same at its start: bounded, whatever the size.
import { expect, test } from '@playwright/test';
import { startAppServer } from '../support/app-server.ts';
import { launchBrowser } from '../support/launch.ts';
import { addByEngine, openRill, torrentOf } from '../support/rill-page.ts';
import { startStockPeer } from '../support/stock-peer.ts';
import { makeTorrent } from '../support/torrents.ts';
import { startTracker } from '../support/tracker.ts';
import { attachToWorker, type WorkerHeap } from '../support/worker-heap.ts';
import { report } from './report.ts';

const MIB = 1024 * 1024;
const SIZES_MB = [100, 400];

const total = ({ heapBytes, bufferBytes }: WorkerHeap) => heapBytes + bufferBytes;

test('memory of the engine worker while it downloads', async () => {
  const tracker = await startTracker();
  const seeder = await startStockPeer();
  const app = await startAppServer();
  const rows: Record<string, number> = {};
  try {
    for (const sizeMb of SIZES_MB) {
      const torrent = makeTorrent({
        name: `memory-${sizeMb}.bin`,
        files: sizeMb * 1e6,
        pieceLength: 262_144,
        seed: sizeMb,
      });
      await seeder.seed(torrent, { trackers: [tracker.url] });
      const launched = await launchBrowser();
      const page = await launched.context.newPage();
      const worker = await attachToWorker(page, 'engine');
      await openRill(page, app.url);
      await worker.collectGarbage();
      const start = total(await worker.heap());
      await addByEngine(page, torrent.magnet([tracker.url]));
      let peak = 0;
      // One sample for each round trip of the loop: about a hundred a second.
      for (;;) {
        peak = Math.max(peak, total(await worker.heap()));
        const { completedAt } = await torrentOf(page, torrent.infoHash);
        if (completedAt !== null) break;
      }
      await worker.collectGarbage();
      const end = total(await worker.heap());
      rows[`${sizeMb} MB: at start, MiB`] = start / MIB;
      rows[`${sizeMb} MB: peak growth, MiB (goal < 64)`] = (peak - start) / MIB;
      rows[`${sizeMb} MB: growth after, collected, MiB`] = (end - start) / MIB;
      await launched.close();
    }
  } finally {
    await Promise.all([seeder.close(), tracker.close(), app.close()]);
  }
  report('memory of the engine worker', rows);
  expect(Object.keys(rows)).toHaveLength(3 * SIZES_MB.length);
});
