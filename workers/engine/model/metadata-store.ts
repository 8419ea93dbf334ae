/**
 * The port to the descriptions of torrents that are not in the library (application/metadata-cache.ts): kept between starts,
 * and never needed, so whoever keeps them may lose any of them.
 */
import type { InfoHash } from '../../contract/ids.ts';

export interface StoredMetadata {
  readonly infoHash: InfoHash;
  readonly lengthBytes: number;
  /** Milliseconds since 1970. */
  readonly usedAtMs: number;
}

/** Every method rejects with the store's own error. */
export interface MetadataStore {
  /** What there is, without its bytes, in any order. */
  list(): Promise<readonly StoredMetadata[]>;
  /** The raw bytes of `info`, not checked; `null` when they are gone. */
  load(stored: StoredMetadata): Promise<Uint8Array | null>;
  /** Keeps them as they are now. Those that are kept of another time stay. */
  save(stored: StoredMetadata, infoBytes: Uint8Array): Promise<void>;
  remove(stored: readonly StoredMetadata[]): Promise<void>;
}
