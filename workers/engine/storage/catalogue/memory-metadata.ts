/** The descriptions of torrents in memory, for browsers that keep nothing: forgotten when the engine ends. */
import type { MetadataStore, StoredMetadata } from '../../model/metadata-store.ts';
import { metadataKey } from './metadata-key.ts';

/** Nothing here ever rejects. */
export class MemoryMetadata implements MetadataStore {
  readonly #kept = new Map<
    string,
    { readonly stored: StoredMetadata; readonly bytes: Uint8Array }
  >();

  async list(): Promise<readonly StoredMetadata[]> {
    return [...this.#kept.values()].map(({ stored }) => stored);
  }

  async load(stored: StoredMetadata): Promise<Uint8Array | null> {
    return this.#kept.get(metadataKey(stored))?.bytes ?? null;
  }

  async save(stored: StoredMetadata, infoBytes: Uint8Array): Promise<void> {
    this.#kept.set(metadataKey(stored), { stored, bytes: infoBytes.slice() });
  }

  async remove(stored: readonly StoredMetadata[]): Promise<void> {
    for (const one of stored) this.#kept.delete(metadataKey(one));
  }
}
