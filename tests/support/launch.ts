// Browsers that tests can kill: Chromium started here, by its process id, and driven over CDP.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext } from '@playwright/test';
import { CHROMIUM_FLAGS, requireChromium } from './find-chromium.mjs';

export interface Profile {
  readonly path: string;
  remove(): Promise<void>;
}

/** A new empty profile folder, kept until `remove()`, so that a second browser can go on with it. */
export async function makeProfile(): Promise<Profile> {
  const path = await mkdtemp(join(tmpdir(), 'rill-profile-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 20 }) };
}

export interface LaunchedBrowser {
  readonly browser: Browser;
  /** The profile's own (persistent) context. */
  readonly context: BrowserContext;
  readonly pid: number;
  /** Ends every process of the browser at once, as a crash would. */
  kill(): Promise<void>;
  /** Closes it in order; a profile made by `launchBrowser` itself is removed. */
  close(): Promise<void>;
}

/** The DevTools address, which Chromium writes into its profile once it listens. */
async function devToolsUrl(profile: string, isGone: () => boolean): Promise<string> {
  const file = join(profile, 'DevToolsActivePort');
  for (let tries = 0; tries < 600 && !isGone(); tries++) {
    const [port, path] = await readFile(file, 'utf8').then(
      (text) => text.trim().split('\n'),
      () => [],
    );
    if (port && path) return `ws://127.0.0.1:${port}${path}`;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
  throw new Error('Chromium did not start');
}

/**
 * Starts a headless Chromium on a persistent profile.
 * @param options.profile from {@link makeProfile}; default: a new one, removed by `close()`
 * @param options.args more command-line flags
 * @param options.canHide its tabs are hidden and frozen as a person's are; by default each believes that it is looked at
 */
export async function launchBrowser(
  options: { profile?: Profile; args?: readonly string[]; canHide?: boolean } = {},
): Promise<LaunchedBrowser> {
  const profile = options.profile ?? (await makeProfile());
  // A killed browser leaves its old port behind.
  await rm(join(profile.path, 'DevToolsActivePort'), { force: true });
  const child = spawn(
    requireChromium(),
    [
      ...CHROMIUM_FLAGS,
      '--headless',
      '--no-default-browser-check',
      '--password-store=basic',
      '--use-mock-keychain',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile.path}`,
      ...(options.args ?? []),
      'about:blank',
    ],
    // Its own process group, so that `kill` reaches renderers and the network process too.
    { stdio: 'ignore', detached: true },
  );
  const gone = once(child, 'exit');
  const isGone = () => child.exitCode !== null || child.signalCode !== null;
  const pid = child.pid;
  if (pid === undefined) throw new Error('Chromium did not start');
  async function kill() {
    if (!isGone()) process.kill(-pid!, 'SIGKILL');
    await gone;
  }
  try {
    const browser = await chromium.connectOverCDP(await devToolsUrl(profile.path, isGone), {
      noDefaults: options.canHide ?? false,
    });
    const context = browser.contexts()[0];
    if (!context) throw new Error('Chromium has no default context');
    return {
      browser,
      context,
      pid,
      kill,
      async close() {
        const session = await browser.newBrowserCDPSession();
        await session.send('Browser.close').catch(() => {});
        await gone;
        if (!options.profile) await profile.remove();
      },
    };
  } catch (error) {
    await kill();
    throw error;
  }
}
