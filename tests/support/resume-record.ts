/** The engine's checkpoints as they lie in IndexedDB, read past the engine (workers/engine/storage/catalogue/resume-table.ts). */
import type { Page } from '@playwright/test';

export interface StoredCheckpoint {
  readonly generation: number;
  /** Indexes of the pieces it calls verified, ascending. */
  readonly pieces: readonly number[];
}

/** The newest checkpoint of the torrent, `null` while there is none. Any page of the origin may ask. */
export function newestCheckpoint(page: Page, infoHash: string): Promise<StoredCheckpoint | null> {
  return page.evaluate(async (hash) => {
    interface Stored {
      readonly generation: number;
      readonly have: Uint8Array;
    }
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open('rill-resume');
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error as Error);
    });
    const records = await new Promise<Stored[]>((resolve, reject) => {
      const keys = IDBKeyRange.bound(`${hash}/0`, `${hash}/1`);
      const reading = database.transaction('resume').objectStore('resume').getAll(keys);
      reading.onsuccess = () => resolve(reading.result as Stored[]);
      reading.onerror = () => reject(reading.error as Error);
    });
    database.close();
    const newest = records.sort((a, b) => b.generation - a.generation)[0];
    if (!newest) return null;
    const pieces: number[] = [];
    for (let i = 0; i < newest.have.length * 8; i++)
      if (newest.have[i >> 3]! & (128 >> (i & 7))) pieces.push(i);
    return { generation: newest.generation, pieces };
  }, infoHash);
}
