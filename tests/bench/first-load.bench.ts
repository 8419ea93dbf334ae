// What a first visit downloads before it can show itself: gzipped JavaScript of the page, without engine and player.
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { startAppServer } from '../support/app-server.ts';
import { report } from './report.ts';

test('JavaScript of the first load', async ({ page }) => {
  const app = await startAppServer();
  const sizes = new Map<string, number>();
  page.on('response', async (response) => {
    const isScript = response.request().resourceType() === 'script';
    // The engine is a worker of its own and the service worker comes after the page stands.
    if (!isScript || /engine\.worker|service\.worker/.test(response.url())) return;
    sizes.set(response.url(), gzipSync(await response.body(), { level: 9 }).length);
  });
  await page.goto(app.url, { waitUntil: 'networkidle' });
  await page.getByRole('button', { name: 'Look inside' }).waitFor();
  await app.close();
  const totalBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  report('first load', { 'gzipped JavaScript, kB (goal < 150)': totalBytes / 1000 });
  expect(totalBytes).toBeGreaterThan(0);
});
