/** Backups in a database of their own, for browsers that refuse files. One transaction is one step. */
import { del, get, keys, set, type UseStore } from 'idb-keyval';
import type { BackupFiles } from './backup-files.ts';

export class IdbBackupFiles implements BackupFiles {
  readonly #store: UseStore;

  constructor(store: UseStore) {
    this.#store = store;
  }

  names(): Promise<readonly string[]> {
    return keys<string>(this.#store);
  }

  async read(name: string): Promise<Uint8Array | null> {
    const stored: unknown = await get(name, this.#store);
    return stored instanceof Uint8Array ? stored : null;
  }

  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return set(name, bytes, this.#store);
  }

  remove(name: string): Promise<void> {
    return del(name, this.#store);
  }
}
