import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import type { CoolingTorrent } from '../../../../workers/contract/cooldown.ts';
import type { Health, LibraryImport } from '../../../../workers/contract/engine.ts';
import { fail, ok } from '../../../../workers/contract/errors.ts';
import { DEFAULT_SETTINGS } from '../../../../workers/contract/settings.ts';
import type { TorrentDetail } from '../../../../workers/contract/snapshot.ts';
import type { EngineCalls, EngineCaller } from '../../../../workers/service/engine-port.ts';
import { createLocalApi } from '../../../../workers/service/local-api.ts';
import { MAX_BODY_BYTES } from '../../../../workers/service/request-body.ts';
import { makeStatistics } from '../../../support/fake-engine.ts';
import { statisticsSchema } from '../../../support/statistics-schema.ts';
import { callerOf, HASH, noCaller, requestFor } from './fakes.ts';

const torrent = { infoHash: HASH, name: 'clip', isHeld: false } as unknown as TorrentDetail;
const MAGNET = `magnet:?xt=urn:btih:${HASH}`;

function engineWith(calls: Partial<EngineCalls> = {}) {
  return {
    health: vi.fn<EngineCalls['health']>(async () => ({ status: 'ok' }) as Health),
    add: vi.fn<EngineCalls['add']>(async () => ok({ infoHash: HASH, isNew: true })),
    pause: vi.fn<EngineCalls['pause']>(async () => ok(null)),
    resume: vi.fn<EngineCalls['resume']>(async () => ok(null)),
    remove: vi.fn<EngineCalls['remove']>(async () => ok(null)),
    recheck: vi.fn<EngineCalls['recheck']>(async () => ok(null)),
    reannounce: vi.fn<EngineCalls['reannounce']>(async () => ok(null)),
    change: vi.fn<EngineCalls['change']>(async () => ok(null)),
    moveInQueue: vi.fn<EngineCalls['moveInQueue']>(async () => ok(null)),
    torrent: vi.fn<EngineCalls['torrent']>(async () => ok(torrent)),
    torrents: vi.fn<EngineCalls['torrents']>(async () => [torrent]),
    statistics: vi.fn<EngineCalls['statistics']>(async () => makeStatistics()),
    settings: vi.fn<EngineCalls['settings']>(async () => DEFAULT_SETTINGS),
    changeSettings: vi.fn<EngineCalls['changeSettings']>(async () => ok(DEFAULT_SETTINGS)),
    ...calls,
  };
}

type Init = Parameters<typeof requestFor>[1];

async function ask(engine: Partial<EngineCalls> | EngineCaller, path: string, init: Init = {}) {
  const caller = 'call' in engine ? (engine as EngineCaller) : callerOf(engine);
  const segments = path.split('?')[0]!.split('/');
  const response = await createLocalApi(caller)(requestFor(`api/${path}`, init), segments);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text && JSON.parse(text) };
}

const json = (body: unknown): Init => ({ method: 'POST', body: JSON.stringify(body) });

