/** Stops the service worker as the browser does whenever it likes. */
import type { Page } from '@playwright/test';

/** Name of the lock that the running service worker holds for as long as it runs. */
function aliveLock(page: Page): Promise<string | undefined> {
  return page.evaluate(async () => {
    const { held = [] } = await navigator.locks.query();
    return held.find(({ name }) => name?.startsWith('rill-service-'))?.name;
  });
}

/** Stops every service worker and resolves once the running one is gone; the next request starts another. */
export async function stopServiceWorker(page: Page): Promise<void> {
  const before = await aliveLock(page);
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('ServiceWorker.enable');
  await devTools.send('ServiceWorker.stopAllWorkers');
  // A page that asks for something meanwhile may have started the next one already.
  while (before !== undefined && (await aliveLock(page)) === before)
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  await devTools.detach();
}
