// What happened, told as it happens: by an EventSource, over reloads, and to a person who looks (issue: "Event log").
import type { Page } from '@playwright/test';
import type { RillEvent } from '../../workers/contract/events.ts';
import { callApi, kindsOfEvents } from '../support/local-api.ts';
import { openRill, untilTorrent } from '../support/rill-page.ts';
import { stopServiceWorker } from '../support/service-worker.ts';
import { addFile, resume } from '../support/torrent-commands.ts';
import { makeTorrent } from '../support/torrents.ts';
import { startWebSeed } from '../support/web-seed.ts';
import { expect, test } from '../support/world.ts';

declare global {
  /** What the EventSource of the test has heard, and the source itself. */
  var heard: { readonly id: string; readonly kind: string; readonly event: RillEvent | null }[];
  var source: EventSource;
}

const KINDS = ['added', 'metadata', 'progress', 'piece', 'complete', 'seeding', 'removed', 'error'];

/** Listens in the page from after the given id, or from now on; with another EventSource after an error, as docs/API.md says. */
async function listen(page: Page, since?: number): Promise<void> {
  await page.evaluate(
    async ({ names, since }) => {
      globalThis.heard = [];
      let lastId = since;
      const kinds = [...names.map((name) => `torrent:${name}`), 'session:started', 'gap'];
      const open = () => {
        const events = new EventSource(lastId ? `api/events?since=${lastId}` : 'api/events');
        globalThis.source = events;
        for (const kind of kinds) {
          events.addEventListener(kind, ({ data, lastEventId }) => {
            const event = kind === 'gap' ? null : (JSON.parse(data) as RillEvent);
            heard.push({ id: lastEventId, kind, event });
            if (event) lastId = String(event.id);
          });
        }
        events.addEventListener('error', () => {
          events.close();
          setTimeout(open, 500);
        });
      };
      open();
      await new Promise((resolve) => source.addEventListener('open', resolve, { once: true }));
    },
    { names: KINDS, since: since?.toString() },
  );
}

const heardBy = (page: Page) => page.evaluate(() => heard);
const kindsBy = async (page: Page) => (await heardBy(page)).map(({ kind }) => kind);

test('an EventSource hears all of a download in order, and goes on where it was, also after a reload', async ({
  page,
  tracker,
  seeder,
  app,
}) => {
  const torrent = makeTorrent({ name: 'told.bin', files: 200_000, pieceLength: 32_768 });
  await seeder.seed(torrent, { trackers: [tracker.url] });
  await openRill(page, app.url);
  await listen(page);
  await page.evaluate(
    async (text) => void (await (await rill).add({ kind: 'text', text })),
    torrent.magnet([tracker.url]),
  );
  await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
  await expect.poll(() => kindsBy(page)).toContain('torrent:seeding');

  const heard = await heardBy(page);
  const kinds = heard.map(({ kind }) => kind).filter((kind) => kind !== 'torrent:progress');
  const pieces = Array.from({ length: 7 }, () => 'torrent:piece');
  expect(kinds).toEqual([
    'torrent:added',
    'torrent:metadata',
    ...pieces,
    'torrent:complete',
    'torrent:seeding',
  ]);
  const ids = heard.map(({ id }) => Number(id));
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
  expect(heard.every(({ id, event }) => event?.id === Number(id))).toBe(true);
  expect(heard.every(({ event }) => event?.infoHash === torrent.infoHash)).toBe(true);

  // Another reader that comes later, from the middle.
  const middle = ids[3]!;
  await page.evaluate(() => source.close());
  await listen(page, middle);
  await expect.poll(() => heardBy(page)).toEqual(heard.slice(4));

  // And one that names the last it has seen itself.
  const resumed = await page.evaluate(async (id) => {
    const headers = { 'Last-Event-ID': String(id) };
    const { body } = await fetch('api/events?since=0', { headers });
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('\nid: ')) text += (await reader.read()).value ?? '';
    await reader.cancel();
    return Array.from(text.matchAll(/^id: (\d+)$/gm), ([, id]) => Number(id));
  }, middle);
  expect(resumed).toEqual(expect.arrayContaining(ids.slice(4)));
  expect(Math.min(...resumed)).toBeGreaterThan(middle);
  expect(await callApi(page, 'GET', 'events?since=x')).toMatchObject({
    status: 400,
    body: { error: { kind: 'bad-request', field: 'since' } },
  });

  const lines = await page.evaluate(async () => (await fetch('api/events.jsonl')).text());
  const exported = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RillEvent);
  expect(exported.filter(({ id }) => ids.includes(id))).toEqual(heard.map(({ event }) => event));

  // After a restart: what lasts is told again, from where the reader was; new ids go on from there.
  await page.evaluate(async () => void (await (await rill).checkpoint()));
  await page.reload();
  await openRill(page, app.url);
  await listen(page, middle);
  await page.evaluate(
    async (hash) => void (await (await rill).remove(hash, 'delete')),
    torrent.infoHash,
  );
  await expect.poll(() => kindsBy(page)).toContain('torrent:removed');
  const again = await heardBy(page);
  expect(again.map(({ kind }) => kind)).toEqual([
    'gap',
    'torrent:complete',
    'torrent:seeding',
    'session:started',
    'torrent:removed',
  ]);
  expect(Number(again.at(-1)!.id)).toBeGreaterThan(ids.at(-1)!);
});

