/** What a failure of storage or records means to a person. */
import { fail, type Result, type RillError } from '../../contract/errors.ts';
import { StorageError } from '../model/chunk-store.ts';

export function reasonOf(error: unknown): RillError {
  if (error instanceof StorageError) return error.reason;
  const message = error instanceof Error ? error.message : String(error);
  return fail('storage-unavailable', `Storage failed: ${message}. Reload the page to try again.`)
    .error;
}

/** A store that fails in the middle of a command is a failure a person can act on, not an exception. */
export async function attempt<T>(run: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await run();
  } catch (error) {
    return { ok: false, error: reasonOf(error) };
  }
}
