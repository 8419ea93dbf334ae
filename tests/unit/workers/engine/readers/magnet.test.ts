import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { MagnetContents } from '../../../../../workers/engine/model/torrent-meta.ts';
import { MAX_MAGNET_LENGTH, readMagnet } from '../../../../../workers/engine/readers/magnet.ts';

// A busy machine may be slow; time is asserted where it is the point.
vi.setConfig({ testTimeout: 120_000 });

const HEX = 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a';
const BASE32 = 'YEX6DQDLXISUVHOJ6UM3GNNKPQJWPKEK';
const LINK = `magnet:?xt=urn:btih:${HEX}`;

function read(text: string): MagnetContents {
  const result = readMagnet(text);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function refusal(text: string) {
  const result = readMagnet(text);
  if (result.ok) throw new Error('was read');
  return result.error;
}

describe('what is read', () => {
  test.each([
    HEX,
    HEX.toUpperCase(),
    BASE32,
    BASE32.toLowerCase(),
    `  ${HEX}\n`,
    LINK,
    `MAGNET:?XT=URN:BTIH:${HEX.toUpperCase()}`,
    `magnet:?xt=urn%3Abtih%3A${HEX}`,
    `magnet:?xt=urn:btih:${BASE32}`,
    `magnet:?dn=x&amp;xt=urn:btih:${HEX}`,
    `magnet:?xt.1=urn:sha1:x&xt.2=urn:btih:${HEX}`,
    `magnet:?xt=urn:btmh:1220${'a'.repeat(64)}&xt=urn:btih:${HEX}`,
    `magnet:?xt=urn:btih:short&xt=urn:btih:${HEX}`,
    `magnet:?xt=urn:btih:${HEX}&xt=urn:btih:${'0'.repeat(40)}`,
  ])('%s', (text) => {
    expect(read(text).infoHash).toBe(HEX);
  });

  test('a bare hash says nothing else', () => {
    expect(read(HEX)).toEqual({
      infoHash: HEX,
      name: null,
      trackers: [],
      webSeeds: [],
      selected: null,
    });
  });

  test('name, trackers, web seeds and selection', () => {
    const text =
      `${LINK}&dn=Big+Buck%20Bunny&tr=wss%3A%2F%2Fa&tr.1=wss://b&tr=wss://a&tr.x=wss://no` +
      '&ws=https%3A%2F%2Fseed%2F&so=4-6,0,2,5';
    expect(read(text)).toEqual({
      infoHash: HEX,
      name: 'Big Buck Bunny',
      trackers: ['wss://a', 'wss://b'],
      webSeeds: ['https://seed/'],
      selected: [0, 2, 4, 5, 6],
    });
  });

  test.each([
    ['a%E2%80%AEb', 'ab'],
    ['..%2F..%2Fetc', '....etc'],
    ['%00%0Ax', '__x'],
    ['con', '_con'],
    ['%3Cscript%3E', '_script_'],
    ['%ff', '\ufffd'],
    ['%', '%'],
    ['..', null],
    ['%20', null],
    ['', null],
  ])('the name %s is shown as %j', (dn, expected) => {
    expect(read(`${LINK}&dn=${dn}`).name).toBe(expected);
  });

  test.each(['tr', 'ws'])('at most 100 of `%s`, of at most 2048 characters', (key) => {
    const many = Array.from({ length: 300 }, (_, index) => `&${key}=wss://${index}`).join('');
    const { trackers, webSeeds } = read(`${LINK}&${key}=wss://${'x'.repeat(2048)}${many}`);
    const urls = key === 'tr' ? trackers : webSeeds;
    expect(urls).toHaveLength(100);
    expect(urls[0]).toBe('wss://0');
  });
});

test('unknown and dangerous keys leave no trace', () => {
  const keys = [
    'xs=http://192.168.0.1/x.torrent',
    'as=http://localhost/x',
    'x.pe=127.0.0.1:80',
    'skipVerify=1',
    'infoHash=0',
    '__proto__=1',
    '__proto__[polluted]=1',
    'constructor.prototype.polluted=1',
    'toString=1',
    'announce=wss://x',
    'path=/etc',
    'xt.=urn:btih:0',
    'so.x=1',
    'trx=wss://y',
  ];
  const contents = read(`${LINK}&${keys.join('&')}`);
  expect(contents).toEqual(read(LINK));
  expect(Object.keys(contents)).toEqual(['infoHash', 'name', 'trackers', 'webSeeds', 'selected']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

describe('what is refused, and how', () => {
  test.each([
    '',
    '   ',
    'hello',
    'what is this?',
    'https://example.com',
    '☃',
    'javascript:alert(1)',
  ])('nonsense %j: what Rill understands', (text) => {
    const error = refusal(text);
    expect(error.kind).toBe('bad-torrent');
    expect(error.message).toMatch(/Rill understands a magnet link, an info hash .+ \.torrent/);
  });

  test.each([
    ['magnet:'],
    ['magnet:?'],
    ['magnet:?xt='],
    ['magnet:?xt=urn:sha1:abc'],
    ['magnet:?dn=x&tr=wss://a'],
    ['magnet:?%%%&&==&=x&%00'],
  ])('without a hash: %s', (text) => {
    const error = refusal(text);
    expect(error.kind).toBe('bad-torrent');
    expect(error.message).toContain('no info hash');
  });

  test.each([
    [LINK.slice(0, -1), '39 characters'],
    [`${LINK}0`, '41 characters'],
    ['magnet:?xt=urn:btih:', '0 characters'],
    ['magnet:?xt=urn:btih:a', '1 character;'],
    [HEX.slice(0, 39), '39 characters'],
    [BASE32.slice(1), '31 characters'],
    [`${HEX.slice(1)}g`, 'not a hex digit'],
    [`${BASE32.slice(1)}1`, 'not base32'],
    [`magnet:?xt=urn:btih:${'ä'.repeat(40)}`, 'not a hex digit'],
  ])('a wrong hash: %s', (text, told) => {
    const error = refusal(text);
    expect(error.kind).toBe('bad-torrent');
    expect(error.message).toContain(told);
    expect(error.message).toContain('40 hex digits or 32 base32 characters');
  });

  test.each([
    `magnet:?xt=urn:btmh:1220${'a'.repeat(64)}`,
    `magnet:?xt=urn:btih:${'a'.repeat(64)}`,
    'a'.repeat(64),
    `1220${'a'.repeat(64)}`,
  ])('v2 only: %s', (text) => {
    expect(refusal(text).message).toContain('BitTorrent v2 only');
  });

  test('truncated anywhere, it is refused', () => {
    for (let length = 0; length < LINK.length; length++) {
      expect(readMagnet(LINK.slice(0, length)).ok).toBe(false);
    }
  });

  test('too long', () => {
    const padding = '&x='.padEnd(MAX_MAGNET_LENGTH - LINK.length, 'x');
    expect(readMagnet(LINK + padding).ok).toBe(true);
    expect(refusal(`${LINK}${padding}x`).kind).toBe('too-large');
  });
});

describe('the file selection', () => {
  test.each([
    ['', null],
    [',', null],
    ['0', [0]],
    ['3-3', [3]],
    [' 1 , 2 ', [1, 2]],
    ['007', [7]],
    ['10,9,2', [2, 9, 10]],
    ['0-4,2-6', [0, 1, 2, 3, 4, 5, 6]],
  ])('%j', (so, expected) => {
    expect(read(`${LINK}&so=${so}`).selected).toEqual(expected);
  });

  test('of exactly 100,000', () => {
    expect(read(`${LINK}&so=0-99999`).selected).toHaveLength(100_000);
  });

  test.each([
    '0-100000',
    '0-999999999',
    '0-59999,60000-119999',
    '0-99999,'.repeat(8000),
    '0-499,'.repeat(9000),
  ])('of more, at once: %s', (so) => {
    const start = performance.now();
    expect(refusal(`${LINK}&so=${so}`).kind).toBe('too-large');
    expect(performance.now() - start).toBeLessThan(60_000);
  });

  test.each(['a', '-1', '1-', '5-2', '1.5', '1-2-3', '0x10', '1e3', '1234567890123', 'NaN', '∞'])(
    'that cannot be read: %s',
    (so) => {
      const error = refusal(`${LINK}&so=${so}`);
      expect(error.kind).toBe('bad-torrent');
      expect(error.message).toContain('so=');
    },
  );
});

test('whatever the text, nothing throws', () => {
  const part = fc.constantFrom(
    'magnet:?',
    'xt=urn:btih:',
    HEX,
    BASE32,
    '&',
    '=',
    '%',
    '%E2',
    'so=',
    '9-',
    'dn=',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.array(fc.oneof(part, fc.string({ maxLength: 4 }))).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 100 }).map((rest) => LINK + rest),
  );
  fc.assert(
    fc.property(text, (input) => {
      const result = readMagnet(input);
      if (result.ok) expect(result.value.infoHash).toMatch(/^[0-9a-f]{40}$/);
      else expect(result.error.message).toMatch(/\.$/);
    }),
    { numRuns: 500 },
  );
});
