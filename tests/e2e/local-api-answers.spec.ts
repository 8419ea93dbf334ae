// Every answer of the local API is as its schema says (tests/support/api-schemas.ts), and the rows of API.md that
// local-api.spec.ts has not: changing one torrent, commands, failures and limits. Streams are in stream.spec.ts, a full disk
// (507) in storage-full.spec.ts.
import type { Page } from '@playwright/test';
import type { GenericSchema } from 'valibot';
import {
  errorSchema,
  failedSchema,
  healthSchema,
  settingsSchema,
  torrentSchema,
  torrentsSchema,
  violationsOf,
} from '../support/api-schemas.ts';
import { callApi, type ApiAnswer, type ApiBody } from '../support/local-api.ts';
import { openRill, untilTorrent } from '../support/rill-page.ts';
import { makeTorrent } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

const TORRENT_TYPE = 'application/x-bittorrent';
const UNKNOWN = 'f'.repeat(40);
const magnetOf = (n: number) => `magnet:?xt=urn:btih:${n.toString(16).padStart(40, '0')}`;
const raw = (content: Buffer): ApiBody => ({ content, type: TORRENT_TYPE });

/** Calls, and holds the answer to its status and its schema; failures all have one. */
async function call(
  page: Page,
  [method, path]: readonly [string, string],
  status: number,
  schema?: GenericSchema,
  body?: ApiBody,
): Promise<ApiAnswer> {
  const answer = await callApi(page, method, path, body);
  const what = `${method} ${path}`;
  expect([what, answer.status]).toEqual([what, status]);
  const expected = status >= 400 ? errorSchema : schema;
  if (expected) expect([what, violationsOf(expected, answer.body)]).toEqual([what, []]);
  else expect(answer.body).toBeNull();
  return answer;
}

test('every row of the table answers as the contract says', async ({ page, app }) => {
  await openRill(page, app.url);
  const { infoHash } = makeTorrent({ files: 40_000 });
  const torrent = makeTorrent({
    name: 'album',
    files: [
      { path: 'a.mp3', content: 40_000 },
      { path: 'b.mp3', content: 40_000 },
    ],
  });
  const one = `torrents/${torrent.infoHash}`;
  await call(page, ['GET', 'health'], 200, healthSchema);
  await call(page, ['POST', 'health'], 200, healthSchema);
  await call(page, ['GET', 'torrents'], 200, torrentsSchema);
  await call(page, ['POST', 'torrents'], 201, torrentSchema, raw(torrent.torrentBytes));
  await call(page, ['POST', 'torrents'], 200, torrentSchema, raw(torrent.torrentBytes));
  await call(page, ['POST', 'torrents'], 201, torrentSchema, { content: { source: infoHash } });
  await call(page, ['POST', 'torrents'], 400, undefined, { content: { source: 'a film' } });
  await call(page, ['GET', 'torrents'], 200, torrentsSchema);
  await call(page, ['GET', one], 200, torrentSchema);
  await call(page, ['GET', 'torrents/nonsense'], 400);
  await call(page, ['GET', `torrents/${UNKNOWN}`], 404);
  await call(page, ['POST', 'status'], 200, torrentSchema, { content: torrent.infoHash });
  await call(page, ['POST', 'status'], 404, undefined, { content: UNKNOWN });
  for (const command of ['pause', 'resume', 'recheck', 'reannounce']) {
    await call(page, ['POST', `${one}/${command}`], 200, torrentSchema);
    await call(page, ['POST', `torrents/${UNKNOWN}/${command}`], 404);
    await call(page, ['POST', `torrents/nonsense/${command}`], 400);
  }
  await call(page, ['GET', 'settings'], 200, settingsSchema);
  await call(page, ['PATCH', 'settings'], 200, settingsSchema, { content: {} });
  await call(page, ['PATCH', 'settings'], 400, undefined, { content: { rateLimits: 3 } });
  await call(page, ['GET', 'failed'], 200, failedSchema);
  await call(page, ['DELETE', `failed/${UNKNOWN}`], 204);
  await call(page, ['DELETE', 'failed'], 204);
  await call(page, ['DELETE', 'failed/nonsense'], 400);
  await call(page, ['DELETE', `${one}?data=perhaps`], 400);
  await call(page, ['DELETE', one], 204);
  await call(page, ['DELETE', one], 404);
});

