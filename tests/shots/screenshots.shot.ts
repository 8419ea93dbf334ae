// The pictures of public/screenshots, taken from the real app: `npm run shots`. Names are those of open films.
import { readFile } from 'node:fs/promises';
import { test } from '@playwright/test';
import { startAppServer } from '../support/app-server.ts';
import { sampleBytes } from '../support/clip.ts';
import { addByEngine, openRill, untilTorrent } from '../support/rill-page.ts';
import { startStockPeer } from '../support/stock-peer.ts';
import { makeTorrent } from '../support/torrents.ts';
import { startTracker } from '../support/tracker.ts';

const MB = 1_000_000;

const finished = makeTorrent({
  name: 'Spring (2019)',
  files: [
    { path: 'Spring.mp4', content: sampleBytes() },
    { path: 'Spring.en.vtt', content: 4_000 },
  ],
  pieceLength: 16_384,
});
const season = makeTorrent({
  name: 'Caminandes',
  files: ['Llama Drama', 'Gran Dillama', 'Llamigos'].map((title, index) => ({
    path: `Episode ${index + 1} - ${title}.mp4`,
    content: 9 * MB,
  })),
  pieceLength: 65_536,
  seed: 2,
});
const film = makeTorrent({
  name: 'Tears of Steel (2012)',
  files: [{ path: 'Tears of Steel.mkv', content: 40 * MB }],
  pieceLength: 262_144,
  seed: 3,
});

for (const [name, viewport, colorScheme] of [
  ['wide', { width: 1280, height: 800 }, 'light'],
  ['narrow', { width: 390, height: 844 }, 'dark'],
] as const) {
  test(name, async ({ browser }) => {
    const tracker = await startTracker();
    const seeder = await startStockPeer();
    const app = await startAppServer();
    const context = await browser.newContext({ viewport, colorScheme });
    const page = await context.newPage();
    try {
      await openRill(page, app.url);
      for (const torrent of [finished, season, film]) {
        await seeder.seed(torrent, { trackers: [tracker.url] });
      }
      await addByEngine(page, finished.magnet([tracker.url]));
      await untilTorrent(page, finished.infoHash, (it) => it.completedAt !== null);
      await seeder.throttleUpload(4 * MB);
      await addByEngine(page, season.magnet([tracker.url]));
      await addByEngine(page, film.magnet([tracker.url]));
      if (name === 'wide') await page.goto(`${app.url}#/torrent/${season.infoHash}`);
      await untilTorrent(page, film.infoHash, (it) => it.progress > 0.35);
      await page.screenshot({ path: `public/screenshots/${name}.png` });
    } finally {
      await context.close();
      await Promise.all([seeder.close(), tracker.close(), app.close()]);
    }
  });
}

test('the pictures have the sizes the manifest says', async () => {
  const manifest = JSON.parse(await readFile('public/manifest.webmanifest', 'utf8')) as {
    screenshots: { src: string; sizes: string }[];
  };
  for (const { src, sizes } of manifest.screenshots) {
    const png = await readFile(`public/${src.replace(/^\.\//, '')}`);
    const actual = `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`;
    if (actual !== sizes) throw new Error(`${src} is ${actual}, the manifest says ${sizes}`);
  }
});
