import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ok } from '../../../../workers/contract/errors.ts';
import type { EngineCaller, EngineCalls } from '../../../../workers/service/engine-port.ts';
import { createSaveHandler } from '../../../../workers/service/save.ts';
import {
  MAX_ZIP_ENTRIES,
  zipLengthBytes,
  zipStream,
  type ZipEntry,
} from '../../../../workers/service/zip-stream.ts';
import { makeFile, makeTorrent } from '../../../support/fake-engine.ts';
import {
  callerOf,
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
/** Three files over three extents; the last is empty. */
const FILES = [
  { path: 'show/one.mkv', lengthBytes: 5_000, offsetBytes: 0, isFinished: true },
  { path: 'show/extras/zwei ü.txt', lengthBytes: 5_000, offsetBytes: 5_000, isFinished: true },
  { path: 'show/empty', lengthBytes: 0, offsetBytes: 10_000, isFinished: true },
];
const oneLate = FILES.map((file, index) => ({ ...file, isFinished: index !== 1 }));

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'rill-zip-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** Names and contents as Python's zipfile, which is not ours, reads them after checking every CRC. */
function unzip(zip: ArrayBuffer): Map<string, number[]> {
  const file = join(folder, 'test.zip');
  writeFileSync(file, new Uint8Array(zip));
  const script = [
    'import json, sys, zipfile',
    'z = zipfile.ZipFile(sys.argv[1])',
    'assert z.testzip() is None',
    'print(json.dumps([[i.filename, list(z.read(i)), i.date_time[0]] for i in z.infolist()]))',
  ].join('\n');
  const entries = JSON.parse(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' }));
  return new Map((entries as [string, number[]][]).map(([name, content]) => [name, content]));
}

function zipper(files: FakeFiles, engine: EngineCaller = noCaller) {
  const handle = createSaveHandler({ openRoot: rootOver(files), engine });
  return (query = '', method = 'GET') =>
    handle(requestFor(`save/${HASH}.zip${query}`, { method }), [`${HASH}.zip`]);
}

const slice = (from: number, to: number) => [...bytes.slice(from, to)];

describe('a zip of a torrent', () => {
  it('holds every file in its folder, needs no engine and has the length it said', async () => {
    const { files } = shelve(bytes, { files: FILES, name: 'show: 1' });
    const response = await zipper(files)();
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/zip');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(response.headers.get('Content-Disposition')).toMatch(
      /^attachment; filename="show_ 1.zip"/,
    );
    const zip = await response.arrayBuffer();
    expect(response.headers.get('Content-Length')).toBe(String(zip.byteLength));
    expect([...unzip(zip)]).toEqual([
      ['show/one.mkv', slice(0, 5_000)],
      ['show/extras/zwei ü.txt', slice(5_000, 10_000)],
      ['show/empty', []],
    ]);
  });

  it('holds only the chosen files', async () => {
    const { files } = shelve(bytes, { files: FILES });
    const zip = await (await zipper(files)('?files=0,2')).arrayBuffer();
    expect([...unzip(zip).keys()]).toEqual(['show/one.mkv', 'show/empty']);
    const range = await (await zipper(files)('?files=1-2')).arrayBuffer();
    expect([...unzip(range).keys()]).toEqual(['show/extras/zwei ü.txt', 'show/empty']);
  });

  it('has a name for each file that any system takes, and no two the same', async () => {
    const paths = ['../CON', 'a/b:c.', 'A/B_C'];
    const odd = FILES.map((file, index) => ({ ...file, path: paths[index]! }));
    const { files } = shelve(bytes, { files: odd });
    const zip = await (await zipper(files)()).arrayBuffer();
    expect([...unzip(zip).keys()]).toEqual(['_/_CON', 'a/b_c', 'A/B_C (2)']);
  });

  it('that is asked for with HEAD opens nothing', async () => {
    const { files } = shelve(bytes, { files: FILES });
    for (const extent of [0, 1, 2]) files.delete(`torrents/${HASH}/${extent}`);
    const response = await zipper(files)('', 'HEAD');
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('Content-Length'))).toBeGreaterThan(10_000);
    expect((await response.arrayBuffer()).byteLength).toBe(0);
  });

  it('gets a file whose extent was touched from the engine', async () => {
    const { files } = shelve(bytes, { files: FILES });
    files.set(`torrents/${HASH}/0`, unreadable());
    const openStream: EngineCalls['openStream'] = (request, port) =>
      streamOver(request.fileIndex === 0 ? bytes.slice(0, 5_000) : bytes.slice(5_000))(
        request,
        port,
      );
    const zip = await (await zipper(files, callerOf({ openStream }))()).arrayBuffer();
    expect(unzip(zip).get('show/one.mkv')).toEqual(slice(0, 5_000));
  });

  it('breaks off when bytes it has promised cannot be had, so that nobody takes it for whole', async () => {
    const { files } = shelve(bytes, { files: FILES });
    files.delete(`torrents/${HASH}/2`);
    await expect((await zipper(files)()).arrayBuffer()).rejects.toThrow('nobody runs the engine');
  });
});

