import { defineConfig } from '@playwright/test';
import { CHROMIUM_FLAGS, requireChromium } from './tests/support/find-chromium.mjs';

export default defineConfig({
  // Two cores: each test drives up to three browsers, so one at a time.
  workers: 1,
  timeout: 60_000,
  forbidOnly: Boolean(process.env['CI']),
  reporter: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ? [['list'], ['json']] : [['list']],
  use: {
    launchOptions: { executablePath: requireChromium(), args: CHROMIUM_FLAGS },
    trace: 'off',
  },
  projects: [
    { name: 'e2e', testDir: 'tests/e2e', testMatch: '**/*.spec.ts' },
    { name: 'shots', testDir: 'tests/shots', testMatch: '**/*.shot.ts' },
    { name: 'faults', testDir: 'tests/faults', testMatch: '**/*.fault.ts', timeout: 3_600_000 },
    { name: 'soak', testDir: 'tests/soak', testMatch: '**/*.soak.ts', timeout: 1_200_000 },
    { name: 'bench', testDir: 'tests/bench', testMatch: '**/*.bench.ts', timeout: 600_000 },
  ],
});
