// Whatever is pasted, chosen or dropped: an error that says what is wrong and what to do, or made safe. Nothing else stops.
import type { Page } from '@playwright/test';
import {
  chooseFile,
  dropFile,
  lookInside,
  openAddDialog,
  pasteText,
} from '../support/add-by-page.ts';
import { sampleBytes } from '../support/clip.ts';
import { addByEngine, openRill, sha256OfStream, untilTorrent } from '../support/rill-page.ts';
import {
  bencode,
  makeTorrent,
  seededBytes,
  sha1,
  sha256,
  type Bencodable,
} from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

const HASH = '0123456789abcdef0123456789abcdef01234567';
const NEXT_STEP =
  /Rill understands|Get it again|Get the \.torrent again|Choose|Copy the whole link|Look for|Use the/;

interface BadText {
  readonly what: string;
  readonly text: string;
  readonly says: RegExp;
}

const TEXTS: readonly BadText[] = [
  { what: 'nonsense', text: 'hello, is this a torrent?', says: /not a link to a torrent/ },
  {
    what: 'a truncated magnet',
    text: 'magnet:?xt=urn:bti',
    says: /no info hash.*Copy the whole link/,
  },
  {
    what: 'a magnet cut within its hash',
    text: `magnet:?xt=urn:btih:${HASH.slice(0, 31)}`,
    says: /31 characters; expected are 40 hex digits.*Copy the whole link/,
  },
  {
    what: 'a hash that is too long',
    text: `${HASH}ab`,
    says: /42 characters; expected are 40 hex digits.*Copy the whole link/,
  },
  {
    what: 'a hash with a wrong letter',
    text: HASH.replace('f', 'g'),
    says: /not a hex digit.*Copy the whole link/,
  },
  {
    what: 'an oversized magnet',
    text: `magnet:?xt=urn:btih:${HASH}&dn=${'n'.repeat(70_000)}`,
    says: /70\d{3} characters long.*Use the \.torrent file/,
  },
  {
    what: 'a v2-only magnet',
    text: `magnet:?xt=urn:btmh:1220${HASH}${HASH.slice(0, 24)}`,
    says: /BitTorrent v2 only.*Look for a link/,
  },
];

function torrentWith(info: Bencodable): Buffer {
  return bencode({ info });
}

const GOOD_INFO = { length: 5, name: 'a', 'piece length': 16_384, pieces: Buffer.alloc(20) };

const FILES: readonly { what: string; bytes: () => Uint8Array; says: RegExp; name?: string }[] = [
  { what: 'empty', bytes: () => Buffer.alloc(0), says: /This file is empty/ },
  {
    what: 'truncated',
    bytes: () => makeTorrent({ files: 100_000 }).torrentBytes.subarray(0, 90),
    says: /not a \.torrent file, or it is damaged/,
  },
  {
    what: 'a bencode bomb of nested lists',
    bytes: () => Buffer.from(`d4:info${'l'.repeat(500_000)}${'e'.repeat(500_000)}e`),
    says: /not a \.torrent file, or it is damaged/,
  },
  {
    what: 'a bencode bomb that claims a huge string',
    bytes: () => Buffer.from('d4:info99999999999999999999:x'),
    says: /not a \.torrent file, or it is damaged/,
  },
  {
    what: 'a bencode bomb of empty dictionaries',
    bytes: () => Buffer.from(`d4:infod5:filesl${'de'.repeat(1_100_000)}eee`),
    says: /not a \.torrent file, or it is damaged|broken/,
  },
  {
    what: 'with a negative length',
    bytes: () => torrentWith({ ...GOOD_INFO, length: -5 }),
    says: /broken: its length is -5 bytes/,
  },
  {
    what: 'with an absurd length',
    bytes: () => torrentWith({ ...GOOD_INFO, length: Number.MAX_SAFE_INTEGER }),
    says: /has \d+ pieces; Rill takes at most 2097152/,
  },
  {
    what: 'with no pieces',
    bytes: () => torrentWith({ ...GOOD_INFO, pieces: Buffer.alloc(0) }),
    says: /This torrent is broken/,
  },
  {
    what: 'v2 only',
    bytes: () =>
      torrentWith({
        'file tree': { a: { '': { length: 5, 'pieces root': Buffer.alloc(32) } } },
        'meta version': 2,
        name: 'a',
        'piece length': 16_384,
      }),
    says: /BitTorrent v2 only/,
  },
  {
    what: 'really a video',
    name: 'film.mp4',
    bytes: sampleBytes,
    says: /not a \.torrent file, or it is damaged/,
  },
  { what: 'over 10 MB', bytes: () => Buffer.alloc(10_000_001), says: /larger than 10 MB/ },
];

