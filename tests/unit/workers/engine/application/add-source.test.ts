import { afterEach, expect, test, vi } from 'vitest';
import {
  allowedTrackers,
  allowedWebSeeds,
  keptTrackers,
  readSource,
} from '../../../../../workers/engine/application/add-source.ts';
import { makeTorrent } from '../../../../support/torrents.ts';

const PUBLIC = { baseUrl: 'https://rill.test/app/', isLoopbackApp: false };
const LOOPBACK = { baseUrl: 'http://localhost:5173/', isLoopbackApp: true };
const HASH = '00112233445566778899aabbccddeeff00112233';
const made = makeTorrent({
  files: 20_000,
  trackers: ['wss://t.test/', 'udp://t.test:80', 'ws://127.0.0.1:8000/', 'magnet:?x'],
  webSeeds: ['https://seed.test/', 'http://192.168.1.1/x', 'https://rill.test/app/sample/'],
});
const base64 = made.torrentBytes.toString('base64');
const text = (value: string, policy = PUBLIC) => readSource({ kind: 'text', text: value }, policy);

afterEach(() => vi.unstubAllGlobals());

function answering(body: BodyInit | null, status = 200): void {
  vi.stubGlobal('fetch', async () => new Response(body, { status }));
}

test.each([
  ['a magnet', `magnet:?xt=urn:btih:${HASH}`],
  ['a hash in hex', HASH.toUpperCase()],
  ['a hash in base32', 'AAISEM2EKVTHPCEZVK54ZXPO74ABCIRT'],
  ['with space around it', `\n ${HASH} `],
])('%s is a torrent whose inside is not known yet', async (_, source) => {
  expect(await text(source)).toMatchObject({
    ok: true,
    value: { infoHash: HASH, meta: null, files: null },
  });
});

test('a magnet brings its name, files, trackers and web seeds, as far as they may be used', async () => {
  const magnet =
    `magnet:?xt=urn:btih:${HASH}&dn=A%20name&so=0,2-3&tr=${encodeURIComponent('wss://t.test/a')}` +
    `&tr=${encodeURIComponent('wss://10.0.0.1/')}&ws=${encodeURIComponent('https://seed.test/')}&skipVerify=1`;
  expect(await text(magnet)).toEqual({
    ok: true,
    value: {
      infoHash: HASH,
      name: 'A name',
      meta: null,
      trackers: [['wss://t.test/a']],
      webSeeds: ['https://seed.test/'],
      files: [0, 2, 3],
    },
  });
});

test('a .torrent file keeps what a page may reach and a web seed beside the app', async () => {
  const read = await readSource({ kind: 'torrent-file', bytes: made.torrentBytes }, PUBLIC);
  expect(read).toMatchObject({
    ok: true,
    value: {
      infoHash: made.infoHash,
      name: made.name,
      trackers: [['wss://t.test/'], ['udp://t.test:80']],
      webSeeds: ['https://rill.test/app/sample/', 'https://seed.test/'],
    },
  });
});

test.each([
  ['of the right kind', `data:application/x-bittorrent;base64,${base64}`],
  ['in capitals and without a type', `DATA:;base64,${base64}`],
])('a data: URL %s is a torrent', async (_, source) => {
  expect(await text(source)).toMatchObject({ ok: true, value: { infoHash: made.infoHash } });
});

test.each([
  ['not in base64', 'data:application/x-bittorrent,d4:infoe', 'bad-torrent'],
  ['with damaged base64', 'data:;base64,A', 'bad-torrent'],
  ['with odd characters', 'data:;base64,%%%', 'bad-torrent'],
  ['of something else', `data:;base64,${btoa('hello')}`, 'bad-torrent'],
  ['too large', `data:;base64,${'A'.repeat(14_000_004)}`, 'too-large'],
])('a data: URL %s is refused', async (_, source, kind) => {
  expect(await text(source)).toMatchObject({ ok: false, error: { kind } });
});

test.each(['', 'hello', 'magnet:?dn=x', 'ftp://a.test/x.torrent', 'javascript:alert(1)'])(
  'what is no torrent is refused: %j',
  async (source) => {
    expect(await text(source)).toMatchObject({ ok: false, error: { kind: 'bad-torrent' } });
  },
);

