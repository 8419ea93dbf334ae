// Takes pictures of every scene: `node tests/support/stage/shoot.mjs <folder> [name part]`. Look at them after a change
// of the page. The clip that the player scene shows is the sample, when it has been made.
import { existsSync, mkdirSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { CHROMIUM_FLAGS, findChromium } from '../find-chromium.mjs';

const [folder = '/tmp/rill-shots', only = ''] = process.argv.slice(2);
const clip = ['public/sample/rill-sample.mp4', '/tmp/rill-clip.mp4'].find(existsSync);
const series = 'a1'.repeat(20);
const scenes = {
  empty: '?scene=empty',
  busy: '?scene=busy',
  detail: `?scene=busy#/torrent/${series}`,
  trouble: `?scene=busy#/torrent/${'d4'.repeat(20)}`,
  asking: '?scene=asking',
  refused: '?scene=refused',
  looking: '?scene=looking',
  choosing: '?scene=choosing',
  removing: '?scene=removing',
  toasts: '?scene=toasts',
  starting: '?scene=starting',
  failing: '?scene=failing',
  player: `?scene=busy#/play/${series}/0/clip.mp4`,
  broken: `?scene=busy#/play/${series}/1/gone.mp4`,
  storage: '?scene=storage#/storage',
  memory: '?scene=memory#/storage',
  refusing: '?scene=refusing#/storage',
  full: '?scene=full',
  'full-detail': `?scene=full#/torrent/${series}`,
  evicted: '?scene=evicted',
  'evicted-detail': `?scene=evicted#/torrent/${'8b'.repeat(20)}`,
  checking: '?scene=checking',
  'checking-detail': `?scene=checking#/torrent/${'7a'.repeat(20)}`,
  notices: '?scene=notices',
  audio: `?scene=busy#/play/${'f6'.repeat(20)}/0/01.mp3`,
};
const sizes = {
  wide: { width: 1600, height: 1000 },
  phone: { width: 360, height: 740 },
};

mkdirSync(folder, { recursive: true });
const server = await createServer({
  configFile: false,
  root: '.',
  plugins: [svelte()],
  server: { port: 0, hmr: false },
  logLevel: 'warn',
});
await server.listen();
const base = new URL('tests/support/stage/index.html', server.resolvedUrls?.local[0]);
const executablePath = findChromium();
const browser = await chromium.launch({
  args: CHROMIUM_FLAGS,
  ...(executablePath && { executablePath }),
});
for (const [sizeName, viewport] of Object.entries(sizes)) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    const context = await browser.newContext({
      viewport,
      colorScheme,
      deviceScaleFactor: sizeName === 'phone' ? 2 : 1,
      hasTouch: sizeName === 'phone',
    });
    for (const [name, query] of Object.entries(scenes)) {
      const path = `${folder}/${name}-${sizeName}-${colorScheme}.png`;
      if (!path.includes(only)) continue;
      const page = await context.newPage();
      page.on('pageerror', (error) => console.error(name, error.message));
      await page.route('**/stream/**', (route) =>
        clip && /\/(0|clip)\//.test(route.request().url())
          ? route.fulfill({ path: clip, contentType: 'video/mp4' })
          : route.fulfill({ status: name === 'broken' ? 404 : 503 }),
      );
      await page.goto(new URL(query, base).href);
      await page.waitForTimeout(name === 'player' || name === 'audio' ? 2500 : 900);
      await page.screenshot({ path });
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (overflow > 0) console.error(`${path}: ${overflow} px too wide`);
      await page.close();
    }
    await context.close();
  }
}
await browser.close();
await server.close();