/** The dialog shows the error, and goes on being a dialog. */
async function expectRefused(page: Page, says: RegExp): Promise<void> {
  const dialog = page.getByRole('dialog');
  const alert = dialog.getByRole('alert');
  await expect(alert).toHaveText(says);
  await expect(alert).toBeVisible();
  await expect(alert).toHaveText(NEXT_STEP);
  await expect(dialog.getByLabel('Magnet link or info hash')).toBeEditable();
  await expect(dialog.getByRole('button', { name: 'Look inside' })).toBeEnabled();
}

test('bad links and files are refused with what is wrong and what to do, and a download beside them goes on', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'beside.bin', files: 4_000_000, pieceLength: 32_768 });
  await seeder.throttleUpload(60_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await addByEngine(page, torrent.magnet([tracker.url]));
  const before = await untilTorrent(page, torrent.infoHash, (it) => it.downloadedBytes > 0);

  for (const { what, text, says } of TEXTS) {
    await test.step(`pasted: ${what}`, async () => {
      await lookInside(await openAddDialog(page), text);
      await expectRefused(page, says);
      // What was typed is still there to be mended.
      await expect(page.getByLabel('Magnet link or info hash')).toHaveValue(text);
    });
  }
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await test.step('pasted anywhere on the page', async () => {
    await pasteText(page, 'just some words');
    await expectRefused(page, /not a link to a torrent/);
  });
  for (const [index, { what, bytes, says, name = 'some.torrent' }] of FILES.entries()) {
    const isChosen = index % 2 === 0;
    await test.step(`${isChosen ? 'chosen' : 'dropped'}: a file ${what}`, async () => {
      // Closed each time, so that no error of the file before is taken for this one's.
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
      if (isChosen) await openAddDialog(page);
      await (isChosen ? chooseFile : dropFile)(page, { name, bytes: bytes() });
      await expectRefused(page, says);
    });
  }
  // The dialog that refused all this still takes a good one.
  const good = makeTorrent({ name: 'good.bin', files: 20_000, seed: 5 });
  await chooseFile(page, { name: 'good.torrent', bytes: good.torrentBytes });
  await expect(page.getByRole('dialog', { name: 'What to download' })).toContainText('good.bin');
  await page.getByRole('button', { name: 'Cancel' }).click();

  const listed = await page.evaluate(async () =>
    (await (await rill).torrents()).map(({ infoHash, state }) => ({ infoHash, state })),
  );
  expect(listed).toEqual([{ infoHash: torrent.infoHash, state: 'downloading' }]);
  await untilTorrent(
    page,
    torrent.infoHash,
    (it) => it.downloadedBytes > before.downloadedBytes && it.downloadBps > 0,
  );
  await seeder.throttleUpload(-1);
  const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
});