test('a torrent is changed as a whole or, with the field named, not at all', async ({
  page,
  app,
}) => {
  await openRill(page, app.url);
  const torrent = makeTorrent({
    name: 'album',
    files: [
      { path: 'a.mp3', content: 40_000 },
      { path: 'b.mp3', content: 40_000 },
    ],
  });
  const one = `torrents/${torrent.infoHash}`;
  await call(page, ['POST', 'torrents'], 201, torrentSchema, raw(torrent.torrentBytes));
  const content = {
    selected: [1],
    filePriorities: { 1: 'high' },
    superSeeding: true,
    limits: { downloadBps: 100_000, uploadBps: 50_000, maxConnections: 7 },
    addTrackers: ['ws://127.0.0.1:9/'],
    addWebSeeds: [`${app.url}nothing/`],
  };
  const changed = await call(page, ['PATCH', one], 200, torrentSchema, { content });
  expect(changed.body).toMatchObject({
    superSeeding: true,
    limits: content.limits,
    files: [
      { selected: false, priority: 'normal' },
      { selected: true, priority: 'high' },
    ],
    trackers: [{ url: 'ws://127.0.0.1:9/', tier: 0 }],
  });
  const refusals: readonly [object, string][] = [
    [{ selected: [2] }, 'selected'],
    [{ selected: [-1] }, 'selected'],
    [{ filePriorities: { 0: 'soon' } }, 'filePriorities'],
    [{ superSeeding: 'yes' }, 'superSeeding'],
    [{ limits: { downloadBps: 1 } }, 'limits'],
    [{ addTrackers: ['https://tracker.example.org:99999'] }, 'addTrackers'],
    [{ removeTrackers: ['wss://another.example/'] }, 'removeTrackers'],
    [{ addWebSeeds: ['ftp://seeds.example/'] }, 'addWebSeeds'],
    [{ colour: 'red' }, 'colour'],
  ];
  for (const [bad, field] of refusals) {
    const both = { limits: { downloadBps: 200_000 }, ...bad };
    const refused = await call(page, ['PATCH', one], 400, undefined, { content: both });
    expect(refused.body).toMatchObject({
      error: { kind: 'bad-request', field: expect.stringContaining(field) },
    });
  }
  const after = await call(page, ['GET', one], 200, torrentSchema);
  expect(after.body).toMatchObject({ limits: content.limits });
  await call(page, ['PATCH', `torrents/${UNKNOWN}`], 404, undefined, { content: {} });
});

test('a script adds so many in a minute and no more, and is told; a person is not counted', async ({
  page,
  app,
}) => {
  await openRill(page, app.url, { rateLimits: { addsPerMinute: 4, metadataPerMinute: 2 } });
  const add = (n: number, status: number) =>
    call(page, ['POST', 'torrents'], status, torrentSchema, { content: { source: magnetOf(n) } });
  expect((await add(1, 201)).headers).toMatchObject({
    'ratelimit-policy': '"adds";q=4;w=60, "metadata";q=2;w=60',
    ratelimit: expect.stringMatching(/^"adds";r=3;t=\d+, "metadata";r=1;t=\d+$/),
    'ratelimit-limit': '2',
    'ratelimit-remaining': '1',
    'ratelimit-reset': expect.stringMatching(/^\d+$/),
  });
  await add(2, 201);
  const refused = await add(3, 429);
  expect(refused.body).toMatchObject({ error: { kind: 'rate-limited' } });
  expect(refused.headers['ratelimit']).toMatch(/^"adds";r=2;t=\d+, "metadata";r=0;t=\d+$/);
  const waitS = Number(refused.headers['retry-after']);
  expect(waitS).toBeGreaterThan(30);
  expect(waitS).toBeLessThanOrEqual(60);
  // No look-up is needed for one that is here, nor for a .torrent.
  await add(1, 200);
  const { torrentBytes } = makeTorrent({ files: 40_000 });
  await call(page, ['POST', 'torrents'], 201, torrentSchema, raw(torrentBytes));
  await call(page, ['POST', 'torrents'], 429, undefined, raw(torrentBytes));
  const byHand = await page.evaluate(
    async (text) => (await rill).add({ kind: 'text', text }),
    magnetOf(4),
  );
  expect(byHand).toMatchObject({ ok: true, value: { isNew: true } });
});

test('what failed is listed, refused with the time that is left, and tried again when it is cleared', async ({
  page,
  app,
}) => {
  await openRill(page, app.url, { metadataTimeoutS: 5 });
  const infoHash = magnetOf(5).slice(-40);
  const add = { content: { source: magnetOf(5) } };
  await call(page, ['POST', 'torrents'], 201, torrentSchema, add);
  await untilTorrent(page, infoHash, ({ state }) => state === 'queued');

  const listed = await call(page, ['GET', 'failed'], 200, failedSchema);
  expect(listed.body).toMatchObject([{ infoHash, reason: 'no-peers', attempts: 1 }]);
  for (const [request, body] of [
    [['POST', 'torrents'], add],
    [['POST', `torrents/${infoHash}/resume`], undefined],
    [['POST', `torrents/${infoHash}/reannounce`], undefined],
  ] as const) {
    const refused = await call(page, request, 503, undefined, body);
    expect(refused.body).toMatchObject({ error: { kind: 'cooldown' } });
    const retryAfterS = Number(refused.headers['retry-after']);
    expect(retryAfterS).toBeGreaterThan(280);
    expect(retryAfterS).toBeLessThanOrEqual(300);
  }
  const stream = await callApi(page, 'GET', `../stream/${infoHash}/0/film.mp4`);
  expect(stream).toMatchObject({ status: 503, body: { error: { kind: 'cooldown' } } });
  expect(Number(stream.headers['retry-after'])).toBeGreaterThan(280);
  // It is in the library and can be looked at, paused and removed as ever.
  const one = await call(page, ['GET', `torrents/${infoHash}`], 200, torrentSchema);
  expect(one.body).toMatchObject({ state: 'queued', health: { kind: 'no-peers' } });

  await call(page, ['DELETE', `failed/${infoHash}`], 204);
  await call(page, ['GET', 'failed'], 200, failedSchema);
  const again = await call(page, ['POST', 'torrents'], 200, torrentSchema, add);
  expect(again.body).toMatchObject({ state: 'metadata' });
});
