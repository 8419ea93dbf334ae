// The local HTTP API (API.md) through the real service worker and engine. More of it is in local-api-answers.spec.ts, the
// settings in local-api-settings.spec.ts.
import { sampleTorrent } from '../support/clip.ts';
import { callApi, filesInStorage } from '../support/local-api.ts';
import { openRill, torrentOf, untilTorrent } from '../support/rill-page.ts';
import { makeTorrent } from '../support/torrents.ts';
import { expect, test } from '../support/world.ts';

const TORRENT_TYPE = 'application/x-bittorrent';
const UNKNOWN = 'f'.repeat(40);
const count = expect.any(Number);
const text = expect.any(String);

/** RFC 4648, without padding: 20 bytes are 32 characters. */
function base32(hex: string): string {
  const bits = [...Buffer.from(hex, 'hex')].map((byte) => byte.toString(2).padStart(8, '0'));
  const groups = bits.join('').match(/.{5}/g) ?? [];
  return groups
    .map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group, 2)])
    .join('');
}

const dataUrl = (bytes: Buffer) => `data:${TORRENT_TYPE};base64,${bytes.toString('base64')}`;

/** An error as every endpoint gives it: a kind, and words for a person. */
const errorOf = (kind: string, more: object = {}) => ({
  error: { kind, message: expect.stringMatching(/\w.+[.?]$/), ...more },
});

test('health has exactly the fields of API.md, by GET and by POST', async ({ page, app }) => {
  await openRill(page, app.url);
  const torrent = makeTorrent({ files: 40_000 });
  await callApi(page, 'POST', 'torrents', { content: { source: torrent.magnet(), paused: true } });
  for (const method of ['GET', 'POST']) {
    const { status, headers, body } = await callApi(page, method, 'health');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      status: 'ok',
      reasons: [],
      version: text,
      uptimeS: count,
      torrents: { active: 0, queued: 0, paused: 1, seeding: 0, failed: 0 },
      peers: 0,
      connections: { open: 0, pending: 0, budget: 60, problem: null },
      storage: {
        backend: 'opfs',
        usedBytes: count,
        quotaBytes: count,
        persisted: expect.any(Boolean),
      },
      memory: { queuedWriteBytes: 0, cacheBytes: count, pieceBufferBytes: count },
      backpressure: {
        inFlightPieces: 0,
        queuedPieces: 0,
        queuedBytes: 0,
        averageWriteMs: count,
        isBackpressured: false,
      },
      leader: true,
    });
  }
});

