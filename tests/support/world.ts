/** The world of one test: a tracker, a stock seeder and Rill's server, closed together whatever happens. */
/* oxlint-disable no-empty-pattern -- Playwright reads a fixture's needs from its first parameter, which must be a pattern. */
import { test as base, type Browser } from '@playwright/test';
import { startAppServer, type AppServer } from './app-server.ts';
import { launchForStockPeers, startStockPeer, type StockPeer } from './stock-peer.ts';
import { startTracker, type TestTracker } from './tracker.ts';

interface World {
  readonly tracker: TestTracker;
  readonly seeder: StockPeer;
  /** Starts another stock peer, which is closed when the test is over. */
  readonly startPeer: () => Promise<StockPeer>;
  readonly app: AppServer;
}

/** What the tests of one worker share: starting a browser takes longer than many a test of it. */
interface Workshop {
  readonly stockBrowser: Browser;
}

/** Each part is started only for the tests that name it. */
export const test = base.extend<World, Workshop>({
  stockBrowser: [
    async ({}, use) => {
      const browser = await launchForStockPeers();
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  tracker: async ({}, use) => {
    const tracker = await startTracker();
    await use(tracker);
    await tracker.close();
  },
  seeder: async ({ startPeer }, use) => {
    await use(await startPeer());
  },
  startPeer: async ({ stockBrowser }, use) => {
    const peers: StockPeer[] = [];
    await use(async () => {
      const peer = await startStockPeer({ host: stockBrowser });
      peers.push(peer);
      return peer;
    });
    await Promise.all(peers.map((peer) => peer.close()));
  },
  app: async ({}, use) => {
    const app = await startAppServer();
    await use(app);
    await app.close();
  },
});

export { expect } from '@playwright/test';
