/**
 * Which backend there is to be: files, else IndexedDB, else memory. A full disk is no reason for a worse one: space can be
 * freed, and what is stored already must be found again.
 */
import type { RillError, Result } from '../../contract/errors.ts';
import type { StorageBackend } from './backend.ts';

/** A way of keeping bytes that this browser may not have. */
export interface StorageChoice {
  /** Tries it once; the failure says for a person what is wrong and what to do. */
  probe(): Promise<Result<null>>;
  open(): StorageBackend;
}

export interface StorageChoices {
  readonly opfs: StorageChoice;
  readonly indexedDb: StorageChoice;
  readonly openMemory: () => StorageBackend;
}

export interface ChosenStorage {
  readonly backend: StorageBackend;
  /** Why it is not a better one, for a person; absent for the best. */
  readonly reason?: string;
}

/** Tries the choices in their order; rejects only if a probe does. */
export async function chooseStorage(choices: StorageChoices): Promise<ChosenStorage> {
  const opfs = await whyNot(choices.opfs);
  if (!opfs) return { backend: choices.opfs.open() };
  const indexedDb = await whyNot(choices.indexedDb);
  if (!indexedDb) {
    const reason = `${opfs.message} Until then downloads go to IndexedDB, which holds less and is slower.`;
    return { backend: choices.indexedDb.open(), reason };
  }
  const reason =
    `${opfs.message} ${indexedDb.message} ` +
    'Until then downloads are kept in memory: few fit, and they are gone when this tab is closed.';
  return { backend: choices.openMemory(), reason };
}

/** What keeps it from being chosen, or `null`. */
async function whyNot(choice: StorageChoice): Promise<RillError | null> {
  const probed = await choice.probe();
  return probed.ok || probed.error.kind === 'storage-full' ? null : probed.error;
}