test('every kind of source adds the torrent: 201, then 200 because it is there', async ({
  page,
  app,
}) => {
  await openRill(page, app.url);
  const torrent = makeTorrent({
    name: 'a folder',
    files: [
      { path: 'clip.mp4', content: 40_000 },
      { path: 'notes.txt', content: 1_000 },
    ],
  });
  const sampleUrl = `${app.url}sample/rill-sample.torrent`;
  const sampleHash = await page.evaluate(async (url) => {
    // The sample's info hash, over the raw bytes between `4:info` and its web seed list.
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const latin1 = new TextDecoder('latin1').decode(bytes);
    const start = latin1.indexOf('4:info') + 6;
    const end = latin1.includes('8:url-list') ? latin1.indexOf('8:url-list') : bytes.length - 1;
    const digest = await crypto.subtle.digest('SHA-1', bytes.slice(start, end));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }, sampleUrl);
  const sources = [
    { name: 'magnet', content: { source: torrent.magnet() } },
    { name: 'hex', content: { source: ` ${torrent.infoHash.toUpperCase()}\n`, paused: true } },
    { name: 'base32', content: { source: base32(torrent.infoHash) } },
    { name: 'data URL', content: { source: dataUrl(torrent.torrentBytes), files: [1] } },
    { name: 'raw', content: torrent.torrentBytes, type: TORRENT_TYPE },
    { name: 'URL', content: { source: sampleUrl, paused: true }, infoHash: sampleHash },
  ];
  for (const { name, infoHash = torrent.infoHash, ...body } of sources) {
    const first = await callApi(page, 'POST', 'torrents', body);
    expect([name, first.status]).toEqual([name, 201]);
    const again = await callApi(page, 'POST', 'torrents', body);
    expect([name, again.status]).toEqual([name, 200]);
    expect(again.body).toMatchObject({ infoHash });

    const isOpen = name === 'data URL' || name === 'raw';
    const one = await callApi(page, 'GET', `torrents/${infoHash}`);
    expect(one.body).toMatchObject({
      infoHash,
      state: isOpen ? 'downloading' : /hex|^URL/.test(name) ? 'paused' : 'metadata',
      magnet: expect.stringContaining(`xt=urn:btih:${infoHash}`),
      progress: 0,
      priority: 'normal',
      addedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      completedAt: null,
      // The sample is: it must not be announced anywhere.
      isPrivate: name === 'URL',
      etaS: null,
      health: { kind: text, message: expect.any(String), since: text },
      peerCounts: { connected: 0, seeds: 0, snubbed: 0, banned: 0 },
      limits: { downloadBps: 0, uploadBps: 0 },
      peers: [],
      trackers: [],
      errors: [],
    });
    if (isOpen) {
      const { files } = one.body as { files: object[] };
      expect(files[0]).toEqual({
        index: 0,
        path: 'a folder/clip.mp4',
        lengthBytes: 40_000,
        downloadedBytes: 0,
        progress: 0,
        selected: name === 'raw',
        priority: 'normal',
        isStreamable: true,
        canPlay: 'native',
        streamUrl: `/stream/${infoHash}/0/clip.mp4`,
      });
    }
    const list = await callApi(page, 'GET', 'torrents');
    expect(list.body).toEqual({ torrents: [expect.objectContaining({ infoHash })] });
    expect((await callApi(page, 'DELETE', `torrents/${infoHash}`)).status).toBe(204);
  }
});

test('what cannot be added is refused with what is wrong, and nothing is added', async ({
  page,
  app,
}) => {
  await openRill(page, app.url);
  const source = makeTorrent().magnet();
  const gone = `${app.url}no-such.torrent`;
  const refusals: [content: unknown, status: number, kind: string, field?: string][] = [
    [{ source: 'a film, please' }, 400, 'bad-torrent'],
    [{ source: 'g'.repeat(40) }, 400, 'bad-torrent'],
    [{ source: 'abc123'.repeat(5) }, 400, 'bad-torrent'],
    [{ source: 'magnet:?dn=nothing' }, 400, 'bad-torrent'],
    [{ source: `data:${TORRENT_TYPE};base64,####` }, 400, 'bad-torrent'],
    [{ source: dataUrl(Buffer.from('no torrent')) }, 400, 'bad-torrent'],
    [{ source: `magnet:?dn=${'x'.repeat(70_000)}` }, 413, 'too-large'],
    [{ source: gone }, 502, 'fetch-failed'],
    [{ source: 'ftp://example.org/a.torrent' }, 400, 'bad-torrent'],
    [Buffer.from('not bencode'), 400, 'bad-torrent'],
    [Buffer.alloc(0), 400, 'bad-torrent'],
    ['source=magnet', 400, 'bad-request'],
    ['["magnet"]', 400, 'bad-request', 'source'],
    [{}, 400, 'bad-request', 'source'],
    [{ source: 5 }, 400, 'bad-request', 'source'],
    [{ source: ' ' }, 400, 'bad-request', 'source'],
    [{ source, pause: true }, 400, 'bad-request', 'pause'],
    [{ source, paused: 'yes' }, 400, 'bad-request', 'paused'],
    [{ source, files: [-1] }, 400, 'bad-request', 'files'],
    [{ source, priority: 'urgent' }, 400, 'bad-request', 'priority'],
  ];
  for (const [content, status, kind, field] of refusals) {
    const type = content instanceof Uint8Array ? TORRENT_TYPE : 'application/json';
    const answer = await callApi(page, 'POST', 'torrents', { content, type });
    expect([content, answer.status]).toEqual([content, status]);
    expect(answer.body).toEqual(errorOf(kind, field ? { field } : {}));
  }
  // Larger than any torrent, and larger than any body.
  for (const lengthBytes of [11_000_000, 17_000_000]) {
    const large = await page.evaluate(async (length) => {
      const headers = { 'Content-Type': 'application/x-bittorrent' };
      const body = new Uint8Array(length);
      const response = await fetch('api/torrents', { method: 'POST', headers, body });
      return { status: response.status, body: (await response.json()) as unknown };
    }, lengthBytes);
    expect(large).toEqual({ status: 413, body: errorOf('too-large') });
  }
  expect((await callApi(page, 'GET', 'torrents')).body).toEqual({ torrents: [] });
});