test('of a magnet with dangerous keys only the safe part is taken, and progress is only what was verified', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'plain.bin', files: 600_000 });
  await openRill(page, app.url);
  const dangers = [
    'skipVerify=1',
    'store=null&progress=1&done=true&length=1&bitfield=ff&path=/etc',
    '__proto__=1&__proto__.isFull=1&constructor=1',
    ['xs', 'as'].map((key) => `${key}=${encodeURIComponent(`${app.url}stolen.torrent`)}`).join('&'),
    'x.pe=127.0.0.1:1&x.pe=localhost:80',
    'so=0-99999999999',
  ];
  const dialog = page.getByRole('dialog');
  for (const danger of dangers) {
    await test.step(danger, async () => {
      const link = `magnet:?xt=urn:btih:${torrent.infoHash}&${danger}`;
      const box = page.getByLabel('Magnet link or info hash').first();
      await box.fill(link);
      await page.getByRole('button', { name: 'Look inside' }).first().click();
      if (danger.startsWith('so=')) {
        await expect(dialog.getByRole('alert')).toBeVisible();
        await page.keyboard.press('Escape');
        return;
      }
      await expect(dialog.getByRole('status').first()).toHaveText('Finding peers…');
      const held = await page.evaluate(
        async (hash) => (await rill).torrent(hash),
        torrent.infoHash,
      );
      expect(held).toMatchObject({
        ok: true,
        value: { progress: 0, piecesHave: 0, pieceCount: 0, state: 'metadata', trackers: [] },
      });
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await expect(dialog).toBeHidden();
    });
  }
  expect(await page.evaluate(() => Object.keys(Object.prototype))).toEqual([]);
  expect(app.requests.filter(({ path }) => path.includes('stolen'))).toEqual([]);

  // All at once, with somebody to download from: nothing is there until it came and its hash was right.
  await seeder.throttleUpload(50_000);
  await seeder.seed(torrent, { trackers: [tracker.url] });
  const all = dangers.filter((danger) => !danger.startsWith('so=')).join('&');
  await page.getByLabel('Magnet link or info hash').fill(`${torrent.magnet([tracker.url])}&${all}`);
  await page.getByRole('button', { name: 'Look inside' }).click();
  const download = dialog.getByRole('button', { name: 'Download' });
  await expect(download).toBeVisible();
  const held = await untilTorrent(page, torrent.infoHash, () => true);
  expect(held).toMatchObject({ progress: 0, piecesHave: 0, downloadedBytes: 0 });
  expect(held.pieceCount).toBe(torrent.pieceCount);
  await download.click();
  const early = await untilTorrent(page, torrent.infoHash, (it) => it.piecesHave > 0);
  expect(early.progress).toBeLessThan(1);
  await seeder.throttleUpload(-1);
  const done = await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  expect(await sha256OfStream(page, done.files[0]!.streamUrl)).toBe(sha256(torrent.content));
});

test('names that climb, hide, collide or are reserved are made safe, shown as they are, and download right', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const paths = [
    ['..', '..', 'etc', 'passwd'],
    ['', 'absolute.txt'],
    ['C:\\Windows\\system.ini'],
    ['CON.txt'],
    ['bell\u0007\u0000.txt'],
    ['same.bin'],
    ['same.bin'],
    ['SAME.bin'],
    ['photo\u202Egpj.exe'],
    ['__proto__'],
    ['<img src=x onerror=alert(1)>.png'],
    ['trailing. . .'],
  ];
  const contents = paths.map((_, index) => seededBytes(20_000 + index, index + 1));
  const content = Buffer.concat(contents);
  const pieceLength = 16_384;
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceLength)
    pieces.push(sha1(content.subarray(at, at + pieceLength)));
  const info = bencode({
    name: '../..',
    'piece length': pieceLength,
    pieces: Buffer.concat(pieces),
    files: paths.map((path, index) => ({ path, length: contents[index]!.length })),
  });
  const torrentBytes = Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')]);
  const infoHash = sha1(info).toString('hex');

  await seeder.seed(
    { ...makeTorrent({ files: content }), torrentBytes, content, infoHash },
    { trackers: [tracker.url] },
  );
  await openRill(page, app.url, { trackers: [tracker.url] });
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => dialogs.push(dialog.message()));
  await dropFile(page, { name: 'nasty.torrent', bytes: torrentBytes });
  const tree = page.getByRole('list', { name: 'Files to download' });
  await expect(tree).toBeVisible();
  const shown = (await tree.locator('label').allInnerTexts()).toSorted();
  await page.getByRole('dialog').getByRole('button', { name: 'Download' }).click();
  const done = await untilTorrent(page, infoHash, (it) => it.completedAt !== null);

  const safe = done.files.map(({ path }) => path);
  expect(new Set(safe.map((path) => path.toUpperCase())).size).toBe(paths.length);
  for (const path of safe) {
    expect(path.split('/').length).toBeGreaterThan(1);
    for (const element of path.split('/')) {
      expect(element).not.toMatch(/^\.{0,2}$|[\\:<>"|?*\p{Cc}\u202a-\u202e\u2066-\u2069]|[ .]$/u);
      expect(element).not.toMatch(/^con(\.|$)/i);
    }
  }
  // The trick of the name is gone: it reads as the program that it is.
  expect(shown).toContain('photogpj.exe');
  expect(shown.join('')).not.toMatch(/[\u202a-\u202e\p{Cc}]/u);
  for (const path of safe) expect(shown).toContain(path.split('/').at(-1));
  for (const [index, file] of done.files.entries()) {
    expect(await sha256OfStream(page, file.streamUrl), file.path).toBe(sha256(contents[index]!));
  }
  expect(dialogs).toEqual([]);
});
