import { describe, expect, it } from 'vitest';
import { ok, fail } from '../../../../workers/contract/errors.ts';
import type { TorrentDetail } from '../../../../workers/contract/snapshot.ts';
import type { EngineCaller } from '../../../../workers/service/engine-port.ts';
import { createSaveHandler } from '../../../../workers/service/save.ts';
import { makeFile, makeTorrent } from '../../../support/fake-engine.ts';
import {
  callerOf,
  clipOf,
  HASH,
  noCaller,
  pattern,
  requestFor,
  rootOver,
  shelve,
  streamOver,
  unreadable,
  type FakeFiles,
} from './fakes.ts';

const bytes = pattern(10_000);
const ETAG = `"${HASH}-0"`;
type Init = Parameters<typeof requestFor>[1];

/** The handler over these files and this engine, asked for a path after `save/`. */
function saver(files: FakeFiles, engine: EngineCaller = noCaller) {
  const handle = createSaveHandler({ openRoot: rootOver(files), engine });
  return (path = `${HASH}/0/clip.mp4`, init: Init = {}) =>
    handle(requestFor(`save/${path}`, init), path.split('?')[0]!.split('/'));
}

const clip = (progress: number): TorrentDetail =>
  makeTorrent({ infoHash: HASH, files: [makeFile(0, 'a/clip.mp4', 10_000, progress)] });
const engineWith = (progress: number) =>
  callerOf({ torrent: async () => ok(clip(progress)), openStream: streamOver(bytes) });

describe('a finished file', () => {
  it('is an attachment of opaque bytes that no browser runs, with no engine', async () => {
    const response = await saver(shelve(bytes).files)();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toEqual({
      'accept-ranges': 'bytes',
      'cache-control': 'no-store',
      'content-disposition': `attachment; filename="clip.mp4"; filename*=UTF-8''clip.mp4`,
      'content-length': '10000',
      'content-security-policy': "sandbox; default-src 'none'",
      'content-type': 'application/octet-stream',
      'cross-origin-resource-policy': 'same-origin',
      etag: ETAG,
      'x-content-type-options': 'nosniff',
    });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });

  it('has the name it has in the torrent, whatever the URL says, made safe', async () => {
    const file = { ...clipOf(10_000, true), path: 'x/f\u202egpj.exe' };
    const { files } = shelve(bytes, { files: [file] });
    const { headers } = await saver(files)(`${HASH}/0/other.png`);
    expect(headers.get('Content-Disposition')).toBe(
      `attachment; filename="f_gpj.exe"; filename*=UTF-8''f_gpj.exe`,
    );
  });

  it.each([
    [{ Range: 'bytes=4000-' }, 206, 'bytes 4000-9999/10000', 4000],
    [{ Range: 'bytes=4000-', 'If-Range': ETAG }, 206, 'bytes 4000-9999/10000', 4000],
    [{ Range: 'bytes=4000-', 'If-Range': '"another"' }, 200, null, 0],
  ])('goes on where a download broke off: %j', async (headers, status, range, from) => {
    const response = await saver(shelve(bytes).files)(undefined, { headers });
    expect(response.status).toBe(status);
    expect(response.headers.get('Content-Range')).toBe(range);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes.slice(from));
  });

  it('has a head for HEAD, and 416 for a range outside', async () => {
    const ask = saver(shelve(bytes).files);
    const head = await ask(undefined, { method: 'HEAD' });
    expect(head.headers.get('Content-Length')).toBe('10000');
    expect((await head.arrayBuffer()).byteLength).toBe(0);
    const outside = await ask(undefined, { headers: { Range: 'bytes=10000-' } });
    expect([outside.status, outside.headers.get('Content-Range')]).toEqual([416, 'bytes */10000']);
  });

  it('that the shelf does not know of yet comes from the engine', async () => {
    const { files } = shelve(bytes, { files: [clipOf(10_000, false)] });
    for (const stored of [files, new Map()]) {
      const response = await saver(stored, engineWith(1))();
      expect(response.status).toBe(200);
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    }
  });

  it('whose extent was touched comes from the engine, which verifies it', async () => {
    const { files } = shelve(bytes);
    files.set(`torrents/${HASH}/0`, unreadable());
    const response = await saver(files, engineWith(1))();
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });
});

