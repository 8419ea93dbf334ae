import { afterEach, describe, expect, it, vi } from 'vitest';
import { fail, ok } from '../../../../workers/contract/errors.ts';
import type { EngineCaller } from '../../../../workers/service/engine-port.ts';
import { FIRST_CHUNK_MS } from '../../../../workers/service/file-bytes.ts';
import { createStreamHandler } from '../../../../workers/service/stream.ts';
import material from '../../../fixtures/material/ranges.json' with { type: 'json' };
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

/** The handler over these files and this engine, asked for a path after `stream/`. */
function streamer(files: FakeFiles, engine: EngineCaller = noCaller) {
  const handle = createStreamHandler({ openRoot: rootOver(files), engine });
  return (path = `${HASH}/0/clip.mp4`, init: Init = {}) => {
    const request = requestFor(`stream/${path}`, init);
    return handle(request, path.split('?')[0]!.split('/'));
  };
}

afterEach(() => void vi.useRealTimers());

interface Row {
  id: string;
  method: string;
  headers: Record<string, string>;
  status: number;
  content_range?: string;
  content_length?: number | null;
  body?: number[];
}

describe.each([
  ['from storage', () => streamer(shelve(bytes).files)],
  ['from the engine', () => streamer(new Map(), callerOf({ openStream: streamOver(bytes) }))],
])('every row of ranges.json %s', (_, newStreamer) => {
  // A header value with characters beyond Latin-1 cannot be sent by a browser at all; range.test.ts has it.
  const rows = (material.cases as Row[]).filter(({ id }) => id !== 'bad-fullwidth');

  it.each(rows.map((row) => [row.id, row] as const))('%s', async (_id, row) => {
    const headers = Object.fromEntries(
      Object.entries(row.headers).map(([k, value]) => [
        k,
        value.startsWith('<ETag') ? ETAG : value,
      ]),
    );
    const response = await newStreamer()(undefined, { method: row.method, headers });
    const sent = new Uint8Array(await response.arrayBuffer());

    expect(response.status).toBe(row.status);
    expect(response.headers.get('Content-Range')).toBe(row.content_range ?? null);
    if (typeof row.content_length === 'number') {
      expect(response.headers.get('Content-Length')).toBe(String(row.content_length));
    }
    if (row.status < 300 && row.status !== 204) {
      expect(response.headers.get('Accept-Ranges')).toBe('bytes');
      expect(response.headers.get('Content-Type')).toBe('video/mp4');
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect(response.headers.get('Cache-Control')).toBe('no-store');
      expect(response.headers.get('ETag')).toBe(ETAG);
      const [from, to] = row.body ?? [0, -1];
      expect(sent).toEqual(bytes.slice(from, to! + 1));
    }
    if (row.method === 'HEAD') expect(sent.byteLength).toBe(0);
    if (row.status === 405) expect(response.headers.get('Allow')).toBe('GET, HEAD, OPTIONS');
  });
});

describe('a finished file', () => {
  it('needs no engine', async () => {
    const response = await streamer(shelve(bytes).files)();
    expect(response.status).toBe(200);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });

  it('is in use, which the engine would not see', async () => {
    const used: string[] = [];
    const played = async (infoHash: string) => (used.push(infoHash), ok(null));
    await streamer(shelve(bytes).files, callerOf({ played }))(undefined, { method: 'HEAD' });
    expect(used).toEqual([]);
    await streamer(shelve(bytes).files, callerOf({ played }))();
    expect(used).toEqual([HASH]);
  });

  it('of no bytes needs neither engine nor extents', async () => {
    const { files } = shelve(pattern(0));
    const response = await streamer(files)();
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Length')).toBe('0');
    expect((await response.arrayBuffer()).byteLength).toBe(0);
  });

  it('whose extent is written to in this moment comes from the engine', async () => {
    const { files } = shelve(bytes);
    files.set(`torrents/${HASH}/0`, unreadable());
    const log: string[] = [];
    const ask = streamer(files, callerOf({ openStream: streamOver(bytes, { log }) }));
    const response = await ask(undefined, { headers: { Range: 'bytes=10-19' } });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes.slice(10, 20));
    expect(log[0]).toBe('open 10-20');
  });
});

