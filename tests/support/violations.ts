import type { Page } from '@playwright/test';

/**
 * Collects what the page's Content Security Policy blocks. Call it before the page is opened.
 * @returns reads what was seen since the last load: `directive blocked-URI sample`
 */
export async function watchViolations(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { seenViolations: seen });
    document.addEventListener('securitypolicyviolation', (event) => {
      seen.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  return () =>
    page.evaluate(() => (window as unknown as { seenViolations: string[] }).seenViolations);
}
