// The app's own policy (vite.csp.ts), with the headers file and with the meta tag alone, at an awkward base path.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, type Page } from '@playwright/test';
import { startAppServer } from '../support/app-server.ts';
import { watchViolations } from '../support/violations.ts';

const BASE = "/it's;an,odd/path/";

/** Every way to run a script from where torrent content lives, or text; resolves with those that ran. */
async function attack(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const url = new URL('stream/attack.js', document.baseURI).href;
    const code = 'globalThis.attacked = true; globalThis.postMessage?.("attacked");';
    const blob = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
    const has = () => Boolean((globalThis as { attacked?: boolean }).attacked);
    const settled = (target: EventTarget) =>
      new Promise<boolean>((resolve) => {
        target.addEventListener('load', () => resolve(has()));
        target.addEventListener('error', () => resolve(false));
        target.addEventListener('message', () => resolve(true));
      });
    const attempts: Record<string, () => unknown> = {
      script() {
        const script = document.createElement('script');
        script.src = url;
        document.head.append(script);
        return settled(script);
      },
      'inline script'() {
        const script = document.createElement('script');
        script.textContent = code;
        document.head.append(script);
      },
      import: () => import(/* @vite-ignore */ url),
      'import of a blob': () => import(/* @vite-ignore */ blob),
      worker: () => settled(new Worker(url, { type: 'module' })),
      'worker of a blob': () => settled(new Worker(blob)),
      'service worker': () => navigator.serviceWorker.register(url).then(() => true),
      markup() {
        document.createElement('div').innerHTML = `<img src="data:," onerror="${code}">`;
      },
      // oxlint-disable-next-line no-eval -- that it is refused is what is tested
      eval: () => (0, eval)(code) as unknown,
      // Not in TypeScript's library yet.
      'new policy': () =>
        (
          globalThis as unknown as { trustedTypes: { createPolicy(a: string, b: object): object } }
        ).trustedTypes.createPolicy('attack', {}) && true,
    };
    const ran: string[] = [];
    for (const [name, attempt] of Object.entries(attempts)) {
      const outcome = await Promise.resolve()
        .then(attempt)
        .catch(() => false);
      if (outcome === true || has()) ran.push(name);
      Object.assign(globalThis, { attacked: false });
    }
    return ran;
  });
}

/** `dist/` with a hostile script where torrent content would be; without its headers file when asked. */
async function hostileCopy(keepHeaders: boolean): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'rill-dist-'));
  await cp(fileURLToPath(new URL('../../dist/', import.meta.url)), root, { recursive: true });
  if (!keepHeaders) await rm(join(root, '_headers'));
  await cp(
    fileURLToPath(new URL('../fixtures/attack.js', import.meta.url)),
    join(root, 'stream', 'attack.js'),
  );
  return root;
}

for (const host of [
  { name: 'a host that reads the headers file', keepHeaders: true },
  { name: 'a host that sends no headers', keepHeaders: false },
]) {
  test(`from ${host.name} the app starts without a violation, and nothing else runs`, async ({
    page,
  }) => {
    const root = await hostileCopy(host.keepHeaders);
    const server = await startAppServer({ base: BASE, root });
    try {
      const violations = await watchViolations(page);
      const response = await page.goto(server.url);
      expect('content-security-policy' in (response?.headers() ?? {})).toBe(host.keepHeaders);
      await expect(page.locator('#app')).not.toBeEmpty();
      await expect
        .poll(() => page.evaluate(async () => Boolean(await navigator.serviceWorker.ready)))
        .toBe(true);
      expect(await violations()).toEqual([]);
      expect(await attack(page)).toEqual([]);
    } finally {
      await server.close();
      await rm(root, { recursive: true });
    }
  });
}