test('unknown things are named and wrong methods are told what is allowed', async ({
  page,
  app,
}) => {
  await openRill(page, app.url);
  for (const [method, path] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/pause'],
    ['POST', '/resume'],
  ] as const) {
    const unknown = await callApi(page, method, `torrents/${UNKNOWN}${path}`);
    expect(unknown).toMatchObject({ status: 404, body: errorOf('unknown-torrent') });
    const bad = await callApi(page, method, `torrents/12345${path}`);
    expect(bad).toMatchObject({ status: 400, body: errorOf('bad-info-hash') });
  }
  const status = await callApi(page, 'POST', 'status', { content: { infoHash: UNKNOWN } });
  expect(status).toMatchObject({ status: 404, body: errorOf('unknown-torrent') });
  const nameless = await callApi(page, 'POST', 'status', { content: { hash: UNKNOWN } });
  expect(nameless).toMatchObject({
    status: 400,
    body: errorOf('bad-request', { field: 'infoHash' }),
  });
  const noSuch = await callApi(page, 'GET', 'nothing/here');
  expect(noSuch).toMatchObject({ status: 404, body: errorOf('bad-request') });

  for (const [method, path, allow] of [
    ['DELETE', 'health', 'GET, HEAD, POST'],
    ['PUT', 'torrents', 'GET, HEAD, POST'],
    ['GET', 'status', 'POST'],
    ['POST', `torrents/${UNKNOWN}`, 'GET, HEAD, PATCH, DELETE'],
    ['GET', `torrents/${UNKNOWN}/pause`, 'POST'],
    ['PUT', 'settings', 'GET, HEAD, PATCH'],
  ] as const) {
    const { status, headers, body } = await callApi(page, method, path);
    expect([path, status, headers['allow']]).toEqual([path, 405, allow]);
    expect(body).toEqual(errorOf('bad-request'));
  }
  const head = await callApi(page, 'HEAD', 'health');
  expect([head.status, head.body]).toEqual([200, null]);
  expect(Number(head.headers['content-length'])).toBeGreaterThan(100);
});

test('status, pause and resume answer with the torrent as it then is', async ({ page, app }) => {
  await openRill(page, app.url);
  const { infoHash, torrentBytes } = makeTorrent({ files: 40_000 });
  await callApi(page, 'POST', 'torrents', { content: torrentBytes, type: TORRENT_TYPE });
  for (const content of [{ infoHash }, infoHash, `"${infoHash}"`, ` ${infoHash.toUpperCase()}\n`]) {
    const status = await callApi(page, 'POST', 'status', { content });
    expect(status).toMatchObject({ status: 200, body: { infoHash, state: 'downloading' } });
  }
  const paused = await callApi(page, 'POST', `torrents/${infoHash}/pause`);
  expect(paused).toMatchObject({ status: 200, body: { infoHash, state: 'paused' } });
  expect((await torrentOf(page, infoHash)).state).toBe('paused');
  const again = await callApi(page, 'POST', `torrents/${infoHash}/pause`);
  expect(again).toMatchObject({ status: 200, body: { state: 'paused' } });
  const resumed = await callApi(page, 'POST', `torrents/${infoHash}/resume`);
  expect(resumed).toMatchObject({ status: 200, body: { infoHash, state: 'downloading' } });
});

