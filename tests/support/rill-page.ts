/** Rill's own page as a person has it, with settings under which nothing leaves the machine. */
import type { Page } from '@playwright/test';
import type { RemoteEngine } from '../../src/engine/connection.ts';
import type { Settings } from '../../workers/contract/settings.ts';
import type { TorrentDetail } from '../../workers/contract/snapshot.ts';

declare global {
  /** The page's typed client (src/main.ts). */
  var rill: Promise<RemoteEngine>;
}

/** Opens the app, waits for its engine and service worker, and takes every default tracker and STUN server away. */
export async function openRill(
  page: Page,
  url: string,
  settings: Partial<Settings> = {},
): Promise<void> {
  await page.goto(url);
  await page.evaluate(
    async (patch) => {
      const engine = await rill;
      const changed = await engine.changeSettings(patch);
      if (!changed.ok) throw new Error(changed.error.message);
      if (navigator.serviceWorker.controller) return;
      await new Promise((resolve) => {
        navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true });
      });
    },
    { trackers: [], stunServers: [], ...settings },
  );
}

/** Adds by the page's own dialogue: paste, look inside, confirm. */
export async function addByHand(page: Page, text: string): Promise<void> {
  await page.getByLabel('Magnet link or info hash').fill(text);
  await page.getByRole('button', { name: 'Look inside' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Download/ })
    .click();
}

/** Adds by the typed client and returns the info hash. */
export async function addByEngine(page: Page, text: string): Promise<string> {
  return page.evaluate(async (source) => {
    const added = await (await rill).add({ kind: 'text', text: source });
    if (!added.ok) throw new Error(added.error.message);
    return added.value.infoHash;
  }, text);
}

/** @param options.isWithNextFrame asked once the page draws again: one journey to the browser, where two would be dear */
export async function torrentOf(
  page: Page,
  infoHash: string,
  options: { isWithNextFrame?: boolean } = {},
): Promise<TorrentDetail> {
  return page.evaluate(
    async ({ hash, isWithNextFrame }) => {
      if (isWithNextFrame) await new Promise((resolve) => requestAnimationFrame(resolve));
      const answer = await (await rill).torrent(hash);
      if (!answer.ok) throw new Error(answer.error.message);
      return answer.value;
    },
    { hash: infoHash, isWithNextFrame: options.isWithNextFrame ?? false },
  );
}

/** Resolves once the torrent is as `isThere` says, asking again with each frame of the page. */
export async function untilTorrent(
  page: Page,
  infoHash: string,
  isThere: (torrent: TorrentDetail) => boolean,
): Promise<TorrentDetail> {
  let torrent = await torrentOf(page, infoHash);
  while (!isThere(torrent)) torrent = await torrentOf(page, infoHash, { isWithNextFrame: true });
  return torrent;
}

/** SHA-256 in hex of what the service worker streams for `url`, read as the app itself would. */
export async function sha256OfStream(page: Page, url: string): Promise<string> {
  return page.evaluate(async (path) => {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`the stream answered ${response.status}`);
    const digest = await crypto.subtle.digest('SHA-256', await response.arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }, url);
}
