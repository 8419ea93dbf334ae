// A 200 MB torrent from one stock seeder: Rill against stock webtorrent in a page with its default store, in turns.
import { expect, test, type Page } from '@playwright/test';
import { startAppServer } from '../support/app-server.ts';
import { launchBrowser } from '../support/launch.ts';
import { startStockPeer } from '../support/stock-peer.ts';
import { makeTorrent } from '../support/torrents.ts';
import { startTracker } from '../support/tracker.ts';
import { report } from './report.ts';

const MB = 1e6;
const TOTAL_BYTES = 200 * MB;
const ROUNDS = 3;

interface RillRun {
  readonly transferMs: number;
  readonly longTasks: readonly number[];
  readonly peakQueuedBytes: number;
  readonly peakInFlightPieces: number;
}

test('download of 200 MB from one stock peer', async () => {
  const tracker = await startTracker();
  const seeder = await startStockPeer();
  const app = await startAppServer();
  const torrent = makeTorrent({ name: 'bench.bin', files: TOTAL_BYTES, pieceLength: 262_144 });
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const stock: number[] = [];
  const rill: RillRun[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const leecher = await startStockPeer();
      const magnet = torrent.magnet([]);
      stock.push((await leecher.download(magnet, { trackers: [tracker.url] })).transferMs);
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
    'page tasks over 50 ms (goal 0)': longTasks.length,
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
    return await downloadInPage(page, magnet);
  } finally {
    await launched.close();
  }
}

/** Metadata first, as stock's clock starts with its first payload byte; then the transfer alone is timed. */
function downloadInPage(page: Page, magnet: string): Promise<RillRun> {
  return page.evaluate(async (text) => {
    const engine = await rill;
    await engine.changeSettings({ trackers: [], stunServers: [] });
    const added = await engine.add({ kind: 'text', text }, { hold: true });
    if (!added.ok) throw new Error(added.error.message);
    const { infoHash } = added.value;
    const detail = async () => {
      const answer = await engine.torrent(infoHash);
      if (!answer.ok) throw new Error(answer.error.message);
      return answer.value;
    };
    const until = async (isThere: (it: Awaited<ReturnType<typeof detail>>) => boolean) => {
      for (;;) {
        const now = await detail();
        if (isThere(now)) return now;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await until((it) => it.lengthBytes > 0 && it.peerCounts.connected > 0);
    const longTasks: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasks.push(duration);
    });
    observer.observe({ type: 'longtask' });
    let peakQueuedBytes = 0;
    let peakInFlightPieces = 0;
    const startedMs = Date.now();
    await engine.start(infoHash);
    const done = await until((it) => {
      void engine.health().then(({ backpressure }) => {
        peakQueuedBytes = Math.max(peakQueuedBytes, backpressure.queuedBytes);
        peakInFlightPieces = Math.max(peakInFlightPieces, backpressure.inFlightPieces);
      });
      return it.completedAt !== null;
    });
    const transferMs = Date.parse(done.completedAt!) - startedMs;
    observer.disconnect();
    return { transferMs, longTasks, peakQueuedBytes, peakInFlightPieces };
  }, magnet);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
