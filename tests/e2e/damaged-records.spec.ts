// Records that are damaged cost at most a look at what is stored: nothing readable is deleted, nothing fetched twice.
import type { Page } from '@playwright/test';
import { changeFile } from '../support/bare-files.ts';
import { readRecords, writeRecord, type RawResume } from '../support/bare-page.ts';
import { expect, test, type Home } from '../support/home.ts';
import { filesInStorage } from '../support/local-api.ts';
import { sha256OfStream, torrentOf, untilTorrent } from '../support/rill-page.ts';
import { addFile, isComplete } from '../support/torrent-commands.ts';
import { makeTorrent, sha256, type MadeTorrent } from '../support/torrents.ts';

const MIB = 1024 * 1024;
const GARBAGE = { version: 2, infoHash: 7, have: 'no bytes' };

const small = (sourceUrl: string) =>
  makeTorrent({
    name: 'album',
    files: [
      { path: 'one.bin', content: 3 * MIB },
      { path: 'two.bin', content: 2 * MIB + 17 },
    ],
    pieceLength: 65_536,
    webSeeds: [sourceUrl],
  });

/** Downloads the torrent, and leaves two checkpoints and a backup of it. */
async function downloadAll(home: Home, torrent: MadeTorrent): Promise<void> {
  const page = await home.open();
  await addFile(page, torrent);
  await untilTorrent(page, torrent.infoHash, isComplete);
  await page.evaluate(async () => (await rill).checkpoint());
  // The engine backs the library up when it starts.
  await home.whileClosed(async () => {});
  await untilTorrent(await home.open(), torrent.infoHash, isComplete);
}

/** It is whole again without a byte from the source, and every byte of it is right. */
async function isFoundAgain(page: Page, torrent: MadeTorrent): Promise<void> {
  const done = await untilTorrent(page, torrent.infoHash, isComplete);
  expect(done.health.kind).toBe('ok');
  for (const [index, { bytes }] of torrent.files.entries()) {
    expect(await sha256OfStream(page, done.files[index]!.streamUrl)).toBe(sha256(bytes));
  }
}

test('checkpoints that are torn, of a wrong length or both damaged: what is stored is found by hashing', async ({
  home,
  source,
}) => {
  const torrent = small(source.url);
  source.serve(torrent);
  await downloadAll(home, torrent);
  const servedBytes = torrent.content.length;
  expect(source.servedBytes).toBe(servedBytes);

  const keys = [`${torrent.infoHash}/0`, `${torrent.infoHash}/1`];
  const damages: ((both: RawResume[], newest: number) => [number, unknown][])[] = [
    // A torn write of the newest generation: the older one is there.
    (both, newest) => [[newest, { ...both[newest], have: undefined }]],
    (both, newest) => [[newest, { ...both[newest], have: new Uint8Array(1) }]],
    () => [
      [0, GARBAGE],
      [1, 'torn'],
    ],
  ];
  for (const damage of damages) {
    await home.whileClosed(async (bare) => {
      const records = await readRecords(bare, 'resume');
      const both = keys.map((key) => records.get(key) as RawResume);
      const newest = (both[0]?.generation ?? 0) > (both[1]?.generation ?? 0) ? 0 : 1;
      for (const [which, value] of damage(both, newest)) {
        await writeRecord(bare, 'resume', keys[which]!, value);
      }
    });
    const page = await home.open();
    if (damage === damages[0]) {
      // The older generation is believed at once: nothing is hashed before it is used.
      const first = await torrentOf(page, torrent.infoHash);
      expect(first).toMatchObject({ check: null, piecesHave: torrent.pieceCount });
    }
    await isFoundAgain(page, torrent);
  }
  expect(source.servedBytes).toBe(servedBytes);
});

test('a damaged entry comes back from its backup, and the notice says so', async ({
  home,
  source,
}) => {
  const torrent = small(source.url);
  source.serve(torrent);
  await downloadAll(home, torrent);
  const damages = [
    (record: object) => ({ ...record, addedAt: 'yesterday' }),
    (record: object) => ({ ...record, infoBytes: 'torn' }),
    () => GARBAGE,
  ];
  for (const damage of damages) {
    await home.whileClosed(async (bare) => {
      const records = await readRecords(bare, 'torrents');
      const damaged = damage(records.get(torrent.infoHash) as object);
      await writeRecord(bare, 'torrents', torrent.infoHash, damaged);
    });
    const page = await home.open();
    await expect(page.getByText(/saved entry of “album” was damaged\. It is back/)).toBeVisible();
    await isFoundAgain(page, torrent);
  }
  expect(source.servedBytes).toBe(torrent.content.length);
});

test('a damaged shelf, damaged settings and garbage beside them hurt nobody and are left alone', async ({
  home,
  source,
}) => {
  const torrent = small(source.url);
  source.serve(torrent);
  await downloadAll(home, torrent);
  const strange = 'what is this';
  const filesBefore = await home.whileClosed(async (bare) => {
    await changeFile(bare, `torrents/${torrent.infoHash}/shelf.json`, { text: '{"version":2,"fi' });
    await changeFile(bare, `torrents/${torrent.infoHash}/notes.txt`, { text: 'mine' });
    await writeRecord(bare, 'settings', 'settings', { version: 1, maxConnections: 'all' });
    await writeRecord(bare, 'settings', strange, [1, 2, 3]);
    await writeRecord(bare, 'torrents', strange, GARBAGE);
    await writeRecord(bare, 'resume', strange, GARBAGE);
    return filesInStorage(bare);
  });
  const page = await home.open();
  await isFoundAgain(page, torrent);
  expect(source.servedBytes).toBe(torrent.content.length);
  const after = await home.whileClosed(async (bare) => ({
    files: await filesInStorage(bare),
    strange: await Promise.all(
      (['torrents', 'resume', 'settings'] as const).map(async (kind) =>
        (await readRecords(bare, kind)).get(strange),
      ),
    ),
  }));
  expect(after.strange).toEqual([GARBAGE, GARBAGE, [1, 2, 3]]);
  const isContent = (path: string) => path.startsWith('torrents/') && !path.endsWith('.json');
  for (const path of Object.keys(filesBefore).filter(isContent)) {
    expect(after.files[path]).toBe(filesBefore[path]);
  }
});

test('info bytes that are not those of the torrent: it is listed and its content stays', async ({
  home,
  source,
}) => {
  const torrent = small(source.url);
  source.serve(torrent);
  await downloadAll(home, torrent);
  await home.whileClosed(async (bare) => {
    const records = await readRecords(bare, 'torrents');
    const record = records.get(torrent.infoHash) as { infoBytes: Uint8Array };
    const infoBytes = record.infoBytes.map((byte, at) => (at > 60 ? byte ^ 1 : byte));
    await writeRecord(bare, 'torrents', torrent.infoHash, { ...record, infoBytes });
  });
  const page = await home.open();
  const listed = await untilTorrent(page, torrent.infoHash, () => true);
  expect(listed.name).toBe('album');
  // Whoever gives the metadata again gets the torrent back as it was.
  await addFile(page, torrent);
  await isFoundAgain(page, torrent);
  expect(source.servedBytes).toBe(torrent.content.length);
});
