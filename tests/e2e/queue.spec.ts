// More torrents than may run at once: they take turns, a person moves them, and pressing play does not wait (issue: "The session").
import type { Page } from '@playwright/test';
import { sampleTorrent } from '../support/clip.ts';
import { callApi, kindsOfEvents } from '../support/local-api.ts';
import { pressPlay, untilPast } from '../support/player.ts';
import { openRill, torrentOf, untilTorrent } from '../support/rill-page.ts';
import { addFile } from '../support/torrent-commands.ts';
import { makeTorrent, type MadeTorrent } from '../support/torrents.ts';
import { startWebSeed } from '../support/web-seed.ts';
import { expect, test } from '../support/world.ts';

const PIECE = 32_768;

function make(name: string, seed: number, trackers: readonly string[]): MadeTorrent {
  return makeTorrent({ name, files: 64 * PIECE, pieceLength: PIECE, seed, trackers });
}

/** The names of those that wait, the next one first, as the local API tells. */
async function waiting(page: Page): Promise<readonly string[]> {
  type Torrents = {
    torrents?: readonly { name: string; state: string; queuePosition: number }[];
  };
  // After a reload the engine takes a moment.
  const { torrents = [] } = (await callApi(page, 'GET', 'torrents')).body as Torrents;
  return torrents
    .filter(({ state }) => state === 'queued')
    .sort((a, b) => a.queuePosition - b.queuePosition)
    .map(({ name }) => name);
}

const rowOf = (page: Page, name: string) =>
  page.getByRole('region', { name: 'Library' }).getByRole('listitem').filter({ hasText: name });

test('more than may run at once take turns by priority and place, over a reload, and all complete', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const names = ['ash', 'birch', 'cedar', 'dogwood', 'elm'];
  const torrents = names.map((name, index) => make(name, index, [tracker.url]));
  const [ash, birch, cedar, dogwood, elm] = torrents as [
    MadeTorrent,
    MadeTorrent,
    MadeTorrent,
    MadeTorrent,
    MadeTorrent,
  ];
  for (const torrent of torrents) await seeder.seed(torrent, { trackers: [tracker.url] });
  await seeder.throttleUpload(100_000);
  await openRill(page, app.url, { maxActiveDownloads: 1 });
  for (const torrent of torrents) await addFile(page, torrent);

  // One runs; the others say where they stand.
  await untilTorrent(page, ash.infoHash, ({ downloadedBytes }) => downloadedBytes > 0);
  await expect(rowOf(page, 'cedar')).toContainText('Waiting its turn: 2nd');
  await expect(rowOf(page, 'elm')).toContainText('Waiting its turn: 4th');
  expect(tracker.peers(birch.infoHash)).toEqual({ seeders: 1, leechers: 0 });

  // A person moves one of them from the list, with the keyboard, and back.
  const cedarRow = rowOf(page, 'cedar');
  await cedarRow.getByRole('button', { name: 'Place of cedar in the queue' }).press('Enter');
  await cedarRow.getByRole('button', { name: 'Move up' }).press('Enter');
  await expect(cedarRow).toContainText('Waiting its turn: 1st');
  await expect(cedarRow.getByRole('button', { name: 'Move up' })).toBeFocused();
  await cedarRow.getByRole('button', { name: 'Move down' }).press('Enter');
  await expect(cedarRow).toContainText('Waiting its turn: 2nd');

  // On its own page another is moved up, and one is called urgent.
  await page.getByRole('link', { name: 'elm' }).press('Enter');
  const panel = page.getByRole('region', { name: 'elm' });
  await panel.getByRole('button', { name: 'Move to the top' }).press('Enter');
  // Above the one that ran: it is its turn now.
  await expect(panel.getByText('It has its turn.')).toBeVisible();
  await panel.getByRole('button', { name: 'Move down' }).press('Enter');
  await expect(panel.getByText('Waiting its turn: 1st').first()).toBeVisible();
  await expect(panel.getByRole('button', { name: 'Move down' })).toBeFocused();
  await page.getByRole('link', { name: 'dogwood' }).press('Enter');
  const priority = page.getByRole('combobox', { name: 'Priority in the queue' });
  await priority.selectOption('High');
  await expect(rowOf(page, 'dogwood')).toContainText('High priority');
  await expect.poll(() => waiting(page)).toEqual(['ash', 'elm', 'birch', 'cedar']);

  // A reload changes nothing of it.
  await page.reload();
  await expect.poll(() => waiting(page)).toEqual(['ash', 'elm', 'birch', 'cedar']);
  expect(await torrentOf(page, dogwood.infoHash)).toMatchObject({ priority: 'high' });

  // "Start now" runs beside the limit.
  await page.getByRole('link', { name: 'birch' }).press('Enter');
  await page.getByRole('switch', { name: 'Start now' }).press('Space');
  await untilTorrent(page, birch.infoHash, ({ downloadedBytes }) => downloadedBytes > 0);
  expect(await torrentOf(page, birch.infoHash)).toMatchObject({
    state: 'downloading',
    isForced: true,
  });
  await expect(page.getByRole('switch', { name: 'Start now' })).toBeFocused();
  expect(await waiting(page)).toEqual(['ash', 'elm', 'cedar']);

  await seeder.throttleUpload(-1);
  const times: [string, string][] = [];
  for (const torrent of torrents) {
    const { completedAt } = await untilTorrent(page, torrent.infoHash, (it) => !!it.completedAt);
    times.push([completedAt!, torrent.name]);
  }
  const order = times.sort().map(([, name]) => name);
  expect(order.filter((name) => name !== 'birch')).toEqual(['dogwood', 'ash', 'elm', 'cedar']);
  expect(await torrentOf(page, birch.infoHash)).toMatchObject({ isForced: false });
  expect(await torrentOf(page, elm.infoHash)).toMatchObject({ progress: 1 });
  expect(await torrentOf(page, cedar.infoHash)).toMatchObject({ progress: 1 });
});

