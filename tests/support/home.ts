/**
 * A person's own browser: a profile that is kept, holds a quota, and can be looked into while Rill is closed; and a source
 * to download from.
 */
import type { Page } from '@playwright/test';
import { untilUnlocked } from './bare-files.ts';
import { openBarePage } from './bare-page.ts';
import { startFileSource, type FileSource } from './file-source.ts';
import { launchBrowser, makeProfile, type LaunchedBrowser, type Profile } from './launch.ts';
import { openRill } from './rill-page.ts';
import { test as base } from './world.ts';

export class Home {
  private constructor(
    readonly profile: Profile,
    readonly appUrl: string,
    public launched: LaunchedBrowser,
  ) {}

  static async make(appUrl: string): Promise<Home> {
    const profile = await makeProfile();
    return new Home(profile, appUrl, await launchBrowser({ profile }));
  }

  /** The browser is closed in order and started again: nothing is left but what is on the disk. */
  async restart(): Promise<void> {
    await this.launched.close();
    this.launched = await launchBrowser({ profile: this.profile });
  }

  async end(): Promise<void> {
    await this.launched.kill();
    await this.profile.remove();
  }

  /** Opens Rill in a new tab. */
  async open(): Promise<Page> {
    const page = await this.launched.context.newPage();
    await openRill(page, this.appUrl);
    return page;
  }

  /** Closes every tab of Rill, so that nobody holds its storage, and resolves with what `run` finds or does there. */
  async whileClosed<T>(run: (bare: Page) => Promise<T>): Promise<T> {
    const bare = await openBarePage(this.launched.context, this.appUrl);
    const others = this.launched.context.pages().filter((page) => page !== bare);
    await Promise.all(others.map((page) => page.close()));
    try {
      await untilUnlocked(bare);
      return await run(bare);
    } finally {
      // The last tab to close would take the browser with it.
      await this.launched.context.newPage();
      await bare.close();
    }
  }
}

/* oxlint-disable no-empty-pattern -- Playwright reads a fixture's needs from its first parameter, which must be a pattern. */
export const test = base.extend<{ readonly home: Home; readonly source: FileSource }>({
  home: async ({ app }, use) => {
    const home = await Home.make(app.url);
    await use(home);
    await home.end();
  },
  source: async ({}, use) => {
    const source = await startFileSource();
    await use(source);
    await source.close();
  },
});

export { expect } from '@playwright/test';
