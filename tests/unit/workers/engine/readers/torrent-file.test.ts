import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import material from '../../../../fixtures/material/sanitize-paths.json' with { type: 'json' };
import type { TorrentFileContents } from '../../../../../workers/engine/model/torrent-meta.ts';
import { readTorrentFile } from '../../../../../workers/engine/readers/torrent-file.ts';
import {
  INFO_LIMITS,
  infoHashOf,
  readOwnInfo,
} from '../../../../../workers/engine/readers/torrent-info.ts';
import { bencodeOf, concat, infoOf, infoOfPaths, text, type Encodable } from './bencode-of.ts';

// A busy machine may be slow; time is asserted where it is the point.
vi.setConfig({ testTimeout: 120_000 });

type Info = Record<string, Encodable>;

function torrentOf(info: Info, beside: Info = {}): Uint8Array {
  return bencodeOf({ ...beside, info });
}

async function read(bytes: Uint8Array): Promise<TorrentFileContents> {
  const result = await readTorrentFile(bytes);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

async function refusal(bytes: Uint8Array) {
  const result = await readTorrentFile(bytes);
  if (result.ok) throw new Error('was read');
  return result.error;
}

async function pathsOf(...paths: readonly (readonly Encodable[])[]): Promise<string[]> {
  const { meta } = await read(torrentOf(infoOfPaths(paths)));
  return meta.files.map(({ path }) => path);
}

describe('a good file', () => {
  test('of one file', async () => {
    const info = infoOf();
    const { meta } = await read(torrentOf(info));
    expect(meta).toMatchObject({
      infoHash: createHash('sha1').update(bencodeOf(info)).digest('hex'),
      name: 'clip.mp4',
      rawName: 'clip.mp4',
      isPrivate: false,
      isMultiFile: false,
      pieceLength: 16_384,
      lengthBytes: 40_000,
      files: [{ path: 'clip.mp4', rawPath: [], lengthBytes: 40_000, offsetBytes: 0, isPad: false }],
    });
    expect(meta.pieceHashes).toHaveLength(60);
    expect(meta.infoBytes).toEqual(bencodeOf(info));
  });

  test('of several files, end to end', async () => {
    const info = infoOf({
      length: undefined,
      name: 'folder',
      files: [
        { length: 10_000, path: ['a', 'x.mkv'] },
        { length: 0, path: ['empty'] },
        { attr: 'p', length: 6_384, path: ['.pad', '6384'] },
        { length: 20_000, path: ['y.srt'] },
      ],
    });
    const { meta } = await read(torrentOf({ ...info, private: 1 }));
    expect(meta).toMatchObject({ isMultiFile: true, isPrivate: true, lengthBytes: 36_384 });
    expect(meta.files).toEqual([
      {
        path: 'folder/a/x.mkv',
        rawPath: ['a', 'x.mkv'],
        lengthBytes: 10_000,
        offsetBytes: 0,
        isPad: false,
      },
      {
        path: 'folder/empty',
        rawPath: ['empty'],
        lengthBytes: 0,
        offsetBytes: 10_000,
        isPad: false,
      },
      {
        path: 'folder/.pad/6384',
        rawPath: ['.pad', '6384'],
        lengthBytes: 6_384,
        offsetBytes: 10_000,
        isPad: true,
      },
      {
        path: 'folder/y.srt',
        rawPath: ['y.srt'],
        lengthBytes: 20_000,
        offsetBytes: 16_384,
        isPad: false,
      },
    ]);
  });

  test('the info hash is of the raw bytes, also when keys are unsorted and numbers sloppy', async () => {
    const info = `d12:piece lengthi016384e6:pieces20:${'h'.repeat(20)}4:name1:x6:lengthi9ee`;
    const { meta } = await read(text(`d4:info${info}e`));
    expect(meta.infoHash).toBe(createHash('sha1').update(info).digest('hex'));
    expect(meta.pieceLength).toBe(16_384);
  });

  test('`name.utf-8` and `path.utf-8` come first', async () => {
    const info = infoOf({
      length: undefined,
      name: new Uint8Array([0xb2, 0xe2]),
      'name.utf-8': '测试',
      files: [{ length: 9, path: [new Uint8Array([0xb2])], 'path.utf-8': ['测.mp4'] }],
      pieces: new Uint8Array(20),
    });
    const { meta } = await read(torrentOf(info));
    expect(meta.name).toBe('测试');
    expect(meta.files[0]?.path).toBe('测试/测.mp4');
  });

  test('a hybrid is read as v1', async () => {
    const { meta } = await read(torrentOf(infoOf({ 'meta version': 2, 'file tree': { a: {} } })));
    expect(meta.pieceHashes).toHaveLength(60);
  });

  test('nothing of the input is kept: changing it later changes nothing', async () => {
    const bytes = torrentOf(infoOf());
    const reading = read(bytes);
    const before = bytes.slice();
    bytes.fill(0);
    const { meta } = await reading;
    expect(concat([text('d4:info'), meta.infoBytes, text('e')])).toEqual(before);
    expect(meta.infoBytes.buffer.byteLength).toBe(meta.infoBytes.length);
  });

  test.each<[string, Encodable, boolean]>([
    ['1', 1, true],
    ['0', 0, false],
    ['text', '1', false],
  ])('private: %s', async (_, value, isPrivate) => {
    const { meta } = await read(torrentOf(infoOf({ private: value })));
    expect(meta.isPrivate).toBe(isPrivate);
  });

  test('the old padding of BitComet and a pad without a path are padding; a link has no bytes', async () => {
    const files = [
      { length: 5, path: ['_____padding_file_0_if you see this file'] },
      { attr: 'xp', length: 7 },
      { attr: 'l', path: ['link'], 'symlink path': ['..', '..', 'etc'] },
      { length: 1, path: ['a'] },
    ];
    const info = infoOf({ length: undefined, name: 'f', files, pieces: new Uint8Array(20) });
    const { meta } = await read(torrentOf(info));
    expect(meta.files.map(({ isPad }) => isPad)).toEqual([true, true, false, false]);
    expect(meta.files[1]?.path).toBe('f/.pad/7');
    expect(meta.files[2]).toMatchObject({ path: 'f/link', lengthBytes: 0 });
  });
});

describe('trackers and web seeds', () => {
  test('the tiers in order, each tracker once; what is announced to is in one of them', async () => {
    const beside = {
      announce: ' wss://a ',
      'announce-list': [['wss://b', 'wss://a'], ['udp://c', 5, ''], 'wss://flat'],
      'url-list': 'https://seed/',
    };
    const { trackers, webSeeds } = await read(torrentOf(infoOf(), beside));
    expect(trackers).toEqual([['wss://b', 'wss://a'], ['udp://c'], ['wss://flat']]);
    expect(webSeeds).toEqual(['https://seed/']);
  });

  test.each<[string, Info, string[][]]>([
    ['announce alone', { announce: 'wss://a' }, [['wss://a']]],
    [
      'announce that is in no tier comes before them',
      { announce: 'wss://a', 'announce-list': [['wss://b']] },
      [['wss://a'], ['wss://b']],
    ],
    [
      'a tracker named in two tiers is in the first',
      { 'announce-list': [['wss://a', 'wss://b'], ['wss://b'], ['wss://b', 'wss://c']] },
      [['wss://a', 'wss://b'], ['wss://c']],
    ],
  ])('%s', async (_, beside, tiers) => {
    expect((await read(torrentOf(infoOf(), beside))).trackers).toEqual(tiers);
  });

  test('at most 100, of at most 2048 characters', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => `wss://${index}`);
    const beside = {
      'announce-list': [[`wss://${'x'.repeat(3000)}`, ...many.slice(0, 60)], many],
      'url-list': many,
    };
    const { trackers, webSeeds } = await read(torrentOf(infoOf(), beside));
    expect(trackers).toEqual([many.slice(0, 60), many.slice(60, 100)]);
    expect(webSeeds).toEqual(many.slice(0, 100));
  });

  test.each<[string, Info]>([
    ['numbers', { announce: 1, 'announce-list': 2, 'url-list': 3 }],
    ['dictionaries', { announce: {}, 'announce-list': { a: 'wss://x' }, 'url-list': { a: 1 } }],
    ['empty', { announce: '', 'announce-list': [], 'url-list': '' }],
    ['nested lists', { 'announce-list': [[['wss://x']]], 'url-list': [['https://x']] }],
  ])('%s in their place are no trackers', async (_, beside) => {
    const { trackers, webSeeds } = await read(torrentOf(infoOf(), beside));
    expect([trackers, webSeeds]).toEqual([[], []]);
  });
});

