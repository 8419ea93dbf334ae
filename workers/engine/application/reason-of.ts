/** What a failure of storage or records means to a person. */
import { fail, type RillError } from '../../contract/errors.ts';
import { StorageError } from '../model/chunk-store.ts';

export function reasonOf(error: unknown): RillError {
  if (error instanceof StorageError) return error.reason;
  const message = error instanceof Error ? error.message : String(error);
  return fail('storage-unavailable', `Storage failed: ${message}. Reload the page to try again.`)
    .error;
}
