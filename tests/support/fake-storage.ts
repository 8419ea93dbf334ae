// A Storage port in memory that keeps a journal, crashes on demand and fails when told.
import type { InfoHash } from '../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../workers/contract/settings.ts';
import type { ExtentStamp, ShelfRecord } from '../../workers/contract/shelf.ts';
import type { StorageSnapshot } from '../../workers/contract/snapshot.ts';
import type {
  Catalogue,
  LibraryState,
  ResumeRecord,
  TorrentRecord,
} from '../../workers/engine/model/catalogue.ts';
import { StorageError, type QueuedChunkStore } from '../../workers/engine/model/chunk-store.ts';
import type { MetadataStore } from '../../workers/engine/model/metadata-store.ts';
import type { EventStore, StoredEvents } from '../../workers/engine/model/event-store.ts';
import type { PieceMap } from '../../workers/engine/model/piece-map.ts';
import type { StatisticsRecord } from '../../workers/engine/model/statistics-record.ts';
import type { Storage } from '../../workers/engine/model/storage.ts';
import { MemoryCooldowns } from '../../workers/engine/storage/catalogue/memory-cooldowns.ts';
import { MemoryMetadata } from '../../workers/engine/storage/catalogue/memory-metadata.ts';

/** What survives a crash of the engine: hand it to the next FakeStorage. */
export interface Disk {
  readonly torrents: Map<InfoHash, TorrentRecord>;
  readonly resumes: Map<InfoHash, ResumeRecord>;
  readonly shelves: Map<InfoHash, ShelfRecord>;
  readonly pieces: Map<string, Uint8Array>;
  readonly extents: Map<InfoHash, Map<number, ExtentStamp>>;
  readonly cooldowns: MemoryCooldowns;
  readonly metadata: MetadataStore;
  settings: Settings;
  statistics: StatisticsRecord | null;
  /** The event log; `unusedId` is `null` where nothing outlives the engine. */
  events: StoredEvents;
}

export function emptyDisk(): Disk {
  return {
    torrents: new Map(),
    resumes: new Map(),
    shelves: new Map(),
    pieces: new Map(),
    extents: new Map(),
    cooldowns: new MemoryCooldowns(),
    metadata: new MemoryMetadata(),
    settings: DEFAULT_SETTINGS,
    statistics: null,
    events: { events: [], unusedId: 1 },
  };
}

export type Call =
  | 'open'
  | 'flush'
  | 'saveResume'
  | 'saveShelf'
  | 'saveTorrent'
  | 'saveSettings'
  | 'saveStatistics'
  | 'close'
  | 'destroy'
  | 'deleteTorrent'
  | 'removeTorrent'
  | EventCall;

/** Of the event log, which is written whenever there is something to tell: not in the journal. */
type EventCall = 'readEvents' | 'reserveEvents' | 'appendEvents';

export class FakeStorage implements Storage {
  /** What was asked, in its order. */
  readonly journal: Call[] = [];
  readonly eventJournal: EventCall[] = [];
  /** Calls that fail until taken out again. */
  readonly failing = new Map<Call, Error>();
  /** Awaited within a call, so that a test can hold it. */
  readonly holding = new Map<Call, Promise<void>>();
  readonly stores = new Map<InfoHash, FakeChunkStore>();
  configured: Pick<Settings, 'writeQueueBytes' | 'readCacheBytes'>[] = [];
  cacheBytes = 0;
  /** What `freeBytes` finds, and what it was asked. */
  roomBytes = Infinity;
  readonly roomAsked: number[] = [];
  /** False once: all was taken away under the open stores. */
  isThere = true;
  backups = 0;
  /** What the catalogue has to say about reading the library. */
  notices: LibraryState['notices'] = [];
  readonly catalogue: Catalogue;
  readonly events: EventStore;

  get cooldowns(): MemoryCooldowns {
    return this.disk.cooldowns;
  }

  constructor(readonly disk: Disk = emptyDisk()) {
    this.catalogue = this.#catalogue();
    this.events = this.#events();
  }

