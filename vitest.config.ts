import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { CHROMIUM_FLAGS, findChromium } from './tests/support/find-chromium.mjs';
import { browserAliases, defines } from './vite.shared.ts';

const executablePath = findChromium();

/** webtorrent with the same replacements as in the build: as it comes it does not load in Node (FACTS.md). */
const inNode = {
  environment: 'node' as const,
  server: { deps: { inline: [/\/webtorrent\/(index|lib\/[\w-]+)\.js$/] } },
};

export default defineConfig({
  define: defines,
  test: {
    projects: [
      {
        extends: true,
        // Rune classes (`*.svelte.ts`) are compiled, so their thinking is tested without a browser.
        plugins: [svelte()],
        resolve: { alias: browserAliases },
        test: {
          ...inNode,
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          // Only for what hangs: what they compute takes four times as long on a machine that is busy.
          testTimeout: 20_000,
          // As a rule one core is left to a person at work: of two, that would be half the machine.
          maxWorkers: '100%',
          // Other projects have another number of workers, so this one has a turn of its own.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        resolve: { alias: browserAliases },
        test: {
          ...inNode,
          name: 'simulate',
          include: ['tests/simulate/**/*.simulate.ts'],
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        plugins: [svelte()],
        resolve: { alias: browserAliases },
        worker: { format: 'es' },
        // Found while a test runs, a new dependency would reload the page under it: name them all here.
        optimizeDeps: {
          entries: ['src/main.ts', 'workers/*.worker.ts'],
          include: [
            ...['axe-core', 'bittorrent-protocol', 'comlink', 'idb-keyval', 'lt_donthave'],
            ...['streamx', 'svelte', 'valibot'],
            'webtorrent/lib/torrent.js',
          ],
        },
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          testTimeout: 20_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            // Test files share one origin, so one OPFS and one IndexedDB: one file at a time.
            fileParallelism: false,
            // Chromium enforces a storage quota only outside incognito, which its other contexts are.
            provider: playwright({
              persistentContext: true,
              launchOptions: { args: CHROMIUM_FLAGS, ...(executablePath && { executablePath }) },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
