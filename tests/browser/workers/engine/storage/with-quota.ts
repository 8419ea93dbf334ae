/** A disk that is nearly full, by Chromium's own quota, and a person who clears site data. */
import { cdp } from 'vitest/browser';

/** Calls `act` while the origin may store about `roomBytes` more than it does now. */
export async function withQuota(roomBytes: number, act: () => Promise<void>): Promise<void> {
  const { origin } = location;
  const { usage = 0 } = await navigator.storage.estimate();
  await cdp().send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + roomBytes });
  try {
    await act();
  } finally {
    await cdp().send('Storage.overrideQuotaForOrigin', { origin });
  }
}

/** The same for IndexedDB, which asks for its quota anew only when it begins anew: everything in it is lost by that. */
export async function withIdbQuota(roomBytes: number, act: () => Promise<void>): Promise<void> {
  await clearSiteData('indexeddb');
  await withQuota(roomBytes, act);
}

/** What "clear site data" does to one kind of storage, also to what is open. */
export async function clearSiteData(storageTypes: 'indexeddb' | 'file_systems'): Promise<void> {
  await cdp().send('Storage.clearDataForOrigin', { origin: location.origin, storageTypes });
}