describe('names are made safe, never refused', () => {
  test.each<[string, Encodable[], string]>([
    ['traversal', ['..', '..', 'etc', 'passwd'], 'folder/etc/passwd'],
    ['traversal inside an element', ['a/../../../x'], 'folder/a......x'],
    ['only traversal', ['..', '.'], 'folder/_'],
    ['absolute', ['/etc/passwd'], 'folder/etcpasswd'],
    ['absolute on Windows', ['C:\\Windows\\x.dll'], 'folder/C_Windowsx.dll'],
    ['UNC', ['\\\\host\\share'], 'folder/hostshare'],
    ['reserved', ['con', 'NUL.txt'], 'folder/_con/_NUL.txt'],
    ['control characters', ['a\u0000b\n\u001b[31m.mp4'], 'folder/a_b__[31m.mp4'],
    ['bidirectional', ['photo\u202egpj.exe'], 'folder/photogpj.exe'],
    ['an empty element', ['', 'x'], 'folder/_/x'],
    ['no element', [], 'folder/_'],
    ['a prototype', ['__proto__', 'constructor'], 'folder/__proto__/constructor'],
    ['not UTF-8', [new Uint8Array([0xff, 0x41])], 'folder/_A'],
  ])('%s', async (_, path, expected) => {
    expect(await pathsOf(path)).toEqual([expected]);
  });

  test('the original spelling is kept beside', async () => {
    const { meta } = await read(torrentOf(infoOfPaths([['..', 'a/b', 'con']])));
    expect(meta.files[0]).toMatchObject({ path: 'folder/ab/_con', rawPath: ['..', 'a/b', 'con'] });
  });

  test('duplicates, in any case, and a file in the place of a directory', async () => {
    expect(await pathsOf(['a.txt'], ['A.txt'], ['a/../a.txt'], ['d', 'x'], ['D'])).toEqual([
      'folder/a.txt',
      'folder/A.1.txt',
      'folder/a..a.txt',
      'folder/d/x',
      'folder/D.1',
    ]);
    expect(await pathsOf(['x', 'y'], ['x', '..', 'y'])).toEqual(['folder/x/y', 'folder/x/y.1']);
  });

  test.each([
    ['../../x', '....x'],
    ['nul', '_nul'],
    ['a\u202eb', 'ab'],
  ])('the name %j is %j', async (name, expected) => {
    const { meta } = await read(torrentOf(infoOf({ name })));
    expect(meta).toMatchObject({ name: expected, rawName: name, files: [{ path: expected }] });
  });

  test.each(['', '..', '/', '\u202e'])('for the name %j the info hash stands in', async (name) => {
    const { meta } = await read(torrentOf(infoOf({ name })));
    expect(meta.name).toBe(meta.infoHash);
  });
});

