/** The world of one test: a tracker, a stock seeder and Rill's server, closed together whatever happens. */
/* oxlint-disable no-empty-pattern -- Playwright reads a fixture's needs from its first parameter, which must be a pattern. */
import { test as base } from '@playwright/test';
import { startAppServer, type AppServer } from './app-server.ts';
import { startStockPeer, type StockPeer } from './stock-peer.ts';
import { startTracker, type TestTracker } from './tracker.ts';

interface World {
  readonly tracker: TestTracker;
  readonly seeder: StockPeer;
  readonly app: AppServer;
}

/** Each part is started only for the tests that name it. */
export const test = base.extend<World>({
  tracker: async ({}, use) => {
    const tracker = await startTracker();
    await use(tracker);
    await tracker.close();
  },
  seeder: async ({}, use) => {
    const seeder = await startStockPeer();
    await use(seeder);
    await seeder.close();
  },
  app: async ({}, use) => {
    const app = await startAppServer();
    await use(app);
    await app.close();
  },
});

export { expect } from '@playwright/test';
