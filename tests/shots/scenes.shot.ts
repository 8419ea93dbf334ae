// Every scene of gallery/scenes.ts on a phone and on a wide screen, in the light and in the dark, for a person to look
// at: `test-results/shots/<scene>-<screen>.png`. `RILL_SCENES=queue,settings` takes those alone.
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { test } from '@playwright/test';
import { build } from 'vite';
import { browserAliases, defines } from '../../vite.shared.ts';
import { startAppServer, type AppServer } from '../support/app-server.ts';
import { SCENES } from './gallery/scenes.ts';

const GALLERY = fileURLToPath(new URL('gallery/', import.meta.url));
const SVELTE_CONFIG = fileURLToPath(new URL('../../svelte.config.js', import.meta.url));
const OUT = fileURLToPath(new URL('../../test-results/', import.meta.url));
const PHONE = { width: 360, height: 740 };
const WIDE = { width: 1280, height: 800 };
const SCREENS = [
  { screen: 'phone-light', viewport: PHONE, colorScheme: 'light', dir: 'ltr' },
  { screen: 'phone-dark', viewport: PHONE, colorScheme: 'dark', dir: 'ltr' },
  { screen: 'wide-light', viewport: WIDE, colorScheme: 'light', dir: 'ltr' },
  { screen: 'wide-dark', viewport: WIDE, colorScheme: 'dark', dir: 'ltr' },
  { screen: 'phone-rtl', viewport: PHONE, colorScheme: 'light', dir: 'rtl' },
] as const;

const wanted = process.env['RILL_SCENES']?.split(',') ?? Object.keys(SCENES);

test.describe.configure({ timeout: 300_000 });
let server: AppServer;

test.beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'warn',
    root: GALLERY,
    base: './',
    define: defines,
    resolve: { alias: browserAliases },
    plugins: [svelte({ configFile: SVELTE_CONFIG })],
    build: { outDir: `${OUT}gallery`, emptyOutDir: true, target: 'es2023', minify: false },
  });
  server = await startAppServer({ root: `${OUT}gallery` });
});
test.afterAll(() => server.close());

for (const { screen, viewport, colorScheme, dir } of SCREENS) {
  test(screen, async ({ browser }) => {
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
    const page = await context.newPage();
    for (const scene of wanted) {
      await page.goto(`${server.url}?scene=${scene}&dir=${dir}`);
      await page.locator('footer').waitFor();
      await page.evaluate(() => {
        for (const details of document.querySelectorAll('details')) details.open = true;
      });
      // As high as the page: what sticks to the edges of the window would hide what is behind it.
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width: viewport.width, height });
      const path = `${OUT}shots/${scene}-${screen}.png`;
      await page.screenshot({ path, animations: 'disabled' });
      await page.setViewportSize(viewport);
    }
    await context.close();
  });
}