describe('a torrent with padding', () => {
  const padding = {
    path: '.pad/90',
    lengthBytes: 90,
    offsetBytes: 0,
    isFinished: false,
    isPad: true,
  };
  const file = { ...clipOf(9_910, true), offsetBytes: 90 };

  it('has each file under its own index, on the shelf and of the engine', async () => {
    const { files } = shelve(bytes, { files: [padding, file] });
    const shelved = await saver(files)(`${HASH}/1/clip.mp4`);
    expect(new Uint8Array(await shelved.arrayBuffer())).toEqual(bytes.subarray(90));

    const torrent = makeTorrent({ infoHash: HASH, files: [makeFile(1, 'a/clip.mp4', 10_000, 1)] });
    const engine = callerOf({ torrent: async () => ok(torrent), openStream: streamOver(bytes) });
    const pulled = await saver(new Map(), engine)(`${HASH}/1/clip.mp4`);
    expect(new Uint8Array(await pulled.arrayBuffer())).toEqual(bytes);
  });

  it('gives nobody its padding, and needs no engine to say so of a zip', async () => {
    const { files } = shelve(bytes, { files: [padding, file] });
    const torrent = makeTorrent({ infoHash: HASH, files: [makeFile(1, 'clip.mp4', 9_910, 1)] });
    const engine = callerOf({ torrent: async () => ok(torrent) });
    expect((await saver(files, engine)(`${HASH}/0/90`)).status).toBe(404);
    const zip = await saver(files)(`${HASH}.zip`);
    expect(zip.status).toBe(200);
    expect(Buffer.from(await zip.arrayBuffer()).includes('.pad')).toBe(false);
    expect((await saver(files, engine)(`${HASH}.zip?files=2`)).status).toBe(404);
  });
});

describe('a file that cannot be saved', () => {
  it.each([
    [0, '0%'],
    [0.4299, '42%'],
    [0.99999, '99%'],
  ])('because only %d of it is here is a 409 that says so', async (progress, percent) => {
    const response = await saver(new Map(), engineWith(progress))();
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({
      error: {
        kind: 'not-finished',
        message: `“clip.mp4” is ${percent} here. Let it finish downloading, then save it.`,
      },
    });
  });

  it('because nobody knows yet what is inside is a 409', async () => {
    const empty = makeTorrent({ infoHash: HASH, files: [] });
    const response = await saver(new Map(), callerOf({ torrent: async () => ok(empty) }))();
    expect(response.status).toBe(409);
  });

  it.each([
    ['no shelf', new Map()],
    ['a shelf that does not have it', shelve(bytes, { files: [clipOf(10_000, false)] }).files],
  ])('because there is no engine and %s is a 503', async (_, files) => {
    const response = await saver(files)();
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '2']);
  });

  it.each([
    ['nonsense/0', 'unknown-torrent'],
    ['nonsense.zip', 'unknown-torrent'],
    [`${HASH}/1`, 'unknown-file'],
    [`${HASH}/-1`, 'unknown-file'],
    [`${HASH}/0/a/b`, 'unknown-file'],
    [HASH, 'unknown-file'],
  ])('because %j names none is a 404 %s', async (path, kind) => {
    const response = await saver(shelve(bytes).files, engineWith(1))(path);
    expect(response.status).toBe(404);
    expect((await response.json()).error.kind).toBe(kind);
  });

  it('because the engine does not have the torrent is a 404', async () => {
    const torrent = async () => fail('unknown-torrent', 'why');
    expect((await saver(new Map(), callerOf({ torrent }))()).status).toBe(404);
  });
});

describe('the way it is asked for', () => {
  it.each(['script', 'worker', 'style', 'image', 'video', 'object', 'embed', 'font', 'manifest'])(
    'as %s is refused without a byte',
    async (destination) => {
      for (const path of [`${HASH}/0/clip.mp4`, `${HASH}.zip`]) {
        const response = await saver(shelve(bytes).files)(path, { destination });
        expect(response.status).toBe(403);
        expect((await response.json()).error.kind).toBe('bad-request');
      }
    },
  );

  it.each(['document', 'iframe', ''])('as %j is an attachment', async (destination) => {
    const response = await saver(shelve(bytes).files)(undefined, { destination });
    expect(response.headers.get('Content-Disposition')).toMatch(/^attachment/);
  });

  it('with POST is a 405', async () => {
    const response = await saver(shelve(bytes).files)(undefined, { method: 'POST' });
    expect([response.status, response.headers.get('Allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});
