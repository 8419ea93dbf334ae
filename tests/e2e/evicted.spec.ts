// What the browser took away is known, named and fetched again; what it left is neither hashed nor fetched for nothing.
import type { Page } from '@playwright/test';
import { changeFile, hashFile, removeFile } from '../support/bare-files.ts';
import { expect, test, type Home } from '../support/home.ts';
import { sha256OfStream, torrentOf, untilTorrent } from '../support/rill-page.ts';
import { addFile, isComplete, resume } from '../support/torrent-commands.ts';
import { makeTorrent, sha256, type MadeTorrent } from '../support/torrents.ts';

const MIB = 1024 * 1024;

/** Two extents, of 64 pieces and 4; the second file has bytes in both. */
function twoExtents(sourceUrl: string): MadeTorrent {
  return makeTorrent({
    name: 'album',
    files: [
      { path: 'one.bin', content: 62 * MIB },
      { path: 'two.bin', content: 6 * MIB },
    ],
    pieceLength: MIB,
    webSeeds: [sourceUrl],
  });
}

async function downloadAll(home: Home, torrent: MadeTorrent): Promise<void> {
  const page = await home.open();
  await addFile(page, torrent);
  await untilTorrent(page, torrent.infoHash, isComplete);
  await page.evaluate(async () => (await rill).checkpoint());
}

async function isRight(page: Page, torrent: MadeTorrent): Promise<void> {
  const done = await untilTorrent(page, torrent.infoHash, isComplete);
  for (const [index, { bytes }] of torrent.files.entries()) {
    expect(await sha256OfStream(page, done.files[index]!.streamUrl)).toBe(sha256(bytes));
  }
}

test('extents that are gone, cut short or changed: only those are hashed or fetched again', async ({
  home,
  source,
}) => {
  const torrent = twoExtents(source.url);
  const extent = (index: number) => `torrents/${torrent.infoHash}/${index}`;
  source.serve(torrent);
  await downloadAll(home, torrent);

  // The last extent is gone: the torrent stops, and says how much is missing.
  await home.whileClosed((bare) => removeFile(bare, extent(1)));
  let servedBefore = source.servedBytes;
  let page = await home.open();
  expect(await torrentOf(page, torrent.infoHash)).toMatchObject({
    state: 'paused',
    check: null,
    piecesHave: 64,
    completedAt: null,
    health: { kind: 'evicted', neededBytes: 4 * MIB },
  });
  expect(source.servedBytes).toBe(servedBefore);
  await resume(page, torrent);
  await untilTorrent(page, torrent.infoHash, isComplete);
  expect(source.servedBytes - servedBefore).toBe(4 * MIB);

  // It is cut to half its length, then other bytes are in it. What is left of it is hashed, and the rest fetched.
  for (const change of [{ truncateTo: 2 * MIB }, { flipAt: [77, 4 * MIB - 1] }]) {
    await page.evaluate(async () => (await rill).checkpoint());
    await home.whileClosed((bare) => changeFile(bare, extent(1), change));
    servedBefore = source.servedBytes;
    page = await home.open();
    // The other extent is as it was: its pieces count at once.
    expect((await torrentOf(page, torrent.infoHash)).piecesHave).toBeGreaterThanOrEqual(64);
    await untilTorrent(page, torrent.infoHash, isComplete);
    expect(source.servedBytes - servedBefore).toBe(2 * MIB);
  }
  await isRight(page, torrent);
});

test('everything of a torrent is gone: it is listed, waits, and comes back on request', async ({
  home,
  source,
}) => {
  const torrent = makeTorrent({
    name: 'film.bin',
    files: 6 * MIB,
    pieceLength: 65_536,
    webSeeds: [source.url],
  });
  source.serve(torrent);
  await downloadAll(home, torrent);
  await home.whileClosed((bare) => removeFile(bare, `torrents/${torrent.infoHash}`));
  const page = await home.open();
  expect(await torrentOf(page, torrent.infoHash)).toMatchObject({
    state: 'paused',
    piecesHave: 0,
    health: { kind: 'evicted', neededBytes: 6 * MIB },
  });
  expect(source.servedBytes).toBe(6 * MIB);
  await resume(page, torrent);
  await isRight(page, torrent);
  expect(source.servedBytes).toBe(12 * MIB);
});

test('an extent of the same length with other content gives none of its bytes away', async ({
  home,
  source,
}) => {
  const torrent = makeTorrent({
    name: 'film.bin',
    files: 6 * MIB,
    pieceLength: 65_536,
    webSeeds: [source.url],
  });
  source.serve(torrent);
  await downloadAll(home, torrent);
  const path = `torrents/${torrent.infoHash}/0`;
  await home.whileClosed((bare) => changeFile(bare, path, { fillWith: 0xaa }));
  const page = await home.open();
  // Asked for while it is still being hashed, or after: the answer is right.
  await isRight(page, torrent);
  expect(source.servedBytes).toBe(12 * MIB);
  expect(await home.whileClosed((bare) => hashFile(bare, path))).toBe(sha256(torrent.content));
});

test('site data cleared while it runs: the loss is noticed, and what is resumed comes again', async ({
  home,
  source,
}) => {
  const torrent = makeTorrent({
    name: 'film.bin',
    files: 6 * MIB,
    pieceLength: 65_536,
    webSeeds: [source.url],
  });
  source.serve(torrent);
  await downloadAll(home, torrent);
  const page = home.launched.context.pages().at(-1)!;
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.clearDataForOrigin', {
    origin: new URL(home.appUrl).origin,
    storageTypes: 'file_systems',
  });
  await expect(page.getByText(/data of this page was cleared while it ran/)).toBeVisible({
    timeout: 10_000,
  });
  expect(await torrentOf(page, torrent.infoHash)).toMatchObject({
    state: 'paused',
    piecesHave: 0,
    completedAt: null,
    health: { kind: 'evicted', neededBytes: 6 * MIB },
  });
  await resume(page, torrent);
  await isRight(page, torrent);
  // And it stays: what came again is in files that exist.
  await home.restart();
  expect(await torrentOf(await home.open(), torrent.infoHash)).toMatchObject({ progress: 1 });
  expect(source.servedBytes).toBe(12 * MIB);
});
