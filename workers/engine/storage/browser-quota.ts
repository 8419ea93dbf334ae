/**
 * The one door to `navigator.storage`. Its numbers are for people: Chrome's quota is usage + 10 GiB whatever the disk
 * holds, so nothing is allowed or refused by them; a full disk shows as QuotaExceededError when writing.
 */
import type { StorageSnapshot } from '../../contract/snapshot.ts';

export type BrowserQuota = Pick<StorageSnapshot, 'usedBytes' | 'quotaBytes' | 'persisted'>;

/** The root of the origin-private file system; rejects where there is none (private windows of Firefox and Safari). */
export async function openOpfsRoot(): Promise<FileSystemDirectoryHandle> {
  return navigator.storage.getDirectory();
}

/** What the browser says; what it does not say is 0 or false. Never rejects. */
export async function readBrowserQuota(): Promise<BrowserQuota> {
  const [estimate, persisted] = await Promise.all([
    orNull(async () => navigator.storage.estimate()),
    orNull(async () => navigator.storage.persisted()),
  ]);
  return {
    usedBytes: estimate?.usage ?? 0,
    quotaBytes: estimate?.quota ?? 0,
    persisted: persisted ?? false,
  };
}

async function orNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch {
    return null;
  }
}
