/**
 * Writes the shelf record of a torrent (contract/shelf.ts). A writable file stream works on a copy that takes the file's
 * place when it is closed, so the service worker reads the old record or the new one and never half of one.
 */
import { SHELF_FILE, type ShelfRecord } from '../../../contract/shelf.ts';
import { toStorageError } from '../storage-errors.ts';
import type { TorrentFolders } from './torrent-folders.ts';

/** Replaces the record in one step; rejects with StorageError, and then the old one is still there. */
export async function writeShelf(folders: TorrentFolders, record: ShelfRecord): Promise<void> {
  const json = JSON.stringify(record);
  try {
    const folder = await folders.folder(record.infoHash, true);
    const file = await folder.getFileHandle(SHELF_FILE, { create: true });
    const writable = await file.createWritable();
    try {
      await writable.write(json);
      await writable.close();
    } catch (error) {
      await writable.abort().catch(() => {});
      throw error;
    }
  } catch (error) {
    throw toStorageError(error, 'saving the list of finished files', json.length);
  }
}
