import { defineConfig } from '@playwright/test';
import { CHROMIUM_FLAGS, requireChromium } from './tests/support/find-chromium.mjs';

/** What holds the engine to a second or to a rate: with the machine for itself. */
const TIMED = ['large-torrent', 'limits', 'two-tabs', 'watchdog'].map(
  (name) => `**/${name}.spec.ts`,
);

/** Half an hour, on its own: `npm run soak:session`. */
const SESSION_SOAK = '**/session.soak.ts';

export default defineConfig({
  // Two cores. A test waits more than it works, so three at a time, where time is not what it is about.
  workers: 3,
  timeout: 60_000,
  forbidOnly: Boolean(process.env['CI']),
  reporter: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ? [['list'], ['json']] : [['list']],
  use: {
    launchOptions: { executablePath: requireChromium(), args: CHROMIUM_FLAGS },
    trace: 'off',
  },
  projects: [
    { name: 'e2e', testDir: 'tests/e2e', testMatch: '**/*.spec.ts', testIgnore: TIMED },
    { name: 'e2e-timed', workers: 1, testDir: 'tests/e2e', testMatch: TIMED },
    { name: 'shots', workers: 1, testDir: 'tests/shots', testMatch: '**/*.shot.ts' },
    {
      name: 'faults',
      workers: 1,
      testDir: 'tests/faults',
      testMatch: '**/*.fault.ts',
      timeout: 3_600_000,
    },
    {
      name: 'soak',
      workers: 1,
      testDir: 'tests/soak',
      testMatch: '**/*.soak.ts',
      testIgnore: SESSION_SOAK,
      timeout: 1_200_000,
    },
    {
      name: 'soak-session',
      workers: 1,
      testDir: 'tests/soak',
      testMatch: SESSION_SOAK,
      timeout: 7_200_000,
    },
    {
      name: 'bench',
      workers: 1,
      testDir: 'tests/bench',
      testMatch: '**/*.bench.ts',
      timeout: 600_000,
    },
  ],
});