describe('a zip with files that are not finished', () => {
  const late = shelve(bytes, { files: oneLate }).files;
  const progressOf = (index: number) => (index === 1 ? 0.5 : 1);
  const torrent = makeTorrent({
    infoHash: HASH,
    files: FILES.map((file, index) =>
      makeFile(index, file.path, file.lengthBytes, progressOf(index)),
    ),
  });
  const engine = callerOf({ torrent: async () => ok(torrent) });

  it('is a 409 that says how many', async () => {
    const response = await zipper(late, engine)();
    expect(response.status).toBe(409);
    expect((await response.json()).error).toEqual({
      kind: 'not-finished',
      message: '1 of 3 files are not finished yet. Let them finish, or save only those that are.',
    });
  });

  it('leaves them out when asked to, with and without an engine', async () => {
    for (const caller of [engine, noCaller]) {
      const response = await zipper(late, caller)('?finished');
      expect(response.status).toBe(200);
      const zip = await response.arrayBuffer();
      expect([...unzip(zip).keys()]).toEqual(['show/one.mkv', 'show/empty']);
    }
  });

  it('is a 503 while only the engine could know better', async () => {
    expect((await zipper(late)()).status).toBe(503);
  });

  it('is a 409 when none of them is finished', async () => {
    const response = await zipper(late, engine)('?finished&files=1');
    expect(response.status).toBe(409);
  });

  it.each([
    ['?files=', 400],
    ['?files=1,,2', 400],
    ['?files=2-1', 400],
    ['?files=0x1', 400],
    ['?files=-1', 400],
    ['?files=0,3', 404],
    ['?files=0-999999999', 404],
  ])('%s is a %i', async (query, status) => {
    const response = await zipper(shelve(bytes, { files: FILES }).files)(query);
    expect(response.status).toBe(status);
  });

  it('over what the format counts is refused', async () => {
    const many = Array.from({ length: MAX_ZIP_ENTRIES + 1 }, (_, i) => ({
      ...FILES[2]!,
      path: `${i}`,
    }));
    const { files } = shelve(bytes, { files: many });
    expect((await zipper(files)('', 'HEAD')).status).toBe(413);
    expect((await zipper(files)(`?files=1-${MAX_ZIP_ENTRIES}`, 'HEAD')).status).toBe(200);
  });
});

describe('the stream of a zip', () => {
  /** An entry of endless chunks that counts what is read of it and notes its end. */
  function watched(lengthBytes: number) {
    const seen = { opened: 0, readBytes: 0, cancelled: false };
    const entry: ZipEntry = {
      path: 'a',
      lengthBytes,
      modifiedMs: 0,
      async open() {
        seen.opened += 1;
        return new ReadableStream(
          {
            pull(controller) {
              seen.readBytes += 1_000;
              controller.enqueue(new Uint8Array(1_000));
              if (seen.readBytes === lengthBytes) controller.close();
            },
            cancel: () => void (seen.cancelled = true),
          },
          { highWaterMark: 0 },
        );
      },
    };
    return { entry, seen };
  }

  it('reads no further than its reader, and one entry at a time', async () => {
    const [first, second] = [watched(100_000), watched(100_000)];
    const reader = zipStream([first.entry, second.entry]).getReader();
    for (let chunks = 0; chunks < 10; chunks++) await reader.read();
    // Header and name are chunks too; one chunk may wait inside client-zip.
    expect(first.seen.readBytes).toBeLessThanOrEqual(10_000);
    expect(second.seen.opened).toBe(0);
    await reader.cancel();
  });

  it('that is cancelled lets go of the entry it is in and reads nothing more', async () => {
    const { entry, seen } = watched(100_000);
    const next = watched(1_000);
    const reader = zipStream([entry, next.entry]).getReader();
    for (let chunks = 0; chunks < 5; chunks++) await reader.read();
    await reader.cancel();
    expect(seen.cancelled).toBe(true);
    expect(seen.readBytes).toBeLessThan(10_000);
    expect(next.seen.opened).toBe(0);
  });

  it('is as long as was said', async () => {
    const entries = [watched(3_000).entry, { ...watched(0).entry, path: 'ü/b' }].slice(0, 1);
    const zip = await new Response(zipStream(entries)).arrayBuffer();
    expect(zipLengthBytes(entries)).toBe(BigInt(zip.byteLength));
  });

  it.each([
    // Header 30, descriptor 16, central 46 and the name twice; 22 at the end.
    [[2 ** 31], 2 ** 31 + 94 + 22],
    // From 4 GiB on: sizes of 8 bytes in the descriptor, 28 more in the directory, 76 more at the end.
    [[2 ** 32 - 1], 2 ** 32 - 1 + 94 + 22 + 8 + 28 + 76],
    // Small files whose offset is beyond 4 GiB need 12 more.
    [[2 ** 32, 5], 2 ** 32 + 5 + 2 * 94 + 22 + 8 + 28 + 76 + 12],
    [[40 * 2 ** 30, 40 * 2 ** 30], 80 * 2 ** 30 + 2 * (94 + 8 + 28) + 22 + 76],
  ])('of files of %j bytes has %i bytes', (lengths, expected) => {
    const entries = lengths.map((lengthBytes) => watched(lengthBytes).entry);
    expect(zipLengthBytes(entries)).toBe(BigInt(expected));
  });
});
