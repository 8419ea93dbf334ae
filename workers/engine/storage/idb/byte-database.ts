/**
 * The database that holds bytes where the browser keeps no files: chunks of pieces (chunks.ts), and a few small records.
 *
 * Invariant: a write that has ended is on the disk. Chromium keeps values of over 64 KiB in files of their own, and only a
 * transaction that asks for the disk itself gets those files there: no later one takes them along (seen with strace).
 */
import { createStore, type UseStore } from 'idb-keyval';

/** A record that is there from the start: gone when everything was taken away. */
export const MARKER_KEY = 'marker';

/** Its object store; the database is opened by the first use, and again after the browser closed it. */
export function openByteDatabase(name = 'rill-bytes'): UseStore {
  const open = createStore(name, 'chunks');
  return (mode, use) =>
    open('readonly', (records) => {
      if (mode === 'readonly') return use(records);
      const { db } = records.transaction;
      const strict = db.transaction(records.name, mode, { durability: 'strict' });
      return use(strict.objectStore(records.name));
    });
}
