// A 200 MB torrent from one stock seeder: Rill against stock webtorrent in a page with its default store, in turns.
import { expect, test, type Page } from '@playwright/test';
import { startAppServer } from '../support/app-server.ts';
import { launchBrowser } from '../support/launch.ts';
import { startStockPeer } from '../support/stock-peer.ts';
import { makeTorrent } from '../support/torrents.ts';
import { startTracker } from '../support/tracker.ts';
import '../support/rill-page.ts';
import { report } from './report.ts';

const MB = 1e6;
const TOTAL_BYTES = 200 * MB;
const ROUNDS = 3;

interface RillRun {
  readonly transferMs: number;
  readonly longTasks: readonly number[];
  readonly peakQueuedBytes: number;
  readonly peakInFlightPieces: number;
  /** Of the transfer's time, how much the page's main thread was doing anything. */
  readonly busyShare: number;
}

test('download of 200 MB from one stock peer', async () => {
  const tracker = await startTracker();
  const seeder = await startStockPeer();
  const app = await startAppServer();
  const torrent = makeTorrent({ name: 'bench.bin', files: TOTAL_BYTES, pieceLength: 262_144 });
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const stock: number[] = [];
  const stockLongTasks: number[] = [];
  const rill: RillRun[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const leecher = await startStockPeer();
      const magnet = torrent.magnet([]);
      const run = await leecher.download(magnet, { trackers: [tracker.url] });
      stock.push(run.transferMs);
      stockLongTasks.push(...run.longTasks);
      await leecher.close();
      rill.push(await runRill(app.url, torrent.magnet([tracker.url])));
    }
  } finally {
    await Promise.all([seeder.close(), tracker.close(), app.close()]);
  }
  const ratio = median(stock) / median(rill.map(({ transferMs }) => transferMs));
  const longTasks = rill.flatMap((run) => run.longTasks);
  report('download 200 MB', {
    'stock MB/s': stock.map((ms) => TOTAL_BYTES / MB / (ms / 1000)),
    'rill MB/s': rill.map(({ transferMs }) => TOTAL_BYTES / MB / (transferMs / 1000)),
    'rill ÷ stock (goal ≥ 1.0)': ratio,
    'page tasks over 50 ms, rill (goal 0)': longTasks.length,
    'page tasks over 50 ms, stock': stockLongTasks.length,
    'page stalled in them, ms, rill and stock': [sum(longTasks), sum(stockLongTasks)],
    'page main thread busy, rill, %': rill.map(({ busyShare }) => busyShare * 100),
    'peak queued MB': Math.max(...rill.map((run) => run.peakQueuedBytes)) / MB,
    'peak pieces in flight': Math.max(...rill.map((run) => run.peakInFlightPieces)),
  });
  expect(rill).toHaveLength(ROUNDS);
});

async function runRill(appUrl: string, magnet: string): Promise<RillRun> {
  const launched = await launchBrowser();
  try {
    const page = await launched.context.newPage();
    await page.goto(appUrl);
    const session = await launched.context.newCDPSession(page);
    await session.send('Performance.enable');
    const busyS = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'TaskDuration')!.value;
    };
    const infoHash = await lookInside(page, magnet);
    const beforeS = await busyS();
    const run = await downloadInPage(page, infoHash);
    return { ...run, busyShare: ((await busyS()) - beforeS) / (run.transferMs / 1000) };
  } finally {
    await launched.close();
  }
}

/** Metadata first, as stock's clock starts with its first payload byte. */
function lookInside(page: Page, magnet: string): Promise<string> {
  return page.evaluate(async (text) => {
    const engine = await rill;
    await engine.changeSettings({ trackers: [], stunServers: [] });
    const added = await engine.add({ kind: 'text', text }, { hold: true });
    if (!added.ok) throw new Error(added.error.message);
    for (;;) {
      const held = await engine.torrent(added.value.infoHash);
      if (held.ok && held.value.lengthBytes > 0 && held.value.peerCounts.connected > 0) {
        return added.value.infoHash;
      }
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }, magnet);
}

/** Starts the transfer and looks at it twice a second, less often than the page itself does. */
function downloadInPage(page: Page, infoHash: string): Promise<Omit<RillRun, 'busyShare'>> {
  return page.evaluate(async (hash) => {
    const engine = await rill;
    const longTasks: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasks.push(duration);
    });
    observer.observe({ type: 'longtask' });
    const peaks = { peakQueuedBytes: 0, peakInFlightPieces: 0 };
    const startedMs = Date.now();
    await engine.start(hash);
    for (;;) {
      const [{ backpressure }, answer] = await Promise.all([engine.health(), engine.torrent(hash)]);
      peaks.peakQueuedBytes = Math.max(peaks.peakQueuedBytes, backpressure.queuedBytes);
      peaks.peakInFlightPieces = Math.max(peaks.peakInFlightPieces, backpressure.inFlightPieces);
      if (!answer.ok) throw new Error(answer.error.message);
      const { completedAt } = answer.value;
      if (completedAt) {
        observer.disconnect();
        return { transferMs: Date.parse(completedAt) - startedMs, longTasks, ...peaks };
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }, infoHash);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