  /** Begins a call: into the journal, held and failed as the test wants. */
  async enter(call: Call): Promise<void> {
    this.journal.push(call);
    await this.#meet(call);
  }

  async #meet(call: Call): Promise<void> {
    await this.holding.get(call);
    const error = this.failing.get(call);
    if (error) throw error;
  }

  get metadata(): MetadataStore {
    return this.disk.metadata;
  }

  async open(infoHash: InfoHash, map: PieceMap): Promise<QueuedChunkStore> {
    await this.enter('open');
    const store = new FakeChunkStore(infoHash, map, this);
    this.stores.set(infoHash, store);
    return store;
  }

  async extentStamps(
    infoHash: InfoHash,
    _map: PieceMap,
    only?: readonly number[],
  ): Promise<ReadonlyMap<number, ExtentStamp>> {
    const all = this.disk.extents.get(infoHash) ?? new Map<number, ExtentStamp>();
    return new Map([...all].filter(([extent]) => only?.includes(extent) ?? true));
  }

  async freeBytes(upToBytes: number): Promise<number> {
    this.roomAsked.push(upToBytes);
    return Math.min(upToBytes, this.roomBytes);
  }

  async isIntact(): Promise<boolean> {
    const { isThere } = this;
    this.isThere = true;
    return isThere;
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
    this.disk.extents.delete(infoHash);
    for (const key of this.disk.pieces.keys()) {
      if (key.startsWith(infoHash)) this.disk.pieces.delete(key);
    }
  }

  async describe(): Promise<StorageSnapshot> {
    return { backend: 'opfs', usedBytes: 1, quotaBytes: 2, persisted: false };
  }

  configure(settings: Pick<Settings, 'writeQueueBytes' | 'readCacheBytes'>): void {
    this.configured.push(settings);
  }

  #events(): EventStore {
    const { disk } = this;
    const enter = (call: EventCall) => {
      this.eventJournal.push(call);
      return this.#meet(call);
    };
    return {
      read: async () => {
        await enter('readEvents');
        return disk.events;
      },
      reserve: async (unusedId) => {
        await enter('reserveEvents');
        if (disk.events.unusedId !== null) disk.events = { ...disk.events, unusedId };
      },
      append: async (events) => {
        await enter('appendEvents');
        disk.events = { ...disk.events, events: [...disk.events.events, ...events] };
      },
    };
  }

  #catalogue(): Catalogue {
    const { disk } = this;
    return {
      torrents: async () => ({ records: [...disk.torrents.values()], notices: this.notices }),
      backUp: async () => {
        this.backups++;
      },
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
      statistics: async () => disk.statistics,
      saveStatistics: async (record) => {
        await this.enter('saveStatistics');
        disk.statistics = record;
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
  hasRoom = true;
  isClosed = false;
  readonly reads: string[] = [];
  readError: Error | null = null;

  constructor(
    readonly infoHash: InfoHash,
    readonly map: PieceMap,
    readonly storage: FakeStorage,
  ) {}

  hasRoomFor(): boolean {
    return this.hasRoom;
  }

  async write(index: number, bytes: Uint8Array): Promise<void> {
    const { disk } = this.storage;
    disk.pieces.set(`${this.infoHash}/${index}`, bytes);
    const stamps = disk.extents.get(this.infoHash) ?? new Map<number, ExtentStamp>();
    disk.extents.set(this.infoHash, stamps);
    const extent = this.map.extentOf(index);
    const sizeBytes = this.map.extentLengthOf(extent);
    const modifiedMs = (stamps.get(extent)?.modifiedMs ?? 0) + 1;
    stamps.set(extent, { extent, sizeBytes, modifiedMs });
  }

  async read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    this.reads.push(`${index}+${offset}:${length}`);
    if (this.readError) throw this.readError;
    const piece = this.storage.disk.pieces.get(`${this.infoHash}/${index}`);
    if (!piece) throw missing(index);
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

function missing(index: number): StorageError {
  const message = `piece ${index} is not there`;
  return new StorageError({ kind: 'storage-unavailable', message }, { isMissing: true });
}
