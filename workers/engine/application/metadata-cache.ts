/**
 * The descriptions (`info`, with the hashes of all pieces) of torrents that are not in the library: looked into and not added,
 * or removed. So a link that is opened again needs nobody to say what is inside.
 *
 * Invariants:
 * - at most `memoryBytes` of them are in memory and `storedBytes` in the store, as their `info` counts; what was used longest ago
 *   goes first, from memory before it goes at all;
 * - one that was not used for `keptS` seconds is not given any more, and dropped within a minute;
 * - a torrent of the library is here for a minute at most: its record has its description;
 * - only what hashes to its name is given: what is read back from the store goes through `readInfo`.
 */
import type { InfoHash } from '../../contract/ids.ts';
import type { Deps } from '../model/deps.ts';
import type { MetadataStore, StoredMetadata } from '../model/metadata-store.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { readInfo } from '../readers/torrent-info.ts';

const MEBIBYTE = 1024 * 1024;
const PRUNE_PERIOD_MS = 60_000;
const LIST_PATIENCE_MS = 2_000;

export interface MetadataCacheOptions {
  readonly store: MetadataStore;
  readonly deps: Pick<Deps, 'clock' | 'log'>;
  readonly memoryBytes?: number;
  readonly storedBytes?: number;
  /** Settings.metadataCacheS, as it is now. */
  keptS(): number;
  isInLibrary(infoHash: InfoHash): boolean;
}

interface Entry {
  readonly usedAtMs: number;
  /** `null`: in the store only. */
  readonly meta: TorrentMeta | null;
  /** As it lies in the store. */
  readonly stored: StoredMetadata;
}

export class MetadataCache {
  readonly #options: Required<MetadataCacheOptions>;
  /** Used longest ago first. */
  readonly #entries = new Map<InfoHash, Entry>();
  #listing: Promise<void> | null = null;
  /** What changes the store, one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #hits = 0;
  #misses = 0;

  constructor(options: MetadataCacheOptions) {
    this.#options = { memoryBytes: 8 * MEBIBYTE, storedBytes: 64 * MEBIBYTE, ...options };
    options.deps.clock.every(PRUNE_PERIOD_MS, () => void this.#list().then(() => this.#prune()));
  }

  /** How often `recall` had an answer since the engine began, and how often not; and how many are kept. */
  get counts(): { readonly hits: number; readonly misses: number; readonly entries: number } {
    return { hits: this.#hits, misses: this.#misses, entries: this.#entries.size };
  }

  /** What is known of a torrent that is not in the library, or `null`. At once when it is in memory. Never rejects. */
  async recall(infoHash: InfoHash): Promise<TorrentMeta | null> {
    const meta = this.#fresh(infoHash)?.meta ?? (await this.#readBack(infoHash));
    if (meta) this.#hits++;
    else this.#misses++;
    const entry = this.#entries.get(infoHash);
    if (meta && entry) this.#enter(meta, entry.stored);
    return meta;
  }

  /** The torrent is described so: it is looked into, or was removed. Resolves when the store has it. Never rejects. */
  async keep(meta: TorrentMeta): Promise<void> {
    const { infoHash, infoBytes } = meta;
    if (this.#options.keptS() === 0 || this.#options.isInLibrary(infoHash)) return;
    await this.#list();
    const before = this.#entries.get(infoHash);
    const usedAtMs = this.#options.deps.clock.now();
    const stored = { infoHash, usedAtMs, lengthBytes: infoBytes.length };
    this.#enter(meta, stored);
    const saved = this.#change((store) => store.save(stored, infoBytes));
    if (before && before.stored.usedAtMs !== usedAtMs) this.#forget([before.stored]);
    this.#prune();
    await saved;
  }

  #enter(meta: TorrentMeta, stored: StoredMetadata): void {
    this.#entries.delete(stored.infoHash);
    this.#entries.set(stored.infoHash, { usedAtMs: this.#options.deps.clock.now(), meta, stored });
  }

  async #readBack(infoHash: InfoHash): Promise<TorrentMeta | null> {
    await this.#list();
    const entry = this.#fresh(infoHash);
    if (!entry) return null;
    const bytes = await this.#options.store.load(entry.stored).catch((error: unknown) => {
      this.#failed(error);
      return null;
    });
    const read = bytes && (await readInfo(bytes, infoHash));
    if (read?.ok) return read.value;
    this.#drop([infoHash]);
    return null;
  }

  #fresh(infoHash: InfoHash): Entry | null {
    const entry = this.#entries.get(infoHash);
    return entry && entry.usedAtMs > this.#expiryMs ? entry : null;
  }

  /** What was used last then or earlier is too old. */
  get #expiryMs(): number {
    return this.#options.deps.clock.now() - this.#options.keptS() * 1000;
  }

  #prune(): void {
    const { memoryBytes, storedBytes, isInLibrary } = this.#options;
    const dropped: InfoHash[] = [];
    let keptBytes = 0;
    let rememberedBytes = 0;
    for (const [infoHash, entry] of [...this.#entries].reverse()) {
      if (isInLibrary(infoHash) || entry.usedAtMs <= this.#expiryMs) {
        dropped.push(infoHash);
        continue;
      }
      keptBytes += entry.stored.lengthBytes;
      if (keptBytes > storedBytes) dropped.push(infoHash);
      if (entry.meta) rememberedBytes += entry.stored.lengthBytes;
      if (rememberedBytes > memoryBytes) this.#entries.set(infoHash, { ...entry, meta: null });
    }
    this.#drop(dropped);
  }

  #drop(infoHashes: readonly InfoHash[]): void {
    this.#forget(infoHashes.flatMap((infoHash) => this.#entries.get(infoHash)?.stored ?? []));
    for (const infoHash of infoHashes) this.#entries.delete(infoHash);
  }

  #forget(stored: readonly StoredMetadata[]): void {
    if (stored.length) void this.#change((store) => store.remove(stored));
  }

  /** Learns once what an earlier engine left in the store; of two of one torrent the newer counts. */
  #list(): Promise<void> {
    this.#listing ??= this.#inTime(this.#options.store.list()).then(
      (found) => {
        const older: StoredMetadata[] = [];
        for (const stored of found.toSorted((a, b) => a.usedAtMs - b.usedAtMs)) {
          const { infoHash, usedAtMs } = stored;
          const before = this.#entries.get(infoHash);
          if (before) older.push(before.stored);
          this.#entries.delete(infoHash);
          this.#entries.set(infoHash, { usedAtMs, meta: null, stored });
        }
        this.#forget(older);
      },
      (error: unknown) => this.#failed(error),
    );
    return this.#listing;
  }

  /** Whoever adds a torrent does not wait for a database that does not open (FACTS.md). */
  #inTime<T>(listing: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.deps.clock.after(LIST_PATIENCE_MS, () =>
        reject(new Error('the database does not open')),
      );
      void listing.then(resolve, reject).finally(cancel);
    });
  }

  #change(run: (store: MetadataStore) => Promise<void>): Promise<void> {
    const changed = this.#turn.then(() => run(this.#options.store));
    this.#turn = changed.catch((error: unknown) => this.#failed(error));
    return this.#turn;
  }

  /** It goes on in memory. */
  #failed(error: unknown): void {
    this.#options.deps.log('warning', 'descriptions of torrents could not be kept', error);
  }
}
