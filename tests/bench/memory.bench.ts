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
const CASES = [
  { sizeMb: 100, pieceKib: 256 },
  { sizeMb: 400, pieceKib: 256 },
  { sizeMb: 200, pieceKib: 8_192 },
];

const total = ({ heapBytes, bufferBytes }: WorkerHeap) => heapBytes + bufferBytes;

test('memory of the engine worker while it downloads', async () => {
  const tracker = await startTracker();
  const seeder = await startStockPeer();
  const app = await startAppServer();
  const rows: Record<string, number> = {};
  try {
    for (const { sizeMb, pieceKib } of CASES) {
      const title = `${sizeMb} MB in pieces of ${pieceKib} KiB`;
      const torrent = makeTorrent({
        name: `memory-${sizeMb}-${pieceKib}.bin`,
        files: sizeMb * 1e6,
        pieceLength: pieceKib * 1024,
        seed: sizeMb + pieceKib,
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
      rows[`${title}: at start`] = start / MIB;
      rows[`${title}: peak growth (goal < 64)`] = (peak - start) / MIB;
      rows[`${title}: growth after, collected`] = (end - start) / MIB;
      await launched.close();
    }
  } finally {
    await Promise.all([seeder.close(), tracker.close(), app.close()]);
  }
  report('memory of the engine worker, MiB', rows);
  expect(Object.keys(rows)).toHaveLength(3 * CASES.length);
});