describe('reading', () => {
  it.each(['GET', 'POST'])('%s /api/health', async (method) => {
    const answer = await ask(engineWith(), 'health', { method });
    expect(answer).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  it('GET /api/torrents lists all but those that are held', async () => {
    const held = { ...torrent, isHeld: true };
    const answer = await ask(engineWith({ torrents: async () => [torrent, held] }), 'torrents');
    expect(answer).toMatchObject({ status: 200, body: { torrents: [torrent] } });
  });

  it('GET /api/torrents/:infoHash takes a hash in capitals', async () => {
    const engine = engineWith();
    const answer = await ask(engine, `torrents/${HASH.toUpperCase()}`);
    expect(answer).toMatchObject({ status: 200, body: torrent });
    expect(engine.torrent).toHaveBeenCalledWith(HASH);
  });

  it('GET /api/statistics', async () => {
    const answer = await ask(engineWith(), 'statistics');
    expect(answer.status).toBe(200);
    expect(v.parse(statisticsSchema, answer.body)).toEqual(answer.body);
    expect(await ask(noCaller, 'statistics')).toMatchObject({ status: 503 });
    expect(await ask(engineWith(), 'statistics', { method: 'DELETE' })).toMatchObject({
      status: 405,
    });
  });

  it('GET /api/settings', async () => {
    expect(await ask(engineWith(), 'settings')).toMatchObject({
      status: 200,
      body: DEFAULT_SETTINGS,
    });
  });

  it('HEAD has the head of GET and no body', async () => {
    const answer = await ask(engineWith(), 'settings', { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(Number(answer.headers.get('Content-Length'))).toBeGreaterThan(2);
    expect(answer.body).toBe('');
  });

  it.each([
    ['an object', JSON.stringify({ infoHash: HASH })],
    ['the bare hash', HASH],
    ['the quoted hash', JSON.stringify(HASH)],
  ])('POST /api/status with %s', async (_, body) => {
    const engine = engineWith();
    expect(await ask(engine, 'status', { method: 'POST', body })).toMatchObject({ status: 200 });
    expect(engine.torrent).toHaveBeenCalledWith(HASH);
  });

  it('POST /api/status with a hash of decimal digits only', async () => {
    const engine = engineWith();
    const digits = '1234567890'.repeat(4);
    await ask(engine, 'status', { method: 'POST', body: `${digits}\n` });
    expect(engine.torrent).toHaveBeenCalledWith(digits);
  });

  it.each([
    ['', 'bad-info-hash'],
    ['nonsense', 'bad-info-hash'],
    ['{"infoHash":"nonsense"}', 'bad-info-hash'],
    ['{"infoHash":7}', 'bad-request'],
    ['{"infoHash"', 'bad-request'],
  ])('POST /api/status with %j is a 400', async (body, kind) => {
    const answer = await ask(engineWith(), 'status', { method: 'POST', body });
    expect(answer).toMatchObject({ status: 400, body: { error: { kind } } });
  });
});

describe('adding', () => {
  it('answers 201 with the torrent when it is new', async () => {
    const engine = engineWith();
    const answer = await ask(engine, 'torrents', json({ source: MAGNET }));
    expect(answer).toMatchObject({ status: 201, body: torrent });
    expect(engine.add).toHaveBeenCalledWith({ kind: 'text', text: MAGNET }, {});
  });

  it('answers 200 when it was there already', async () => {
    const add = async () => ok({ infoHash: HASH, isNew: false });
    expect(await ask(engineWith({ add }), 'torrents', json({ source: MAGNET }))).toMatchObject({
      status: 200,
      body: torrent,
    });
  });

  it('passes on what is to be downloaded', async () => {
    const engine = engineWith();
    const body = { source: MAGNET, paused: true, files: [0, 2], priority: 'high' };
    expect((await ask(engine, 'torrents', json(body))).status).toBe(201);
    const options = { paused: true, files: [0, 2], priority: 'high' };
    expect(engine.add).toHaveBeenCalledWith({ kind: 'text', text: MAGNET }, options);
  });

  it('takes the bytes of a .torrent', async () => {
    const engine = engineWith();
    const bytes = new Uint8Array([100, 0, 255, 101]);
    const headers = { 'Content-Type': 'Application/X-BitTorrent; charset=binary' };
    const answer = await ask(engine, 'torrents', { method: 'POST', headers, body: bytes });
    expect(answer.status).toBe(201);
    expect(engine.add).toHaveBeenCalledWith({ kind: 'torrent-file', bytes }, {});
  });

  it.each([
    [{}, 'source'],
    [{ source: '' }, 'source'],
    [{ source: ' ' }, 'source'],
    [{ source: 7 }, 'source'],
    [{ source: MAGNET, paused: 'yes' }, 'paused'],
    [{ source: MAGNET, files: 0 }, 'files'],
    [{ source: MAGNET, files: [0, -1] }, 'files'],
    [{ source: MAGNET, files: [0.5] }, 'files'],
    [{ source: MAGNET, priority: 'urgent' }, 'priority'],
    [{ source: MAGNET, pause: true }, 'pause'],
  ])('%j is a 400 that names %s', async (body, field) => {
    const engine = engineWith();
    const answer = await ask(engine, 'torrents', json(body));
    expect(answer).toMatchObject({ status: 400, body: { error: { kind: 'bad-request', field } } });
    expect(answer.body.error.message).toContain(field);
    expect(engine.add).not.toHaveBeenCalled();
  });

  it.each(['', 'not json', '[]', '"text"', 'null'])('a body of %j is a 400', async (body) => {
    const answer = await ask(engineWith(), 'torrents', { method: 'POST', body });
    expect(answer).toMatchObject({ status: 400, body: { error: { kind: 'bad-request' } } });
  });

  it('a body that is not UTF-8 is a 400', async () => {
    const answer = await ask(engineWith(), 'torrents', {
      method: 'POST',
      body: new Uint8Array([0x22, 0xff, 0x22]),
    });
    expect(answer).toMatchObject({ status: 400, body: { error: { kind: 'bad-request' } } });
  });

  it('stops reading a body that is too large', async () => {
    let sentBytes = 0;
    const cancelled = vi.fn();
    const chunk = new Uint8Array(1024 * 1024);
    const body = new ReadableStream({
      pull(controller) {
        sentBytes += chunk.byteLength;
        controller.enqueue(chunk);
      },
      cancel: cancelled,
    });
    const answer = await ask(engineWith(), 'torrents', { method: 'POST', body });
    expect(answer).toMatchObject({ status: 413, body: { error: { kind: 'too-large' } } });
    expect(cancelled).toHaveBeenCalledOnce();
    expect(sentBytes).toBeLessThanOrEqual(MAX_BODY_BYTES + 2 * chunk.byteLength);
  });

  it('does not begin to read a body that says it is too large', async () => {
    const pull = vi.fn((controller: ReadableStreamDefaultController) => controller.close());
    const answer = await ask(engineWith(), 'torrents', {
      method: 'POST',
      headers: { 'Content-Length': String(MAX_BODY_BYTES + 1) },
      body: new ReadableStream({ pull }, { highWaterMark: 0 }),
    });
    expect(answer.status).toBe(413);
    expect(pull).not.toHaveBeenCalled();
  });

  it('takes a body of exactly the limit', async () => {
    const engine = engineWith();
    const answer = await ask(engine, 'torrents', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-bittorrent' },
      body: new Uint8Array(MAX_BODY_BYTES),
    });
    expect(answer.status).toBe(201);
  });

  it.each([
    ['bad-torrent', 400],
    ['too-large', 413],
    ['storage-full', 507],
    ['fetch-failed', 502],
  ] as const)('an engine that says %s makes a %i', async (kind, status) => {
    const add = async () => fail(kind, 'why', { neededBytes: 5 });
    const answer = await ask(engineWith({ add }), 'torrents', json({ source: MAGNET }));
    expect(answer).toMatchObject({
      status,
      body: { error: { kind, message: 'why', neededBytes: 5 } },
    });
  });
});

describe('commands', () => {
  it.each(['pause', 'resume', 'recheck', 'reannounce'] as const)(
    '%s answers with the torrent',
    async (name) => {
      const engine = engineWith();
      const answer = await ask(engine, `torrents/${HASH}/${name}`, { method: 'POST' });
      expect(answer).toMatchObject({ status: 200, body: torrent });
      expect(engine[name]).toHaveBeenCalledWith(HASH);
    },
  );

  it.each([
    ['', 'delete'],
    ['?data=delete', 'delete'],
    ['?data=keep', 'keep'],
  ])('DELETE%s answers 204', async (query, data) => {
    const engine = engineWith();
    const answer = await ask(engine, `torrents/${HASH}${query}`, { method: 'DELETE' });
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(engine.remove).toHaveBeenCalledWith(HASH, data);
  });

  it('queue moves the torrent and answers with it', async () => {
    const engine = engineWith();
    const answer = await ask(engine, `torrents/${HASH}/queue`, json({ to: 'top' }));
    expect(answer).toMatchObject({ status: 200, body: torrent });
    expect(engine.moveInQueue).toHaveBeenCalledWith(HASH, 'top');
  });

  it.each([[{}], [{ to: 'left' }], [{ to: 'top', by: 2 }]])(
    'queue with %j is a 400 that names the field',
    async (body) => {
      const engine = engineWith();
      const answer = await ask(engine, `torrents/${HASH}/queue`, json(body));
      expect(answer).toMatchObject({ status: 400, body: { error: { kind: 'bad-request' } } });
      expect(engine.moveInQueue).not.toHaveBeenCalled();
    },
  );

  it('PATCH gives the engine the fields as they are, and answers with the torrent', async () => {
    const engine = engineWith();
    const change = { filePriorities: { 0: 'high' }, limits: { uploadBps: 2048 } };
    const body = JSON.stringify(change);
    const answer = await ask(engine, `torrents/${HASH}`, { method: 'PATCH', body });
    expect(answer).toMatchObject({ status: 200, body: torrent });
    expect(engine.change).toHaveBeenCalledWith(HASH, change);
  });

  it('PATCH of what the engine refuses is a 400 that names the field', async () => {
    const change = async () => fail('bad-request', 'why', { field: 'limits.uploadBps' });
    const answer = await ask(engineWith({ change }), `torrents/${HASH}`, {
      method: 'PATCH',
      body: '{}',
    });
    expect(answer).toMatchObject({ status: 400, body: { error: { field: 'limits.uploadBps' } } });
  });

  it.each(['[]', 'null', '1', 'no json'])('PATCH with the body %s is a 400', async (body) => {
    const engine = engineWith();
    const answer = await ask(engine, `torrents/${HASH}`, { method: 'PATCH', body });
    expect(answer).toMatchObject({ status: 400, body: { error: { kind: 'bad-request' } } });
    expect(engine.change).not.toHaveBeenCalled();
  });

  it('DELETE with anything else deletes nothing', async () => {
    const engine = engineWith();
    const answer = await ask(engine, `torrents/${HASH}?data=all`, { method: 'DELETE' });
    expect(answer).toMatchObject({ status: 400, body: { error: { field: 'data' } } });
    expect(engine.remove).not.toHaveBeenCalled();
  });

  it.each([
    ['GET', 'torrents/nonsense'],
    ['DELETE', 'torrents/nonsense'],
    ['PATCH', 'torrents/nonsense'],
    ['POST', 'torrents/nonsense/pause'],
    ['POST', 'torrents/nonsense/resume'],
    ['POST', 'torrents/nonsense/recheck'],
  ])('%s %s is a 400 bad-info-hash', async (method, path) => {
    const answer = await ask(engineWith(), path, { method });
    expect(answer).toMatchObject({ status: 400, body: { error: { kind: 'bad-info-hash' } } });
  });

  it.each([
    ['GET', `torrents/${HASH}`],
    ['DELETE', `torrents/${HASH}`],
    ['POST', `torrents/${HASH}/pause`],
    ['POST', `torrents/${HASH}/resume`],
    ['POST', `torrents/${HASH}/recheck`],
  ])('%s %s of a torrent that is not there is a 404', async (method, path) => {
    const unknown = async () => fail('unknown-torrent', 'Add it first.');
    const engine = {
      torrent: unknown,
      pause: unknown,
      resume: unknown,
      recheck: unknown,
      remove: unknown,
    };
    const answer = await ask(engineWith(engine), path, { method });
    expect(answer).toMatchObject({ status: 404, body: { error: { kind: 'unknown-torrent' } } });
  });

  it('PATCH /api/settings hands the fields to the engine', async () => {
    const engine = engineWith();
    const body = JSON.stringify({ maxConnections: 30 });
    expect((await ask(engine, 'settings', { method: 'PATCH', body })).status).toBe(200);
    expect(engine.changeSettings).toHaveBeenCalledWith({ maxConnections: 30 });
  });

  it('PATCH /api/settings names the field the engine refuses', async () => {
    const error = { kind: 'bad-request', message: 'why', field: 'maxConnections' } as const;
    const changeSettings = async () => ({ ok: false, error }) as const;
    const answer = await ask(engineWith({ changeSettings }), 'settings', {
      method: 'PATCH',
      body: JSON.stringify({ maxConnections: -1 }),
    });
    expect(answer).toMatchObject({ status: 400, body: { error } });
  });

  it.each(['[]', '7', 'null', ''])('PATCH /api/settings with %j is a 400', async (body) => {
    const engine = engineWith();
    const answer = await ask(engine, 'settings', { method: 'PATCH', body });
    expect(answer.status).toBe(400);
    expect(engine.changeSettings).not.toHaveBeenCalled();
  });
});

describe('the library as a file', () => {
  const fileBytes = new TextEncoder().encode('{"rill":"library"}');
  const result: LibraryImport = { added: 2, known: 1, problems: ['One entry is damaged.'] };

  it('GET gives it as a download named after the day', async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 20, 23, 59), toFake: ['Date'] });
    const exportLibrary = async () => ok(fileBytes);
    const answer = await ask(engineWith({ exportLibrary }), 'library');
    vi.useRealTimers();
    expect(answer).toMatchObject({ status: 200, body: { rill: 'library' } });
    expect(answer.headers.get('Content-Disposition')).toMatch(
      /^attachment; filename="rill-library-2026-11-20.json"/,
    );
    expect(answer.headers.get('Content-Length')).toBe(String(fileBytes.byteLength));
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
  });

  it('POST hands the bytes to the engine and answers with what became of them', async () => {
    const importLibrary = vi.fn<EngineCalls['importLibrary']>(async () => ok(result));
    const init = { method: 'POST', body: fileBytes };
    const answer = await ask(engineWith({ importLibrary }), 'library', init);
    expect(answer).toMatchObject({ status: 200, body: result });
    expect(importLibrary).toHaveBeenCalledWith(fileBytes);
  });

  it('POST of another file is a 400 bad-library', async () => {
    const importLibrary = async () => fail('bad-library', 'This is not a library of Rill.');
    const init = { method: 'POST', body: 'hello' };
    const answer = await ask(engineWith({ importLibrary }), 'library', init);
    expect(answer).toMatchObject({ status: 400, body: { error: { kind: 'bad-library' } } });
  });

  it('POST by a form of another site changes nothing', async () => {
    const importLibrary = vi.fn<EngineCalls['importLibrary']>(async () => ok(result));
    const init = { method: 'POST', body: fileBytes, navigate: true };
    expect((await ask(engineWith({ importLibrary }), 'library', init)).status).toBe(403);
    expect(importLibrary).not.toHaveBeenCalled();
  });
});

