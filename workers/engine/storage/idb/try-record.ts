/** Whether IndexedDB keeps bytes: seen by doing it once, because what browsers say of themselves differs. */
import { del, get, set, type UseStore } from 'idb-keyval';
import { fail, ok, type Result } from '../../../contract/errors.ts';
import { describeError, errorName } from '../storage-errors.ts';

/** The most that `crypto.getRandomValues` fills at a time. */
const RANDOM_BYTES = 65_536;

/**
 * Writes a record of `sizeBytes`, reads it back and deletes it. Fails with `storage-full` or `storage-unavailable` and the
 * reason; leaves nothing behind.
 */
export async function tryRecord(database: UseStore, sizeBytes: number): Promise<Result<null>> {
  // A key of its own: another tab may try at this moment.
  const key = `trial-${crypto.randomUUID()}`;
  try {
    await set(key, incompressible(sizeBytes), database);
    const stored: unknown = await get(key, database);
    await del(key, database);
    if (stored instanceof Uint8Array && stored.length === sizeBytes) return ok(null);
    return unavailable('it did not give back what it was given');
  } catch (error) {
    return judge(error, sizeBytes);
  }
}

/** Browsers compress what they store, so zeroes would ask for no room. */
function incompressible(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  for (let at = 0; at < sizeBytes; at += RANDOM_BYTES) {
    crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES));
  }
  return bytes;
}

function judge(error: unknown, sizeBytes: number): Result<null> {
  if (errorName(error) !== 'QuotaExceededError') return unavailable(describeError(error));
  return fail('storage-full', 'The disk is full. Free space on it, then reload the page.', {
    neededBytes: sizeBytes,
  });
}

function unavailable(detail: string): Result<null> {
  return fail(
    'storage-unavailable',
    `This browser's IndexedDB does not work here, as when site data is blocked. Allow this site to store data. (${detail})`,
  );
}
