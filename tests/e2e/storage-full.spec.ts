// A disk that is full stops what needs room and nothing else, says so with true numbers, and is noticed when it is not.
import type { Page } from '@playwright/test';
import type { Health } from '../../workers/contract/engine.ts';
import { openBarePage } from '../support/bare-page.ts';
import { expect, test } from '../support/home.ts';
import { callApi } from '../support/local-api.ts';
import { holdQuota } from '../support/quota.ts';
import { openRill, sha256OfStream, torrentOf, untilTorrent } from '../support/rill-page.ts';
import { addFile, isComplete, remove } from '../support/torrent-commands.ts';
import { makeTorrent, sha256, type MadeTorrent } from '../support/torrents.ts';

const MIB = 1024 * 1024;
/** The engine tries out free space to the MiB, and its own records take some. */
const SLACK_BYTES = 2 * MIB;

/** An extent of 64 MiB and one of 8. */
const twoExtents = (webSeeds: readonly string[], name = 'film.bin') =>
  makeTorrent({ name, files: 72 * MIB, pieceLength: MIB, webSeeds });

async function isRight(page: Page, torrent: MadeTorrent): Promise<void> {
  const done = await untilTorrent(page, torrent.infoHash, isComplete);
  expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
}

test('full in the middle of a download: it waits through a reload and goes on by itself', async ({
  home,
  source,
}) => {
  const torrent = twoExtents([source.url]);
  source.serve(torrent);
  const page = await home.open();
  const quota = await holdQuota(page);
  // One of the extents fits, whichever comes first.
  await quota.leave(68 * MIB);
  await addFile(page, torrent);
  const isFull = (it: { health: { kind: string; freeBytes?: number } }) =>
    it.health.kind === 'storage-full' && it.health.freeBytes !== undefined;
  const full = await untilTorrent(page, torrent.infoHash, isFull);

  expect(full.state).toBe('paused');
  expect(full.health.neededBytes).toBe(72 * MIB - full.storedBytes);
  // What is said to be free is, give or take what is being tried out in this moment.
  const error = async () => {
    const { health } = await torrentOf(page, torrent.infoHash);
    const left = Math.min(await quota.free(), health.neededBytes!);
    return Math.abs(health.freeBytes! - left);
  };
  await expect.poll(error, { timeout: 3_000 }).toBeLessThan(SLACK_BYTES);
  const health = (await callApi(page, 'GET', 'health')).body as Health;
  expect(health.status).toBe('degraded');
  expect(health.reasons).toEqual([expect.stringMatching(/^film\.bin: There is no room/)]);

  await openRill(page, home.appUrl);
  const waiting = await untilTorrent(page, torrent.infoHash, (it) => !it.check && isFull(it));
  expect(waiting.state).toBe('paused');
  expect(waiting.piecesHave).toBeGreaterThanOrEqual(full.piecesHave);

  await quota.lift();
  await isRight(page, torrent);
  // Whatever was verified stayed; only pieces that found no room came twice.
  expect(source.servedBytes).toBeLessThan(torrent.content.length + 30 * MIB);
  expect((await callApi(page, 'GET', 'health')).body).toMatchObject({ status: 'ok', reasons: [] });
});

test('no room for the first byte: another torrent keeps seeding, and removing it makes room at once', async ({
  home,
  source,
}) => {
  const old = makeTorrent({
    name: 'old.bin',
    files: 40 * MIB,
    pieceLength: MIB,
    seed: 5,
    webSeeds: [source.url],
  });
  const next = makeTorrent({
    name: 'next.bin',
    files: 24 * MIB,
    pieceLength: MIB,
    webSeeds: [source.url],
  });
  source.serve(old, next);
  const page = await home.open();
  await addFile(page, old);
  await untilTorrent(page, old.infoHash, isComplete);
  const quota = await holdQuota(page);
  await quota.leave(4 * MIB);
  await addFile(page, next);
  const full = await untilTorrent(page, next.infoHash, (it) => it.health.kind === 'storage-full');
  expect(full.piecesHave).toBe(0);
  expect((await torrentOf(page, old.infoHash)).state).toBe('seeding');

  const removedMs = Date.now();
  await remove(page, old);
  await untilTorrent(page, next.infoHash, (it) => it.state === 'downloading' || isComplete(it));
  // Sooner than the clock would have looked.
  expect(Date.now() - removedMs).toBeLessThan(5_000);
  await isRight(page, next);
});

test('no room for a record: adding answers 507 and leaves nothing behind', async ({ home }) => {
  await home.open();
  // The database asks how much room there is when it is opened, and believes the answer for half a minute.
  await home.restart();
  const bare = await openBarePage(home.launched.context, home.appUrl);
  const quota = await holdQuota(bare);
  await quota.leave(0.5 * MIB);
  const page = await home.open();
  const type = 'application/x-bittorrent';
  // A MiB of piece hashes.
  const content = makeTorrent({ files: 50_000, pieceLength: 1 }).torrentBytes;
  const refused = await callApi(page, 'POST', 'torrents', { type, content });
  expect(refused).toMatchObject({ status: 507, body: { error: { kind: 'storage-full' } } });
  expect((await callApi(page, 'GET', 'torrents')).body).toEqual({ torrents: [] });

  await quota.lift();
  expect((await callApi(page, 'POST', 'torrents', { type, content })).status).toBe(201);
});