test('whoever presses play on a torrent that waits sees it play', async ({ page, app }) => {
  const clip = sampleTorrent();
  const seed = await startWebSeed(clip.files, Infinity);
  const nobody = make('nobody has this', 9, []);
  try {
    await openRill(page, app.url, { maxActiveDownloads: 1 });
    await addFile(page, nobody);
    await addFile(page, {
      ...clip,
      torrentBytes: makeTorrent({
        name: clip.name,
        files: clip.content,
        pieceLength: clip.pieceLength,
        webSeeds: [seed.url],
      }).torrentBytes,
    });
    await expect(rowOf(page, clip.name)).toContainText('Waiting its turn: 1st');
    const video = await pressPlay(page);
    await untilPast(video, 0.5);
    expect(await torrentOf(page, nobody.infoHash)).toMatchObject({ state: 'downloading' });
    expect(seed.sentBytes).toBeGreaterThan(0);
  } finally {
    await seed.close();
  }
});

test('a script adds by priority, moves by place, and is told which field is wrong', async ({
  page,
  app,
}) => {
  await openRill(page, app.url, { maxActiveDownloads: 1 });
  const [first, second, third] = ['one', 'two', 'three'].map((name, index) =>
    make(name, 20 + index, []),
  ) as [MadeTorrent, MadeTorrent, MadeTorrent];
  const sourceOf = ({ torrentBytes }: MadeTorrent) =>
    `data:application/x-bittorrent;base64,${torrentBytes.toString('base64')}`;
  for (const [torrent, priority] of [
    [first, 'low'],
    [second, 'low'],
    [third, 'high'],
  ] as const) {
    const content = { source: sourceOf(torrent), priority };
    const added = await callApi(page, 'POST', 'torrents', { content });
    expect(added).toMatchObject({ status: 201, body: { priority } });
  }
  expect(await waiting(page)).toEqual(['one', 'two']);
  expect(await kindsOfEvents(page)).toContain('queue:updated');
  const queue = `torrents/${second.infoHash}/queue`;
  expect(await callApi(page, 'POST', queue, { content: { to: 'up' } })).toMatchObject({
    status: 200,
    body: { state: 'queued', queuePosition: 1 },
  });
  expect(await waiting(page)).toEqual(['two', 'one']);
  expect(await callApi(page, 'POST', queue, { content: { to: 'left' } })).toMatchObject({
    status: 400,
    body: { error: { kind: 'bad-request', field: 'to' } },
  });
  const path = `torrents/${first.infoHash}`;
  expect(await callApi(page, 'PATCH', path, { content: { priority: 'soon' } })).toMatchObject({
    status: 400,
    body: { error: { kind: 'bad-request', field: 'priority' } },
  });
  const forced = { priority: 'normal', isForced: true };
  expect(await callApi(page, 'PATCH', path, { content: forced })).toMatchObject({
    status: 200,
    body: { ...forced, state: 'downloading', queuePosition: 0 },
  });
});
