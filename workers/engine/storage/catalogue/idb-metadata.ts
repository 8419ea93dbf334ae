/**
 * The descriptions of torrents in IndexedDB, in a database of their own beside those of the catalogue. It is opened with its
 * first use and nothing depends on it: what it loses comes from peers again.
 */
import { createStore, delMany, get, keys, set, type UseStore } from 'idb-keyval';
import type { MetadataStore, StoredMetadata } from '../../model/metadata-store.ts';
import { metadataKey, readMetadataKey } from './metadata-key.ts';

/** Every method rejects with the browser's error. */
export class IdbMetadata implements MetadataStore {
  readonly #prefix: string;
  #opened: UseStore | null = null;

  /** `prefix` begins the name of the database. */
  constructor(prefix = 'rill') {
    this.#prefix = prefix;
  }

  /** What has a key that nobody reads would stay for ever: it is deleted. */
  async list(): Promise<readonly StoredMetadata[]> {
    const found = await keys<IDBValidKey>(this.#store);
    const strange = found.filter((key) => !readMetadataKey(key));
    if (strange.length) await delMany(strange, this.#store);
    return found.flatMap((key) => readMetadataKey(key) ?? []);
  }

  async load(stored: StoredMetadata): Promise<Uint8Array | null> {
    const bytes: unknown = await get(metadataKey(stored), this.#store);
    return bytes instanceof Uint8Array ? bytes : null;
  }

  save(stored: StoredMetadata, infoBytes: Uint8Array): Promise<void> {
    // A view of a larger buffer would take all of that with it.
    return set(metadataKey(stored), infoBytes.slice(), this.#store);
  }

  remove(stored: readonly StoredMetadata[]): Promise<void> {
    return delMany(stored.map(metadataKey), this.#store);
  }

  get #store(): UseStore {
    this.#opened ??= createStore(`${this.#prefix}-metadata`, 'metadata');
    return this.#opened;
  }
}
