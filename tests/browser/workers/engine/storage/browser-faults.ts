/**
 * Faults of the browser's own storage, for the worker in which they are to happen: the methods that write are wrapped, so
 * that one write takes a part of its bytes and throws. Also counts the sync handles that are open.
 */
import type { StorageBackend } from '../../../../../workers/engine/storage/backend.ts';
import type { SyncHandle } from '../../../../../workers/engine/storage/opfs/sync-handle.ts';

type Kind = StorageBackend['kind'];

let torn: Kind | null = null;
let openHandles = 0;

/** The next write of that kind is torn. */
export function tearNextWrite(kind: Kind): void {
  torn = kind;
}

export function liveHandles(): number {
  return openHandles;
}

/** Throws if a write of this kind is to be torn, after `takePart`. */
function tearIf(kind: Kind, takePart: () => void, error: Error): void {
  if (torn !== kind) return;
  torn = null;
  takePart();
  throw error;
}

/** Only workers have it, so it is not in the page's types. */
interface SyncFiles {
  createSyncAccessHandle(): Promise<SyncHandle>;
}

const files = FileSystemFileHandle.prototype as unknown as SyncFiles;
const createSyncAccessHandle = files.createSyncAccessHandle;
files.createSyncAccessHandle = async function (this: SyncFiles): Promise<SyncHandle> {
  const handle = await createSyncAccessHandle.call(this);
  openHandles++;
  let isOpen = true;
  return {
    read: (buffer, options) => handle.read(buffer, options),
    write: (buffer, options) => {
      const half = buffer.subarray(0, buffer.length >> 1);
      const error = new DOMException('torn by a test', 'InvalidStateError');
      tearIf('opfs', () => handle.write(half, options), error);
      return handle.write(buffer, options);
    },
    truncate: (sizeBytes) => handle.truncate(sizeBytes),
    getSize: () => handle.getSize(),
    flush: () => handle.flush(),
    close: () => {
      if (isOpen) openHandles--;
      isOpen = false;
      handle.close();
    },
  };
};

const { put } = IDBObjectStore.prototype;
IDBObjectStore.prototype.put = function (value: unknown, key?: IDBValidKey) {
  const error = new DOMException('torn by a test', 'DataCloneError');
  tearIf('indexeddb', () => put.call(this, value, key), error);
  return put.call(this, value, key);
};

const { slice } = Uint8Array.prototype;
// The browser's own copying is what has to fail, and in this worker alone.
// oxlint-disable-next-line no-extend-native
Object.defineProperty(Uint8Array.prototype, 'slice', {
  value(this: Uint8Array, start?: number, end?: number) {
    tearIf('memory', () => {}, new RangeError('Array buffer allocation failed'));
    return slice.call(this, start, end);
  },
});