test('a reader that loses the engine, and then its service worker, misses nothing that lasts and hears nothing twice', async ({
  context,
  app,
}) => {
  const leader = await context.newPage();
  await openRill(leader, app.url);
  const follower = await context.newPage();
  await openRill(follower, app.url);
  await follower.goto(`${app.url}#/activity`);
  await listen(follower);
  const torrent = makeTorrent({ name: 'one.bin', files: 40_000 });
  const add = (page: Page) =>
    page.evaluate(async (text) => {
      const engine = await rill;
      await engine.add({ kind: 'text', text }, { paused: true });
      await engine.checkpoint();
    }, torrent.magnet());
  await add(leader);
  await expect.poll(() => kindsBy(follower)).toEqual(['torrent:added']);
  await leader.close();
  await expect.poll(() => kindsBy(follower), { timeout: 20_000 }).toContain('session:started');
  await stopServiceWorker(follower);
  await follower.evaluate(
    async (hash) => void (await (await rill).remove(hash, 'delete')),
    torrent.infoHash,
  );
  await expect
    .poll(() => kindsBy(follower), { timeout: 20_000 })
    .toEqual(['torrent:added', 'gap', 'session:started', 'torrent:removed']);
  // Nor does a person who has looked on miss any or read one twice.
  const list = follower.getByRole('list', { name: 'Events, newest first' });
  const timesSeen = (text: string) => list.getByRole('listitem').filter({ hasText: text }).count();
  const said = ['It was added', 'The engine started', 'It was removed'];
  await expect.poll(() => Promise.all(said.map(timesSeen))).toEqual([1, 2, 1]);
});

test('storage that is held up is told of when that begins and when it ends', async ({
  page,
  app,
}) => {
  const spec = { name: 'slow.bin', files: 4_194_304, pieceLength: 262_144 };
  const seed = await startWebSeed(makeTorrent(spec).files, Infinity);
  const torrent = makeTorrent({ ...spec, webSeeds: [seed.url] });
  try {
    await openRill(page, app.url, { writeQueueBytes: 1_048_576 });
    await addFile(page, torrent, { paused: true });
    // As a tab that ended holds its files for a moment longer.
    const lock = await page.evaluateHandle(async (infoHash) => {
      const torrents = await (
        await navigator.storage.getDirectory()
      ).getDirectoryHandle('torrents', { create: true });
      const folder = await torrents.getDirectoryHandle(infoHash, { create: true });
      const extent = await folder.getFileHandle('0', { create: true });
      return extent.createWritable();
    }, torrent.infoHash);
    await resume(page, torrent);
    const count = async () =>
      (await kindsOfEvents(page)).filter((kind) => kind === 'storage:pressure').length;
    await expect.poll(count).toBe(1);
    await lock.evaluate((writable) => writable.abort());
    await untilTorrent(page, torrent.infoHash, (it) => it.completedAt !== null);
    await expect.poll(count).toBeGreaterThanOrEqual(2);
  } finally {
    await seed.close();
  }
});

test('a person reads what happened to a torrent, and takes it along', async ({ page, app }) => {
  await openRill(page, app.url);
  const torrent = makeTorrent({ name: 'history.bin', files: 40_000 });
  await page.evaluate(
    async (text) => void (await (await rill).add({ kind: 'text', text }, { paused: true })),
    `data:application/x-bittorrent;base64,${torrent.torrentBytes.toString('base64')}`,
  );
  await page.getByRole('link', { name: 'history.bin', exact: true }).click();
  await page.getByRole('link', { name: 'History', exact: true }).click();
  const list = page.getByRole('list', { name: 'Events, newest first' });
  await expect(list.getByRole('listitem')).toHaveText([
    /It is known what is inside: 1 file\./,
    /It was added to the library\./,
  ]);
  // Live: nobody reloads.
  await page.evaluate(
    async (hash) => void (await (await rill).remove(hash, 'delete')),
    torrent.infoHash,
  );
  await expect(list.getByRole('listitem').first()).toContainText('It was removed');
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as JSON lines' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe('rill-events.jsonl');
});