describe('an unfinished file', () => {
  it('is pulled from the engine, with its length from the shelf', async () => {
    const { files } = shelve(bytes, { files: [clipOf(10_000, false)] });
    const log: string[] = [];
    const ask = streamer(files, callerOf({ openStream: streamOver(bytes, { log }) }));
    const response = await ask(undefined, { headers: { Range: 'bytes=-100' } });
    expect(response.headers.get('Content-Range')).toBe('bytes 9900-9999/10000');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes.slice(9900));
    expect(log[0]).toBe('open 9900-10000');
  });

  it('with no shelf has its name and length from the engine', async () => {
    const openStream = streamOver(bytes, { path: 'words.vtt' });
    const response = await streamer(new Map(), callerOf({ openStream }))();
    expect(response.headers.get('Content-Type')).toBe('text/vtt');
    expect(response.headers.get('Content-Length')).toBe('10000');
    await response.body?.cancel();
  });

  it('tells the engine when the player lets go', async () => {
    const log: string[] = [];
    const cancelled = new Promise<void>((resolve) => {
      const push = log.push.bind(log);
      log.push = (kind) => (kind === 'cancel' && resolve(), push(kind));
    });
    const { files } = shelve(bytes, { files: [clipOf(10_000, false)] });
    const ask = streamer(files, callerOf({ openStream: streamOver(bytes, { log }) }));
    await (await ask()).body?.cancel();
    await cancelled;
    expect(log.slice(0, 2)).toEqual(['open 0-10000', 'pull']);
  });

  it.each([
    ['no-peers', 404],
    ['unknown-torrent', 404],
    ['storage-full', 507],
    ['engine-starting', 503],
  ] as const)('that the engine refuses with %s is a %i', async (kind, status) => {
    const openStream = async () => fail(kind, 'why');
    const response = await streamer(new Map(), callerOf({ openStream }))();
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: { kind, message: 'why' } });
    expect(response.headers.has('Retry-After')).toBe(status === 503);
  });

  it('whose first bytes fail has the status of that failure, not a broken 200', async () => {
    const { files } = shelve(bytes, { files: [clipOf(10_000, false)] });
    const error = { kind: 'no-peers', message: 'Nobody has it.' };
    const response = await streamer(
      files,
      callerOf({
        async openStream(_request, port) {
          port.onmessage = () => port.postMessage({ kind: 'error', error });
          return { ok: true, value: { path: 'clip.mp4', lengthBytes: 10_000 } };
        },
      }),
    )();
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error });
  });

  it('whose first bytes do not come in time is a 503, and the engine is told', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { files } = shelve(bytes, { files: [clipOf(10_000, false)] });
    const said: string[] = [];
    let wake = () => {};
    const pulled = new Promise<void>((resolve) => (wake = resolve));
    let cancel = () => {};
    const cancelled = new Promise<void>((resolve) => (cancel = resolve));
    const response = streamer(
      files,
      callerOf({
        async openStream(_request, port) {
          port.onmessage = ({ data }) => {
            said.push(data.kind);
            if (data.kind === 'pull') wake();
            else cancel();
          };
          return { ok: true, value: { path: 'clip.mp4', lengthBytes: 10_000 } };
        },
      }),
    )();
    await pulled;
    await vi.advanceTimersByTimeAsync(FIRST_CHUNK_MS);
    const { status, headers } = await response;
    expect([status, headers.get('Retry-After')]).toEqual([503, '2']);
    await cancelled;
    expect(said).toEqual(['pull', 'cancel']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is a 503 with Retry-After when nobody runs the engine', async () => {
    const response = await streamer(new Map())();
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '2']);
  });
});

describe('what is asked for', () => {
  const { files } = shelve(bytes);

  it.each([
    ['', 'unknown-torrent'],
    ['nonsense/0', 'unknown-torrent'],
    [`${HASH}0/0`, 'unknown-torrent'],
    [HASH, 'unknown-file'],
    [`${HASH}/1`, 'unknown-file'],
    [`${HASH}/-1`, 'unknown-file'],
    [`${HASH}/0x0`, 'unknown-file'],
    [`${HASH}/1e0`, 'unknown-file'],
    [`${HASH}/99999999999999999999`, 'unknown-file'],
    [`${HASH}/0/a/b`, 'unknown-file'],
  ])('%j is a 404 %s', async (path, kind) => {
    const response = await streamer(files)(path);
    expect(response.status).toBe(404);
    expect((await response.json()).error.kind).toBe(kind);
  });

  it('may be a hash in capitals and may leave out the name', async () => {
    const response = await streamer(files)(`${HASH.toUpperCase()}/0`);
    expect(response.status).toBe(200);
  });

  it.each(['script', 'worker', 'style', 'iframe', 'object', 'embed', 'font', 'manifest'])(
    'as %s is refused without a byte of the file',
    async (destination) => {
      const response = await streamer(files)(undefined, { destination });
      expect(response.status).toBe(403);
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
      expect((await response.json()).error.kind).toBe('bad-request');
    },
  );

  it('as a document is a download', async () => {
    const response = await streamer(files)(undefined, { destination: 'document', navigate: true });
    expect(response.headers.get('Content-Disposition')).toMatch(/^attachment; filename="clip.mp4"/);
  });

  it('with ?download=1 is a download', async () => {
    const response = await streamer(files)(`${HASH}/0/clip.mp4?download=1`);
    expect(response.headers.get('Content-Disposition')).toMatch(/^attachment/);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('with %s is refused', async (method) => {
    const response = await streamer(files)(undefined, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('GET, HEAD, OPTIONS');
  });

  it('with HEAD gets the head of an error without its body', async () => {
    const response = await streamer(files)('nonsense/0', { method: 'HEAD' });
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('');
  });
});
