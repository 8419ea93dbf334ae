/**
 * Storage in the one kind of context that has sync access handles. Tests call it over the port they send first
 * (storage-worker.ts); every open store has a number.
 */
import { toInfoHash, type InfoHash } from '../../../../../workers/contract/ids.ts';
import type { ShelfRecord } from '../../../../../workers/contract/shelf.ts';
import { StorageError, type ChunkStore } from '../../../../../workers/engine/model/chunk-store.ts';
import type { Clock } from '../../../../../workers/engine/model/deps.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { openOpfsRoot } from '../../../../../workers/engine/storage/browser-quota.ts';
import { IdbCatalogue } from '../../../../../workers/engine/storage/catalogue/catalogue-idb.ts';
import { HandlePool } from '../../../../../workers/engine/storage/opfs/handle-pool.ts';
import { OpfsChunkStore } from '../../../../../workers/engine/storage/opfs/opfs-chunk-store.ts';
import { OpfsStorage } from '../../../../../workers/engine/storage/torrent-storage.ts';
import {
  TorrentFolders,
  openSync,
} from '../../../../../workers/engine/storage/opfs/torrent-folders.ts';

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
const folders = new TorrentFolders(openOpfsRoot, clock);
const pool = new HandlePool(folders.openExtent);
const storage = new OpfsStorage({
  clock,
  catalogue: new IdbCatalogue(() => {}, 'rill-test-worker'),
  writeQueueBytes: 2 ** 20,
});
const stores: ChunkStore[] = [];

export interface MapSpec {
  readonly lengthBytes: number;
  readonly pieceLength: number;
  readonly maxExtentBytes: number;
}
export type StoreMethod = 'write' | 'writeRun' | 'read' | 'flush' | 'close' | 'destroy';

/** What a test may call; the port carries the name and the arguments. */
const api = {
  openStore: (infoHash: InfoHash, spec: MapSpec): number =>
    stores.push(new OpfsChunkStore({ pool, folders, infoHash, map: toMap(spec) })) - 1,
  openQueued: async (infoHash: InfoHash, spec: MapSpec): Promise<number> =>
    stores.push(await storage.open(infoHash, toMap(spec))) - 1,
  callStore: (store: number, method: StoreMethod, args: readonly unknown[]): unknown =>
    (stores[store] as unknown as Record<StoreMethod, (...args: readonly unknown[]) => unknown>)[
      method
    ](...args),
  liveHandles: () => pool.liveHandles,
  extentSizes: (infoHash: string) => storage.extentSizes(toInfoHash(infoHash)!),
  saveShelf: (record: ShelfRecord) => storage.saveShelf(record),
  deleteTorrent: (infoHash: InfoHash) => storage.deleteTorrent(infoHash),
  describe: () => storage.describe(),
  probe: () => OpfsStorage.probe(),
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
export type Reply = { readonly id: number } & (
  | { readonly value: unknown }
  | { readonly error: { name: string; message: string; reason?: StorageError['reason'] } }
);

function toMap(spec: MapSpec): PieceMap {
  return new PieceMap(spec.lengthBytes, spec.pieceLength, spec.maxExtentBytes);
}

async function answer({ id, name, args }: Call): Promise<Reply> {
  try {
    return { id, value: await (api[name] as (...args: readonly unknown[]) => unknown)(...args) };
  } catch (error) {
    const { name: errorName, message } = error as Error;
    const reason = error instanceof StorageError ? { reason: error.reason } : {};
    return { id, error: { name: errorName, message, ...reason } };
  }
}

addEventListener('message', ({ ports: [port] }) => {
  port!.onmessage = async ({ data }: MessageEvent<Call>) => port!.postMessage(await answer(data));
});
