/** A worker that runs storage for a test, and its stores as if they were here. */
import type { InfoHash } from '../../../../../workers/contract/ids.ts';
import { StorageError } from '../../../../../workers/engine/model/chunk-store.ts';
import type { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import type { RunStore } from '../../../../../workers/engine/storage/run-store.ts';
import type {
  Call,
  Kind,
  Layer,
  MapSpec,
  Reply,
  StoreMethod,
  WorkerApi,
} from './storage.worker.ts';

/** Where the tests keep bytes in IndexedDB, and how many they may keep in memory. */
export const TEST_DATABASE = 'rill-test-bytes';
export const MEMORY_CAP_BYTES = 64 * 1024 * 1024;

type Value<Name extends keyof WorkerApi> = Promise<Awaited<ReturnType<WorkerApi[Name]>>>;

export class StorageWorker {
  readonly #worker = new Worker(new URL('./storage.worker.ts', import.meta.url), {
    type: 'module',
  });
  readonly #port: MessagePort;
  readonly #calls = new Map<number, (reply: Reply) => void>();
  #newestId = 0;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<Reply>) => {
      this.#calls.get(data.id)?.(data);
      this.#calls.delete(data.id);
    };
    this.#worker.postMessage(null, [port2]);
  }

  async call<Name extends keyof WorkerApi>(
    name: Name,
    ...args: Parameters<WorkerApi[Name]>
  ): Value<Name> {
    const id = ++this.#newestId;
    const reply = await new Promise<Reply>((resolve) => {
      this.#calls.set(id, resolve);
      this.#port.postMessage({ id, name, args } satisfies Call);
    });
    if ('value' in reply) return reply.value as Awaited<Value<Name>>;
    const { name: errorName, message, reason, isMissing = false } = reply.error;
    throw reason
      ? new StorageError(reason, { isMissing })
      : Object.assign(new Error(message), { name: errorName });
  }

  async open(kind: Kind, layer: Layer, infoHash: InfoHash, map: PieceMap): Promise<RunStore> {
    const number = await this.call('open', kind, layer, infoHash, toSpec(map));
    const ask = async <T>(method: StoreMethod, ...args: unknown[]): Promise<T> =>
      (await this.call('callStore', number, method, args)) as T;
    return {
      write: (index, bytes) => ask('write', index, bytes),
      writeRun: (first, pieces) => ask('writeRun', first, pieces),
      read: (index, offset, length) => ask('read', index, offset, length),
      flush: () => ask('flush'),
      close: () => ask('close'),
      destroy: () => ask('destroy'),
    };
  }

  /** Ends the worker as a crash would: nothing is flushed or closed. */
  kill(): void {
    this.#worker.terminate();
  }
}

/** What the worker makes the same map of: a map itself cannot be sent. */
export function toSpec({ lengthBytes, pieceLength, extentLengthBytes }: PieceMap): MapSpec {
  return { lengthBytes, pieceLength, maxExtentBytes: extentLengthBytes };
}

/** The bytes of a file in the origin-private file system, or `null` when it is not there. */
export async function readOpfs(path: string): Promise<Uint8Array | null> {
  try {
    const file = await (await openOpfs(path, false)).getFile();
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    if ((error as Error).name === 'NotFoundError') return null;
    throw error;
  }
}

/** The names in a folder of the origin-private file system, sorted; none when it is not there. */
export async function listOpfs(path: string): Promise<string[]> {
  try {
    const names: string[] = [];
    for await (const name of (await openFolder(path ? path.split('/') : [], false)).keys())
      names.push(name);
    return names.sort();
  } catch (error) {
    if ((error as Error).name === 'NotFoundError') return [];
    throw error;
  }
}

export async function writeOpfs(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const writable = await (await openOpfs(path, true)).createWritable();
  await writable.write(bytes);
  await writable.close();
}

export async function openOpfs(path: string, create: boolean): Promise<FileSystemFileHandle> {
  const folders = path.split('/');
  const name = folders.pop()!;
  return (await openFolder(folders, create)).getFileHandle(name, { create });
}

async function openFolder(
  names: readonly string[],
  create: boolean,
): Promise<FileSystemDirectoryHandle> {
  let folder = await navigator.storage.getDirectory();
  for (const name of names) folder = await folder.getDirectoryHandle(name, { create });
  return folder;
}