describe('what is not a torrent is refused with what to do', () => {
  const whole = torrentOf(infoOf());
  test.each<[string, Uint8Array]>([
    ['empty', new Uint8Array()],
    ['a web page', text('<!doctype html><title>Not found</title>')],
    ['a list', text('le')],
    ['without info', text('d8:announce7:wss://xe')],
    ['info is text', text('d4:info4:spame')],
    ['truncated by one byte', whole.subarray(0, -1)],
    ['cut in half', whole.subarray(0, whole.length / 2)],
    ['with a byte more', concat([whole, text('\n')])],
    ['two infos', concat([text('d4:infode'), whole.subarray(1)])],
    ['two names in info', text('d4:infod4:name1:a4:name1:bee')],
    ['deep', text(`d4:info${'l'.repeat(1_000_000)}`)],
  ])('%s', async (_, bytes) => {
    const error = await refusal(bytes);
    expect(error.kind).toBe('bad-torrent');
    expect(error.message).toMatch(/[Gg]et .*again/);
  });

  test.each<[string, () => Uint8Array]>([
    ['more than 10 MB', () => new Uint8Array(10_000_001)],
    ['a token bomb', () => text(`d4:infol${'i0e'.repeat(3_000_001)}ee`)],
    ['a dictionary bomb', () => text(`d4:infol${'de'.repeat(1_000_000)}ee`)],
  ])('%s is too large', async (_, make) => {
    expect((await refusal(make())).kind).toBe('too-large');
  });

  test('truncated anywhere it is refused', async () => {
    for (let length = 0; length < whole.length; length++) {
      expect((await readTorrentFile(whole.subarray(0, length))).ok).toBe(false);
    }
  });

  test.each<[string, Record<string, Encodable | undefined>]>([
    ['no length', { length: undefined }],
    ['negative length', { length: -1 }],
    ['length beyond arithmetic', { length: 2n ** 63n }],
    ['length is text', { length: '5' }],
    ['no name', { name: undefined }],
    ['name is a number', { name: 5 }],
    ['no piece length', { 'piece length': undefined }],
    ['piece length 0', { 'piece length': 0 }],
    ['negative piece length', { 'piece length': -16_384 }],
    ['huge piece length', { 'piece length': 2n ** 62n }],
    ['no pieces', { pieces: undefined }],
    ['pieces is a list', { pieces: [] }],
    ['zero pieces', { pieces: '' }],
    ['a hash too few', { pieces: new Uint8Array(40) }],
    ['a hash too many', { pieces: new Uint8Array(80) }],
    ['a cut hash', { pieces: new Uint8Array(59) }],
    ['files is text', { length: undefined, files: 'x' }],
    ['no files', { length: undefined, files: [] }],
    ['a file that is text', { length: undefined, files: ['x'] }],
    ['a file without length', { length: undefined, files: [{ path: ['a'] }] }],
    ['a file without path', { length: undefined, files: [{ length: 40_000 }] }],
    ['a path of numbers', { length: undefined, files: [{ length: 40_000, path: [1] }] }],
    [
      'a negative file among others',
      {
        length: undefined,
        files: [
          { length: 50_000, path: ['a'] },
          { length: -10_000, path: ['b'] },
        ],
      },
    ],
    [
      'lengths that overflow when added',
      {
        length: undefined,
        files: [
          { length: Number.MAX_SAFE_INTEGER, path: ['a'] },
          { length: Number.MAX_SAFE_INTEGER, path: ['b'] },
        ],
      },
    ],
  ])('%s', async (_, fields) => {
    const error = await refusal(torrentOf(infoOf(fields)));
    expect(error.kind).toBe('bad-torrent');
    expect(error.message).toMatch(/^This torrent is broken: .+\. Get it again/);
  });

  test('no content', async () => {
    const error = await refusal(torrentOf(infoOf({ length: 0, pieces: '' })));
    expect(error).toMatchObject({ kind: 'bad-torrent' });
    expect(error.message).toContain('no content');
  });

  test.each<[string, Record<string, Encodable | undefined>]>([
    ['pieces longer than 256 MiB', { 'piece length': 2 ** 28 + 1 }],
    ['too many pieces', { length: Number.MAX_SAFE_INTEGER, 'piece length': 1 }],
  ])('%s are too large', async (_, fields) => {
    expect((await refusal(torrentOf(infoOf(fields)))).kind).toBe('too-large');
  });

  test.each<[string, Record<string, Encodable | undefined>]>([
    ['by its version', { 'meta version': 2 }],
    ['by its file tree', { 'file tree': { a: { '': { length: 5 } } } }],
  ])('v2 only, told %s', async (_, fields) => {
    const error = await refusal(
      torrentOf(infoOf({ ...fields, length: undefined, pieces: undefined })),
    );
    expect(error.kind).toBe('bad-torrent');
    expect(error.message).toContain('BitTorrent v2 only');
    expect(error.message).toContain('hybrid');
  });
});

