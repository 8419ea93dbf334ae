/**
 * Storage in the one kind of context that has sync access handles. Tests call it over the port they send first
 * (storage-worker.ts); every open store has a number.
 */
import { liveHandles, tearNextWrite } from './browser-faults.ts';
import type { InfoHash } from '../../../../../workers/contract/ids.ts';
import type { ShelfRecord } from '../../../../../workers/contract/shelf.ts';
import { StorageError, type ChunkStore } from '../../../../../workers/engine/model/chunk-store.ts';
import type { Clock } from '../../../../../workers/engine/model/deps.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import type { StorageBackend } from '../../../../../workers/engine/storage/backend.ts';
import { openOpfsRoot } from '../../../../../workers/engine/storage/browser-quota.ts';
import { MemoryCatalogue } from '../../../../../workers/engine/storage/catalogue/memory-catalogue.ts';
import { MemoryCooldowns } from '../../../../../workers/engine/storage/catalogue/memory-cooldowns.ts';
import { MemoryMetadata } from '../../../../../workers/engine/storage/catalogue/memory-metadata.ts';
import { openByteDatabase } from '../../../../../workers/engine/storage/idb/byte-database.ts';
import { IdbBackend } from '../../../../../workers/engine/storage/idb/idb-backend.ts';
import { tryRecord } from '../../../../../workers/engine/storage/idb/try-record.ts';
import { MemoryBackend } from '../../../../../workers/engine/storage/memory/memory-backend.ts';
import { OpfsBackend } from '../../../../../workers/engine/storage/opfs/opfs-backend.ts';
import { probeOpfs } from '../../../../../workers/engine/storage/opfs/probe-opfs.ts';
import { openSync } from '../../../../../workers/engine/storage/opfs/torrent-folders.ts';
import { TorrentStorage } from '../../../../../workers/engine/storage/torrent-storage.ts';
import { MEMORY_CAP_BYTES, TEST_DATABASE } from './storage-worker.ts';

export type Kind = StorageBackend['kind'];
/** A store of the backend itself, or one of TorrentStorage, behind the write queue and the read cache. */
export type Layer = 'bare' | 'queued';
export type StoreMethod = 'write' | 'writeRun' | 'read' | 'flush' | 'close' | 'destroy';

export interface MapSpec {
  readonly lengthBytes: number;
  readonly pieceLength: number;
  readonly maxExtentBytes: number;
}

const clock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  every: (periodMs, callback) => {
    const timer = setInterval(callback, periodMs);
    return () => clearInterval(timer);
  },
};
const database = openByteDatabase(TEST_DATABASE);
const backends: Record<Kind, StorageBackend> = {
  opfs: new OpfsBackend(clock),
  indexeddb: new IdbBackend(database),
  memory: new MemoryBackend(MEMORY_CAP_BYTES),
};
const sizes = { writeQueueBytes: 2 ** 20, readCacheBytes: 2 ** 20 };
const storageOf = (kind: Kind, reason?: string) =>
  new TorrentStorage(
    {
      clock,
      backend: backends[kind],
      catalogue: new MemoryCatalogue(),
      cooldowns: new MemoryCooldowns(),
      metadata: new MemoryMetadata(),
      ...(reason && { reason }),
    },
    sizes,
  );
const storages: Record<Kind, TorrentStorage> = {
  opfs: storageOf('opfs'),
  indexeddb: storageOf('indexeddb', 'no files here'),
  memory: storageOf('memory', 'nothing is kept here'),
};
const stores: ChunkStore[] = [];

/** What a test may call; the port carries the name and the arguments. */
const api = {
  open: async (kind: Kind, layer: Layer, infoHash: InfoHash, spec: MapSpec): Promise<number> =>
    stores.push(
      layer === 'bare'
        ? backends[kind].openStore(infoHash, toMap(spec), () => {})
        : await storages[kind].open(infoHash, toMap(spec)),
    ) - 1,
  callStore: (store: number, method: StoreMethod, args: readonly unknown[]): unknown =>
    (stores[store] as unknown as Record<StoreMethod, (...args: readonly unknown[]) => unknown>)[
      method
    ](...args),
  extentStamps: (kind: Kind, infoHash: InfoHash, spec: MapSpec, only?: readonly number[]) =>
    storages[kind].extentStamps(infoHash, toMap(spec), only),
  saveShelf: (kind: Kind, record: ShelfRecord) => storages[kind].saveShelf(record),
  deleteTorrent: (kind: Kind, infoHash: InfoHash) => storages[kind].deleteTorrent(infoHash),
  describe: (kind: Kind) => storages[kind].describe(),
  freeBytes: (kind: Kind, upToBytes: number) => storages[kind].freeBytes(upToBytes),
  isIntact: (kind: Kind) => storages[kind].isIntact(),
  probeOpfs: () => probeOpfs(openOpfsRoot),
  tryRecord: (sizeBytes: number) => tryRecord(database, sizeBytes),
  tearNextWrite,
  liveHandles,
  /** Whether the browser itself takes a file of this size, asked without any code of ours. */
  takesFile: async (sizeBytes: number): Promise<boolean> => {
    const root = await openOpfsRoot();
    const handle = await openSync(await root.getFileHandle('size-test', { create: true }));
    try {
      handle.truncate(sizeBytes);
      return true;
    } catch {
      return false;
    } finally {
      handle.close();
      await root.removeEntry('size-test');
    }
  },
};
export type WorkerApi = typeof api;

export interface Call {
  readonly id: number;
  readonly name: keyof WorkerApi;
  readonly args: readonly unknown[];
}
export interface ReplyError {
  readonly name: string;
  readonly message: string;
  /** Of a StorageError, with `isMissing`. */
  readonly reason?: StorageError['reason'];
  readonly isMissing?: boolean;
}
export type Reply = { readonly id: number } & (
  { readonly value: unknown } | { readonly error: ReplyError }
);

function toMap(spec: MapSpec): PieceMap {
  return new PieceMap(spec.lengthBytes, spec.pieceLength, spec.maxExtentBytes);
}

async function answer({ id, name, args }: Call): Promise<Reply> {
  try {
    return { id, value: await (api[name] as (...args: readonly unknown[]) => unknown)(...args) };
  } catch (error) {
    const { name: errorName, message } = error as Error;
    const { reason, isMissing } = error instanceof StorageError ? error : {};
    return {
      id,
      error: {
        name: errorName,
        message,
        ...(reason && { reason }),
        ...(isMissing && { isMissing }),
      },
    };
  }
}

addEventListener('message', ({ ports: [port] }) => {
  port!.onmessage = async ({ data }: MessageEvent<Call>) => port!.postMessage(await answer(data));
});
