import { expect, test } from '@playwright/test';
import { startAppServer } from '../support/app-server.ts';
import { launchBrowser } from '../support/launch.ts';

test('Chromium finds the app installable, under any base path', async () => {
  const server = await startAppServer({ base: '/some/path/' });
  // A normal profile: what an incognito-like context opens is never installable.
  const { context, close } = await launchBrowser();
  try {
    const page = await context.newPage();
    await page.goto(server.url);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    const devTools = await context.newCDPSession(page);
    const manifest = await devTools.send('Page.getAppManifest');
    expect(manifest.errors).toEqual([]);
    expect(manifest.url).toBe(`${server.url}manifest.webmanifest`);
    const { installabilityErrors } = await devTools.send('Page.getInstallabilityErrors');
    expect(installabilityErrors).toEqual([]);
    // Icons and screenshots are what the manifest says they are.
    const { icons, screenshots } = JSON.parse(manifest.data ?? '{}') as Record<
      string,
      { src: string; sizes: string }[]
    >;
    for (const { src, sizes } of [...(icons ?? []), ...(screenshots ?? [])]) {
      const size = await page.evaluate(async (url) => {
        const { width, height } = await createImageBitmap(await (await fetch(url)).blob());
        return `${width}x${height}`;
      }, src);
      expect(size, src).toBe(sizes);
    }
  } finally {
    await close();
    await server.close();
  }
});
