/** What the service worker may serve with no engine: the shelf of a torrent, as it is stored (contract/shelf.ts). */
import type { Page } from '@playwright/test';
import type { ShelfRecord } from '../../workers/contract/shelf.ts';

/** Resolves with the torrent's shelf, `null` while there is none. */
export function shelfOf(page: Page, infoHash: string): Promise<ShelfRecord | null> {
  return page.evaluate(async (hash) => {
    try {
      const root = await navigator.storage.getDirectory();
      const torrents = await root.getDirectoryHandle('torrents');
      const folder = await torrents.getDirectoryHandle(hash);
      const file = await (await folder.getFileHandle('shelf.json')).getFile();
      return JSON.parse(await file.text()) as ShelfRecord;
    } catch {
      return null;
    }
  }, infoHash);
}