test('removing frees the storage, unless the data is to be kept', async ({ page, app }) => {
  await openRill(page, app.url);
  const usage = () => page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
  const usedBefore = await usage();
  // Its own clip, from a web seed beside the app: bytes without a swarm.
  const clip = sampleTorrent();
  const torrent = makeTorrent({
    name: clip.name,
    files: clip.files[0]!.bytes,
    webSeeds: [`${app.url}sample/rill-sample.mp4`],
  });
  const { infoHash } = torrent;
  const add = async () => {
    const content = torrent.torrentBytes;
    await callApi(page, 'POST', 'torrents', { content, type: TORRENT_TYPE });
    await untilTorrent(page, infoHash, (it) => it.completedAt !== null);
  };
  await add();
  const extent = `torrents/${infoHash}/0`;
  expect(await filesInStorage(page)).toMatchObject({ [extent]: torrent.content.length });
  await expect.poll(usage).toBeGreaterThanOrEqual(usedBefore + torrent.content.length);

  const wrong = await callApi(page, 'DELETE', `torrents/${infoHash}?data=some`);
  expect(wrong).toMatchObject({ status: 400, body: errorOf('bad-request', { field: 'data' }) });
  const kept = await callApi(page, 'DELETE', `torrents/${infoHash}?data=keep`);
  expect([kept.status, kept.body]).toEqual([204, null]);
  expect((await callApi(page, 'GET', 'torrents')).body).toEqual({ torrents: [] });
  expect(await filesInStorage(page)).toMatchObject({ [extent]: torrent.content.length });

  await add();
  const deleted = await callApi(page, 'DELETE', `torrents/${infoHash}?data=delete`);
  expect([deleted.status, deleted.body]).toEqual([204, null]);
  // The backups of the library stay, without it.
  const files = Object.keys(await filesInStorage(page));
  expect(files.filter((path) => path.includes(infoHash))).toEqual([]);
  await expect.poll(usage).toBeLessThan(usedBefore + torrent.content.length / 2);
  const stream = await page.evaluate(
    async (path) => (await fetch(path)).status,
    `stream/${infoHash}/0/clip.mp4`,
  );
  expect(stream).toBe(404);
});

test('with no engine anywhere every command is told at once to try again', async ({
  page,
  app,
}) => {
  // This page waits for the engine's lock for ever, so no engine starts in the browser.
  await page.addInitScript(() => {
    navigator.locks.request = () => new Promise<never>(() => undefined);
  });
  await page.goto(app.url);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  const requests: readonly (readonly [method: string, path: string, content?: unknown])[] = [
    ['GET', 'health'],
    ['POST', 'health'],
    ['GET', 'statistics'],
    ['GET', 'torrents'],
    ['POST', 'torrents', { source: UNKNOWN }],
    ['GET', `torrents/${UNKNOWN}`],
    ['POST', 'status', UNKNOWN],
    ['POST', `torrents/${UNKNOWN}/pause`],
    ['PATCH', `torrents/${UNKNOWN}`, {}],
    ['DELETE', `torrents/${UNKNOWN}`],
    ['GET', 'failed'],
    ['DELETE', 'failed'],
    ['GET', 'settings'],
    ['PATCH', 'settings', {}],
    ['GET', 'events?since=0'],
    ['GET', `../stream/${UNKNOWN}/0/film.mp4`],
  ];
  const startedMs = Date.now();
  for (const [method, path, content] of requests) {
    const sent = content === undefined ? undefined : { content };
    const { status, headers, body } = await callApi(page, method, path, sent);
    expect([path, status]).toEqual([path, 503]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(body).toEqual(errorOf('engine-starting', { retryAfterS: count }));
  }
  expect(Date.now() - startedMs).toBeLessThan(2_000);
});
