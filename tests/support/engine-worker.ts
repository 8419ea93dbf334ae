/** The engine worker of a page, as somebody who wishes it ill can reach it. */
import { expect, type Page, type Worker } from '@playwright/test';

/** The newest one. */
export function engineWorker(page: Page): Worker {
  const found = engineWorkers(page).at(-1);
  if (!found) throw new Error('the page has no engine');
  return found;
}

export function engineWorkers(page: Page): Worker[] {
  return page.workers().filter((worker) => worker.url().includes('engine.worker'));
}

/** Resolves when the page has one engine and no more. */
export async function untilOneEngine(page: Page): Promise<void> {
  await expect.poll(() => engineWorkers(page).length).toBe(1);
}

/**
 * Ways of an engine to end. Each begins in a task of its own: Chromium ends no worker while the debugger's own task runs in
 * it, and what is thrown there is nobody's.
 */
export const ENGINE_ENDS = {
  hangs: (page: Page) =>
    engineWorker(page).evaluate(() => {
      setTimeout(() => {
        for (;;);
      }, 0);
    }),
  ends: (page: Page) =>
    engineWorker(page).evaluate(() => {
      setTimeout(() => self.close(), 0);
    }),
  throws: (page: Page) =>
    engineWorker(page).evaluate(() => {
      setTimeout(() => {
        throw new Error('an invariant is broken');
      }, 0);
    }),
} as const;
