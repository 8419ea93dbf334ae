/**
 * Turns what the browser throws into the one error a store rejects with. The kind says whether space would help; the
 * message says what to do. The browser's own error stays as the cause.
 */
import { StorageError } from '../model/chunk-store.ts';

/**
 * `doing` completes "The browser's storage failed while …". `neededBytes` is what was asked for, reported when there was
 * no room for it. A StorageError passes through untouched.
 */
export function toStorageError(error: unknown, doing: string, neededBytes = 0): StorageError {
  if (error instanceof StorageError) return error;
  if (errorName(error) === 'QuotaExceededError') return storageFull(neededBytes, error);
  return storageUnavailable(
    `The browser's storage failed while ${doing} (${describeError(error)}). ` +
      'Reload the page; if it fails again, check that the disk works and has free space.',
    error,
  );
}

export function storageUnavailable(message: string, cause?: unknown): StorageError {
  return new StorageError({ kind: 'storage-unavailable', message }, { cause });
}

/** The error of a read where nothing is, or no more is. */
export function bytesMissing(message: string, cause?: unknown): StorageError {
  return new StorageError({ kind: 'storage-unavailable', message }, { cause, isMissing: true });
}

/** The error of a store that was closed or destroyed before, or while, it was asked. */
export function storeClosed(): StorageError {
  return storageUnavailable('The store of this torrent is closed. Open the torrent again.');
}

/** The `name` of an error of any kind, or an empty string. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function storageFull(neededBytes: number, cause: unknown): StorageError {
  const mebibytes = Math.max(1, Math.ceil(neededBytes / 2 ** 20));
  return new StorageError(
    {
      kind: 'storage-full',
      message:
        `There is no room for ${mebibytes} MiB more. ` +
        'Remove a torrent together with its data or free space on the disk, then resume.',
      neededBytes,
    },
    { cause },
  );
}