test('an address is fetched without credentials, referrer or redirects', async () => {
  const asked: unknown[] = [];
  vi.stubGlobal('fetch', async (url: URL, init: RequestInit) => {
    asked.push(url.href, init.credentials, init.referrerPolicy, init.redirect);
    return new Response(new Uint8Array(made.torrentBytes));
  });
  expect(await text('https://a.test/x.torrent')).toMatchObject({
    ok: true,
    value: { infoHash: made.infoHash },
  });
  expect(asked).toEqual(['https://a.test/x.torrent', 'omit', 'no-referrer', 'error']);
});

test.each<[string, () => void, string]>([
  ['answers 404', () => answering('no', 404), 'fetch-failed'],
  ['has no body', () => answering(null), 'fetch-failed'],
  [
    'does not answer',
    () => vi.stubGlobal('fetch', () => Promise.reject(new TypeError('x'))),
    'fetch-failed',
  ],
  ['gives a page', () => answering('<html>'), 'bad-torrent'],
  ['gives more than 10 MB', () => answering(new Uint8Array(10_000_001)), 'too-large'],
])('an address that %s is refused', async (_, prepare, kind) => {
  prepare();
  expect(await text('https://a.test/x.torrent')).toMatchObject({ ok: false, error: { kind } });
});

test.each([
  'http://192.168.1.1/x.torrent',
  'https://localhost/x',
  'https://router.local/x',
  'http://a.test/x',
])('an address in the user’s network, or without encryption, is not fetched: %s', async (url) => {
  let fetches = 0;
  vi.stubGlobal('fetch', async () => fetches++);
  expect(await text(url)).toMatchObject({ ok: false, error: { kind: 'bad-request' } });
  expect(fetches).toBe(0);
});

test.each<[string, string[], string[], string[]]>([
  ['public', ['wss://t.test/'], ['wss://t.test/'], ['wss://t.test/']],
  ['without encryption', ['ws://t.test/'], [], []],
  [
    'on this computer',
    ['ws://localhost:8000/', 'ws://127.0.0.1/'],
    [],
    ['ws://localhost:8000/', 'ws://127.0.0.1/'],
  ],
  ['in the network', ['wss://10.1.2.3/', 'wss://printer.local/', 'wss://nas/'], [], []],
  ['of another kind', ['udp://t.test/', 'https://t.test/announce', 'nonsense'], [], []],
  ['named twice', ['wss://t.test', 'wss://t.test/'], ['wss://t.test/'], ['wss://t.test/']],
  ['beside the app but no tracker', ['https://rill.test/a', 'http://localhost:5173/a'], [], []],
])('trackers %s, for a public app and for one on loopback', (_, urls, forPublic, forLoopback) => {
  expect(allowedTrackers(urls, PUBLIC)).toEqual(forPublic);
  expect(allowedTrackers(urls, LOOPBACK)).toEqual(forLoopback);
});

test.each<[string, string[][], string[][]]>([
  [
    'in their tiers',
    [['wss://a.test', 'wss://b.test'], ['wss://c.test']],
    [['wss://a.test/', 'wss://b.test/'], ['wss://c.test/']],
  ],
  [
    'of kinds for other apps',
    [['udp://t.test:80/announce', 'https://t.test/announce'], ['http://t.test/a']],
    [['udp://t.test:80/announce', 'https://t.test/announce'], ['http://t.test/a']],
  ],
  [
    'in the network, and tiers of nothing else',
    [['wss://10.1.2.3/'], ['ws://t.test/', 'wss://t.test/']],
    [['wss://t.test/']],
  ],
  ['with a password', [['https://me:secret@t.test/', 'udp://me@t.test/']], []],
  [
    'that are none',
    [['nonsense', 'ftp://t.test/', 'blob:https://t.test/x', 'javascript:1', '']],
    [],
  ],
  [
    'named twice',
    [['wss://t.test'], ['wss://t.test/', 'wss://u.test/']],
    [['wss://t.test/'], ['wss://u.test/']],
  ],
])('a torrent keeps, or not, trackers %s', (_, tiers, kept) => {
  expect(keptTrackers(tiers, PUBLIC)).toEqual(kept);
});

test('web seeds beside the app are kept wherever it is served from, but only over http(s)', () => {
  const own = { baseUrl: 'http://192.168.1.5:8080/', isLoopbackApp: false };
  const urls = [
    'http://192.168.1.5:8080/sample/',
    'blob:http://192.168.1.5:8080/x',
    'http://192.168.1.6/',
  ];
  expect(allowedWebSeeds(urls, own)).toEqual(['http://192.168.1.5:8080/sample/']);
});

test('a relative web seed lies below the app, however deep that is served', () => {
  expect(allowedWebSeeds(['sample/'], PUBLIC)).toEqual(['https://rill.test/app/sample/']);
});
