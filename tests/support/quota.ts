/** A disk of any size: Chromium's quota for the app's origin, over CDP. It ends with the page. */
import type { Page } from '@playwright/test';

export interface Quota {
  /** From now on only this many bytes more can be stored. */
  leave(freeBytes: number): Promise<void>;
  /** Bytes that are left, as the browser counts. */
  free(): Promise<number>;
  /** The disk is as large as it was. */
  lift(): Promise<void>;
}

/** The quota holds while the page is open, for browsers of `launchBrowser`; private windows may not keep to it. */
export async function holdQuota(page: Page): Promise<Quota> {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  // Chromium's `estimate()` does not say what the quota really is (FACTS.md), but the usage is true.
  const usage = () => page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
  let quotaSize = Infinity;
  return {
    async leave(freeBytes) {
      quotaSize = (await usage()) + freeBytes;
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
    },
    async free() {
      return quotaSize - (await usage());
    },
    async lift() {
      quotaSize = Infinity;
      await session.send('Storage.overrideQuotaForOrigin', { origin });
    },
  };
}
