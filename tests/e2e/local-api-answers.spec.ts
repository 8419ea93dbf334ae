// Every answer of the local API is as its schema says (tests/support/api-schemas.ts), and the rows of API.md that
// local-api.spec.ts has not: changing one torrent, commands, failures and limits. Settings are in local-api-settings.spec.ts,
// streams in stream.spec.ts, a full disk (507) in storage-full.spec.ts, events in events.spec.ts, statistics in statistics.spec.ts.
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
import { startWebSeed } from '../support/web-seed.ts';
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

test('each field of a torrent is changed, and with one that is refused, which is named, none is', async ({
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
  // Slow, so that it is among the peers for as long as this takes.
  const seed = await startWebSeed(torrent.files, 2_048);
  const one = `torrents/${torrent.infoHash}`;
  try {
    await call(page, ['POST', 'torrents'], 201, torrentSchema, raw(torrent.torrentBytes));
    // Read back as they were sent.
    const own = {
      priority: 'low',
      isForced: true,
      sequential: true,
      superSeeding: true,
      limits: {
        downloadBps: 100_000,
        uploadBps: 50_000,
        maxConnections: 7,
        seedRatio: 1.5,
        seedMinutes: 90,
      },
    };
    const addTrackers = ['ws://127.0.0.1:9/', 'ws://127.0.0.1:9/second'];
    const content = {
      ...own,
      selected: [1],
      filePriorities: { 1: 'high' },
      addTrackers,
      addWebSeeds: [seed.url],
    };
    const changed = await call(page, ['PATCH', one], 200, torrentSchema, { content });
    const files = [
      { selected: false, priority: 'normal' },
      { selected: true, priority: 'high' },
    ];
    expect(changed.body).toMatchObject({
      ...own,
      files,
      trackers: addTrackers.map((url, tier) => ({ url, tier })),
    });
    await untilTorrent(page, torrent.infoHash, (it) => it.peers.length > 0);
    const fetching = await call(page, ['GET', one], 200, torrentSchema);
    expect(fetching.body).toMatchObject({ peers: [{ kind: 'webseed', address: null }] });

    const refusals: readonly [object, string][] = [
      [{ selected: [2] }, 'selected'],
      [{ selected: [-1] }, 'selected'],
      [{ filePriorities: { 0: 'soon' } }, 'filePriorities'],
      [{ priority: 'urgent' }, 'priority'],
      [{ isForced: 1 }, 'isForced'],
      [{ sequential: 'yes' }, 'sequential'],
      [{ superSeeding: 'yes' }, 'superSeeding'],
      [{ keepOffline: null }, 'keepOffline'],
      [{ limits: { downloadBps: 1 } }, 'limits.downloadBps'],
      [{ limits: { uploadBps: -1 } }, 'limits.uploadBps'],
      [{ limits: { maxConnections: 401 } }, 'limits.maxConnections'],
      [{ limits: { seedRatio: -1 } }, 'limits.seedRatio'],
      [{ limits: { seedMinutes: 1.5 } }, 'limits.seedMinutes'],
      [{ limits: { colour: 1 } }, 'limits.colour'],
      [{ addTrackers: ['https://tracker.example.org:99999'] }, 'addTrackers'],
      [{ removeTrackers: ['wss://another.example/'] }, 'removeTrackers'],
      [{ addWebSeeds: ['ftp://seeds.example/'] }, 'addWebSeeds'],
      [{ colour: 'red' }, 'colour'],
    ];
    for (const [bad, field] of refusals) {
      const both = { priority: 'high', limits: { downloadBps: 200_000 }, ...bad };
      const refused = await call(page, ['PATCH', one], 400, undefined, { content: both });
      expect(refused.body).toMatchObject({
        error: { kind: 'bad-request', field: expect.stringContaining(field) },
      });
    }
    const after = await call(page, ['GET', one], 200, torrentSchema);
    expect(after.body).toMatchObject({ ...own, files });

    const back = {
      superSeeding: false,
      isForced: false,
      // Of a torrent that is shared by choice it would not show.
      keepOffline: false,
      limits: { seedRatio: null, seedMinutes: 0 },
      removeTrackers: ['ws://127.0.0.1:9/'],
    };
    const last = await call(page, ['PATCH', one], 200, torrentSchema, { content: back });
    expect(last.body).toMatchObject({
      isForced: false,
      keepOffline: false,
      limits: { ...own.limits, ...back.limits },
      trackers: [{ url: 'ws://127.0.0.1:9/second' }],
    });
    await call(page, ['PATCH', `torrents/${UNKNOWN}`], 404, undefined, { content: {} });
    await call(page, ['PATCH', 'torrents/nonsense'], 400, undefined, { content: {} });
  } finally {
    await seed.close();
  }
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
  // The draft: Retry-After is not earlier than the reset of any limit that is named.
  const resets = Array.from(refused.headers['ratelimit']!.matchAll(/;t=(\d+)/g), ([, t]) => +t!);
  expect(waitS).toBeGreaterThanOrEqual(Math.max(...resets));
  expect(refused.headers['ratelimit-policy']).toBe('"adds";q=4;w=60, "metadata";q=2;w=60');
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
  const [infoHash, other] = [5, 6].map((n) => magnetOf(n).slice(-40)) as [string, string];
  const add = { content: { source: magnetOf(5) } };
  await call(page, ['POST', 'torrents'], 201, torrentSchema, add);
  await call(page, ['POST', 'torrents'], 201, torrentSchema, { content: { source: other } });
  for (const hash of [infoHash, other])
    await untilTorrent(page, hash, ({ state }) => state === 'queued');

  const listed = await call(page, ['GET', 'failed'], 200, failedSchema);
  expect(listed.body).toMatchObject([
    { infoHash, reason: 'no-peers', attempts: 1 },
    { infoHash: other },
  ]);
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
  const left = await call(page, ['GET', 'failed'], 200, failedSchema);
  expect(left.body).toMatchObject([{ infoHash: other }]);
  const again = await call(page, ['POST', 'torrents'], 200, torrentSchema, add);
  expect(again.body).toMatchObject({ state: 'metadata' });
  await call(page, ['DELETE', 'failed'], 204);
  expect((await call(page, ['GET', 'failed'], 200, failedSchema)).body).toEqual([]);
  await untilTorrent(page, other, ({ state }) => state === 'metadata');
});