describe('depth of directories', () => {
  test.each(material.directory_depth)(
    '$path_elements elements of at most $max_directory_depth: $expect',
    async ({ path_elements, max_directory_depth, expect: expected }) => {
      const info = bencodeOf(infoOfPaths([Array<string>(path_elements).fill('d')])).slice();
      const limits = { ...INFO_LIMITS, maxDirectoryDepth: max_directory_depth };
      const result = readOwnInfo(info, await infoHashOf(info), limits);
      expect(result.ok).toBe(expected === 'ok');
      if (!result.ok) expect(result.error.message).toContain('directories deep');
    },
  );
});

describe('whatever the bytes', () => {
  test('nothing throws, and what is read keeps its promises', async () => {
    const valid = torrentOf(infoOfPaths([['a', 'b'], ['..', 'c'], ['a']]), { announce: 'wss://x' });
    const mutated = fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.constantFrom(...text('0123456789idle-:/.'))))
      .map((changes) => {
        const bytes = valid.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        return bytes;
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated), async (bytes) => {
        const result = await readTorrentFile(bytes);
        if (!result.ok) {
          expect(result.error.message).toMatch(/[.?]$/);
          return;
        }
        const { meta } = result.value;
        expect(meta.pieceHashes.length).toBe(20 * Math.ceil(meta.lengthBytes / meta.pieceLength));
        expect(meta.files.reduce((sum, file) => sum + file.lengthBytes, 0)).toBe(meta.lengthBytes);
        for (const { path } of meta.files) {
          expect(path.split('/')).not.toContain('..');
          expect(path).not.toMatch(/^\//);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('a file full of files is read in linear time', async () => {
    const file = 'd6:lengthi1e4:pathl1:d1:aee';
    const count = 50_000;
    const pieces = `6:pieces20:${'h'.repeat(20)}`;
    const bytes = text(
      `d4:infod5:filesl${file.repeat(count)}e4:name1:n12:piece lengthi${2 ** 28}e${pieces}ee`,
    );
    const start = performance.now();
    const { meta } = await read(bytes);
    expect(new Set(meta.files.map(({ path }) => path)).size).toBe(count);
    expect(performance.now() - start).toBeLessThan(60_000);
  });
});
