/** One download by Rill in a browser of its own. */
import type { Page } from '@playwright/test';
import { launchBrowser } from '../../support/launch.ts';
import '../../support/rill-page.ts';

/** How often it is asked whether the transfer is over, and of how many times once for more. */
const LOOK_MS = 250;
const LOOKS_A_HEALTH = 8;

export interface RillRun {
  readonly transferMs: number;
  readonly longTasks: readonly number[];
  readonly peakQueuedBytes: number;
  readonly peakInFlightPieces: number;
  /** How often the engine took less of the machine meanwhile, or more again (application/adjustment.ts). */
  readonly adjustments: number;
  /** Of the transfer's time, how much the page's main thread was doing anything. */
  readonly busyShare: number;
}

/**
 * @param peers how many have to be connected before the transfer starts
 * @param around runs the transfer, in the browser of that process id
 */
export async function runRill(
  appUrl: string,
  magnet: string,
  peers: number,
  around: <Run>(pid: number, run: () => Promise<Run>) => Promise<Run>,
): Promise<RillRun> {
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
    const infoHash = await lookInside(page, magnet, peers);
    const beforeS = await busyS();
    const run = await around(launched.pid, () => downloadInPage(page, infoHash));
    return { ...run, busyShare: ((await busyS()) - beforeS) / (run.transferMs / 1000) };
  } finally {
    await launched.close();
  }
}

/** Metadata first, as stock's clock starts with its first payload byte. */
function lookInside(page: Page, magnet: string, peers: number): Promise<string> {
  return page.evaluate(
    async ({ text, peers }) => {
      const engine = await rill;
      await engine.changeSettings({ trackers: [], stunServers: [] });
      const added = await engine.add({ kind: 'text', text }, { hold: true });
      if (!added.ok) throw new Error(added.error.message);
      for (;;) {
        const held = await engine.torrent(added.value.infoHash);
        if (held.ok && held.value.lengthBytes > 0 && held.value.peerCounts.connected >= peers) {
          return added.value.infoHash;
        }
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    },
    { text: magnet, peers },
  );
}

/** Starts the transfer and looks at it now and then: an answer costs what is measured. It says itself when it was complete, but CPU is read after the last. */
function downloadInPage(page: Page, infoHash: string): Promise<Omit<RillRun, 'busyShare'>> {
  return page.evaluate(
    async ({ hash, LOOK_MS, LOOKS_A_HEALTH }) => {
      const engine = await rill;
      const longTasks: number[] = [];
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longTasks.push(duration);
      });
      observer.observe({ type: 'longtask' });
      const peaks = { peakQueuedBytes: 0, peakInFlightPieces: 0 };
      const startedMs = Date.now();
      await engine.start(hash);
      for (let look = 0; ; look++) {
        if (look % LOOKS_A_HEALTH === 0) {
          const { backpressure } = await engine.health();
          peaks.peakQueuedBytes = Math.max(peaks.peakQueuedBytes, backpressure.queuedBytes);
          peaks.peakInFlightPieces = Math.max(
            peaks.peakInFlightPieces,
            backpressure.inFlightPieces,
          );
        }
        const answer = await engine.torrent(hash);
        if (!answer.ok) throw new Error(answer.error.message);
        const { completedAt } = answer.value;
        if (completedAt) {
          observer.disconnect();
          const page = await engine.events(0, 2_000);
          if (!page.ok) throw new Error(page.error.message);
          const adjustments = page.value.events.filter(({ kind }) => kind === 'session:adjusted');
          const transferMs = Date.parse(completedAt) - startedMs;
          return { transferMs, longTasks, adjustments: adjustments.length, ...peaks };
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    { hash: infoHash, LOOK_MS, LOOKS_A_HEALTH },
  );
}