describe('what is not there', () => {
  it.each(['', 'nothing', 'torrents/a/b/c', `torrents/${HASH}/explode`, 'health/x'])(
    '/api/%s is a 404',
    async (path) => {
      const answer = await ask(engineWith(), path);
      expect(answer).toMatchObject({ status: 404, body: { error: { kind: 'bad-request' } } });
    },
  );

  it.each([
    ['DELETE', 'health', 'GET, HEAD, POST'],
    ['POST', 'settings', 'GET, HEAD, PATCH'],
    ['GET', 'status', 'POST'],
    ['HEAD', 'status', 'POST'],
    ['PUT', 'torrents', 'GET, HEAD, POST'],
    ['PUT', `torrents/${HASH}`, 'GET, HEAD, PATCH, DELETE'],
    ['GET', `torrents/${HASH}/pause`, 'POST'],
    ['GET', `torrents/${HASH}/recheck`, 'POST'],
    ['PUT', 'library', 'GET, HEAD, POST'],
  ])('%s /api/%s is a 405 that allows %s', async (method, path, allow) => {
    const answer = await ask(engineWith(), path, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('Allow')).toBe(allow);
  });

  it('is the engine: 503 with Retry-After', async () => {
    const answer = await ask(noCaller, 'health');
    expect(answer).toMatchObject({ status: 503, body: { error: { kind: 'engine-starting' } } });
    expect(answer.headers.get('Retry-After')).toBe('2');
  });
});

