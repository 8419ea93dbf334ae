// The sample needs nobody: no tracker, no peer, no other host, at any base path.
import { startAppServer } from '../support/app-server.ts';
import { sampleBytes } from '../support/clip.ts';
import { pressPlay, untilPast } from '../support/player.ts';
import { sha256OfStream } from '../support/rill-page.ts';
import { sha256 } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

test('the sample downloads and plays from a base path, and asks no other host', async ({
  page,
}) => {
  const app = await startAppServer({ base: '/some/folder/' });
  const strangers: string[] = [];
  page.context().on('request', (request) => {
    if (!request.url().startsWith(app.origin)) strangers.push(request.url());
  });
  page.on('websocket', (socket) => strangers.push(socket.url()));
  try {
    // With the default settings on purpose: the sample must not announce anywhere.
    await page.goto(app.url);
    await page.getByRole('button', { name: 'Try the sample' }).click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Download/ })
      .click();
    const video = await pressPlay(page);
    await untilPast(video, 0.5);
    const streamUrl = await video.evaluate((element: HTMLVideoElement) => element.currentSrc);
    expect(new URL(streamUrl).pathname).toMatch(/^\/some\/folder\/stream\//);
    expect(await sha256OfStream(page, streamUrl)).toBe(sha256(sampleBytes()));
    expect(strangers).toEqual([]);
    const asked = app.requests.filter(({ path }) => path.endsWith('.mp4'));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.every(({ range }) => range?.startsWith('bytes='))).toBe(true);
  } finally {
    await app.close();
  }
});
