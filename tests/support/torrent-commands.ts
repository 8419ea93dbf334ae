/** What a person tells the engine of one torrent, by the page's typed client; a refusal fails the test. */
import type { Page } from '@playwright/test';
import type { AddOptions } from '../../workers/contract/engine.ts';
import type { TorrentDetail } from '../../workers/contract/snapshot.ts';
import type { MadeTorrent } from './torrents.ts';

/** Adds the `.torrent` itself, so that nobody has to give the metadata. */
export async function addFile(
  page: Page,
  torrent: MadeTorrent,
  options: AddOptions = {},
): Promise<void> {
  await page.evaluate(
    async ({ base64, options }) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const added = await (await rill).add({ kind: 'torrent-file', bytes }, options);
      if (!added.ok) throw new Error(added.error.message);
    },
    { base64: torrent.torrentBytes.toString('base64'), options },
  );
}

export async function resume(page: Page, { infoHash }: MadeTorrent): Promise<void> {
  await page.evaluate(async (hash) => {
    const resumed = await (await rill).resume(hash);
    if (!resumed.ok) throw new Error(resumed.error.message);
  }, infoHash);
}

/** Removes the torrent with its data. */
export async function remove(page: Page, { infoHash }: MadeTorrent): Promise<void> {
  await page.evaluate(async (hash) => {
    const removed = await (await rill).remove(hash, 'delete');
    if (!removed.ok) throw new Error(removed.error.message);
  }, infoHash);
}

/** Everything that is selected is there, and the engine has said so. */
export function isComplete(torrent: TorrentDetail): boolean {
  return torrent.completedAt !== null && torrent.progress === 1;
}