describe('a navigation', () => {
  it('that posts a form, as another site can, changes nothing', async () => {
    const engine = engineWith();
    const init = { ...json({ source: MAGNET }), destination: 'document', navigate: true };
    const answer = await ask(engine, 'torrents', init);
    expect(answer).toMatchObject({ status: 403, body: { error: { kind: 'bad-request' } } });
    expect(engine.add).not.toHaveBeenCalled();
  });

  it('that reads gets JSON and nothing a browser would run', async () => {
    const answer = await ask(engineWith(), 'torrents', { destination: 'document', navigate: true });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Content-Type')).toMatch(/^application\/json/);
  });
});

describe('limits and failures', () => {
  const rateLimits = [
    { name: 'adds', limit: 15, windowS: 60, remaining: 0, resetS: 42 },
    { name: 'metadata', limit: 10, windowS: 60, remaining: 3, resetS: 1 },
  ] as const;

  it('says what is left of the limits with what was added', async () => {
    const add = async () => ok({ infoHash: HASH, isNew: true, rateLimits });
    const answer = await ask(engineWith({ add }), 'torrents', json({ source: MAGNET }));
    expect(answer).toMatchObject({ status: 201, body: torrent });
    expect(answer.headers.get('RateLimit')).toBe('"adds";r=0;t=42, "metadata";r=3;t=1');
    expect(answer.headers.get('RateLimit-Remaining')).toBe('0');
  });

  it.each([
    ['rate-limited', 429],
    ['cooldown', 503],
  ] as const)('%s is a %i that says when to ask again', async (kind, status) => {
    const add = async () => fail(kind, 'Later.', { retryAfterS: 42, rateLimits });
    const answer = await ask(engineWith({ add }), 'torrents', json({ source: MAGNET }));
    expect(answer).toMatchObject({ status, body: { error: { kind, retryAfterS: 42 } } });
    expect(answer.body.error).not.toHaveProperty('rateLimits');
    expect(answer.headers.get('Retry-After')).toBe('42');
    expect(answer.headers.get('RateLimit-Limit')).toBe('15');
  });

  it('GET /api/failed lists what rests', async () => {
    const cooling = [{ infoHash: HASH, name: 'clip', reason: 'no-peers', retryAfterS: 7 }];
    const engine = engineWith({ cooling: async () => cooling as unknown as CoolingTorrent[] });
    expect(await ask(engine, 'failed')).toMatchObject({ status: 200, body: cooling });
  });

  it.each([
    ['failed', undefined],
    [`failed/${HASH.toUpperCase()}`, HASH],
  ])('DELETE /api/%s', async (path, infoHash) => {
    const clearCooldown = vi.fn<EngineCalls['clearCooldown']>(async () => ok(null));
    const answer = await ask(engineWith({ clearCooldown }), path, { method: 'DELETE' });
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(clearCooldown).toHaveBeenCalledWith(infoHash);
  });

  it('DELETE /api/failed/:infoHash of nonsense is a 400', async () => {
    const answer = await ask(engineWith(), 'failed/nonsense', { method: 'DELETE' });
    expect(answer).toMatchObject({ status: 400, body: { error: { kind: 'bad-info-hash' } } });
  });
});
