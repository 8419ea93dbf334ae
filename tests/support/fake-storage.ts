// A Storage port in memory that keeps a journal, crashes on demand and fails when told.
import type { InfoHash } from '../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../workers/contract/settings.ts';
import type { ShelfRecord } from '../../workers/contract/shelf.ts';
import type { StorageSnapshot } from '../../workers/contract/snapshot.ts';
import type {
  Catalogue,
  ResumeRecord,
  TorrentRecord,
} from '../../workers/engine/model/catalogue.ts';
import type { QueuedChunkStore } from '../../workers/engine/model/chunk-store.ts';
import type { PieceMap } from '../../workers/engine/model/piece-map.ts';
import type { Storage } from '../../workers/engine/model/storage.ts';

/** What survives a crash of the engine: hand it to the next FakeStorage. */
export interface Disk {
  readonly torrents: Map<InfoHash, TorrentRecord>;
  readonly resumes: Map<InfoHash, ResumeRecord>;
  readonly shelves: Map<InfoHash, ShelfRecord>;
  readonly pieces: Map<string, Uint8Array>;
  readonly extentSizes: Map<InfoHash, Map<number, number>>;
  settings: Settings;
}

export function emptyDisk(): Disk {
  return {
    torrents: new Map(),
    resumes: new Map(),
    shelves: new Map(),
    pieces: new Map(),
    extentSizes: new Map(),
    settings: DEFAULT_SETTINGS,
  };
}

export type Call =
  | 'open'
  | 'flush'
  | 'saveResume'
  | 'saveShelf'
  | 'saveTorrent'
  | 'saveSettings'
  | 'close'
  | 'destroy'
  | 'deleteTorrent'
  | 'removeTorrent';

export class FakeStorage implements Storage {
  /** What was asked, in its order. */
  readonly journal: Call[] = [];
  /** Calls that fail until taken out again. */
  readonly failing = new Map<Call, Error>();
  /** Awaited within a call, so that a test can hold it. */
  readonly holding = new Map<Call, Promise<void>>();
  readonly stores = new Map<InfoHash, FakeChunkStore>();
  writeQueueBytes = 0;
  readonly catalogue: Catalogue;

  constructor(readonly disk: Disk = emptyDisk()) {
    this.catalogue = this.#catalogue();
  }

  /** Begins a call: into the journal, held and failed as the test wants. */
  async enter(call: Call): Promise<void> {
    this.journal.push(call);
    await this.holding.get(call);
    const error = this.failing.get(call);
    if (error) throw error;
  }

  async open(infoHash: InfoHash, map: PieceMap): Promise<QueuedChunkStore> {
    await this.enter('open');
    const store = new FakeChunkStore(infoHash, map, this);
    this.stores.set(infoHash, store);
    return store;
  }

  async extentSizes(infoHash: InfoHash): Promise<ReadonlyMap<number, number>> {
    return this.disk.extentSizes.get(infoHash) ?? new Map();
  }

  async saveShelf(record: ShelfRecord): Promise<void> {
    await this.enter('saveShelf');
    this.disk.shelves.set(record.infoHash as InfoHash, record);
  }

  async deleteTorrent(infoHash: InfoHash): Promise<void> {
    await this.enter('deleteTorrent');
    this.wipe(infoHash);
  }

  wipe(infoHash: InfoHash): void {
    this.disk.shelves.delete(infoHash);
    this.disk.extentSizes.delete(infoHash);
    for (const key of this.disk.pieces.keys()) {
      if (key.startsWith(infoHash)) this.disk.pieces.delete(key);
    }
  }

  async describe(): Promise<StorageSnapshot> {
    return { backend: 'opfs', usedBytes: 1, quotaBytes: 2, persisted: false };
  }

  setWriteQueueBytes(bytes: number): void {
    this.writeQueueBytes = bytes;
  }

  #catalogue(): Catalogue {
    const { disk } = this;
    return {
      torrents: async () => ({ records: [...disk.torrents.values()], unreadable: [] }),
      saveTorrent: async (record) => {
        await this.enter('saveTorrent');
        disk.torrents.set(record.infoHash, record);
      },
      removeTorrent: async (infoHash, progress) => {
        await this.enter('removeTorrent');
        disk.torrents.delete(infoHash);
        if (progress === 'forget') disk.resumes.delete(infoHash);
      },
      resume: async (infoHash) => disk.resumes.get(infoHash) ?? null,
      saveResume: async (record) => {
        await this.enter('saveResume');
        disk.resumes.set(record.infoHash, record);
      },
      settings: async () => disk.settings,
      saveSettings: async (settings) => {
        await this.enter('saveSettings');
        disk.settings = settings;
      },
    };
  }
}

export class FakeChunkStore implements QueuedChunkStore {
  isPressed = false;
  onRelieved: (() => void) | null = null;
  queuedPieces = 0;
  queuedBytes = 0;
  averageWriteMs = 0;
  isClosed = false;
  readonly reads: string[] = [];
  readError: Error | null = null;

  constructor(
    readonly infoHash: InfoHash,
    readonly map: PieceMap,
    readonly storage: FakeStorage,
  ) {}

  async write(index: number, bytes: Uint8Array): Promise<void> {
    const { disk } = this.storage;
    disk.pieces.set(`${this.infoHash}/${index}`, bytes);
    const sizes = disk.extentSizes.get(this.infoHash) ?? new Map<number, number>();
    disk.extentSizes.set(this.infoHash, sizes);
    const extent = this.map.extentOf(index);
    sizes.set(extent, this.map.extentLengthOf(extent));
  }

  async read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    this.reads.push(`${index}+${offset}:${length}`);
    if (this.readError) throw this.readError;
    const piece = this.storage.disk.pieces.get(`${this.infoHash}/${index}`);
    if (!piece) throw new Error(`piece ${index} was never written`);
    return new Uint8Array(piece.subarray(offset, offset + length));
  }

  flush(): Promise<void> {
    return this.storage.enter('flush');
  }

  async close(): Promise<void> {
    await this.storage.enter('close');
    this.isClosed = true;
  }

  async destroy(): Promise<void> {
    await this.storage.enter('destroy');
    this.isClosed = true;
    this.storage.wipe(this.infoHash);
  }
}
