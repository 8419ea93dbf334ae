/** The player as a person uses it. */
import { expect, type Locator, type Page } from '@playwright/test';

/** Presses the first Play there is, in the library or beside a torrent, and returns the picture. */
export async function pressPlay(page: Page): Promise<Locator> {
  const play = page
    .getByRole('link', { name: /play/i })
    .or(page.getByRole('button', { name: /play/i }));
  await play.first().click();
  return page.locator('video');
}

/** Resolves when the picture has moved past `seconds`. */
export async function untilPast(video: Locator, seconds: number): Promise<void> {
  const currentTime = () => video.evaluate((element: HTMLVideoElement) => element.currentTime);
  await expect
    .poll(currentTime, { message: `the picture moves past ${seconds} s`, timeout: 30_000 })
    .toBeGreaterThan(seconds);
}
