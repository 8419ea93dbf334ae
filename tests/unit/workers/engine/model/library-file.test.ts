import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InfoHash } from '../../../../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS } from '../../../../../workers/contract/settings.ts';
import { uniqueTiers } from '../../../../../workers/engine/model/tracker-tiers.ts';
import type { TorrentRecord } from '../../../../../workers/engine/model/catalogue.ts';
import {
  decodeLibrary,
  encodeLibrary,
  MAX_LIBRARY_BYTES,
} from '../../../../../workers/engine/model/library-file.ts';
import { hashOf, torrentRecord } from '../../../../support/catalogue-records.ts';

const AT = '2026-11-20T09:00:00.000Z';
const MIB = 2 ** 20;
const utf8 = (text: string) => new TextEncoder().encode(text);
const decodeJson = (value: unknown) => decodeLibrary(utf8(JSON.stringify(value)));

/** A good file, and one entry of it as it is written. */
const file = JSON.parse(
  new TextDecoder().decode(
    encodeLibrary({ at: AT, settings: DEFAULT_SETTINGS, torrents: [torrentRecord()] }),
  ),
);
const [entry] = file.torrents;

const hex = fc.constantFrom(...'0123456789abcdef');
const instants = fc
  .date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
const urls = fc.array(fc.webUrl(), { maxLength: 5 });
const records: fc.Arbitrary<TorrentRecord> = fc.record({
  version: fc.constant(5 as const),
  infoHash: fc
    .array(hex, { minLength: 40, maxLength: 40 })
    .map((digits) => digits.join('') as InfoHash),
  name: fc.string({ unit: 'binary', maxLength: 100 }),
  infoBytes: fc.option(fc.uint8Array({ maxLength: 300 })),
  trackers: urls.map((all) =>
    uniqueTiers(all.map((url, i) => (i % 2 ? [url] : [url, `${url}/2`]))),
  ),
  webSeeds: urls,
  files: fc.option(fc.array(fc.nat())),
  filePriorities: fc.dictionary(
    fc.nat(9_999_999).map(String),
    fc.constantFrom('high', 'normal', 'low'),
    { noNullPrototype: true },
  ),
  limits: fc.record({
    downloadBps: fc.maxSafeNat(),
    uploadBps: fc.maxSafeNat(),
    maxConnections: fc.maxSafeNat(),
    seedRatio: fc.option(fc.nat(10_000).map((percent) => percent / 100)),
    seedMinutes: fc.option(fc.nat()),
  }),
  superSeeding: fc.boolean(),
  priority: fc.constantFrom('high', 'normal', 'low'),
  queueOrder: fc.integer(),
  isForced: fc.boolean(),
  sequential: fc.boolean(),
  keepOffline: fc.boolean(),
  lastUsedAt: instants,
  pausedBy: fc.constantFrom(null, 'user', 'storage-full', 'evicted'),
  addedAt: instants,
  completedAt: fc.option(instants),
  uploadedBytes: fc.maxSafeNat(),
  receivedBytes: fc.maxSafeNat(),
  wastedBytes: fc.maxSafeNat(),
  verifiedBytes: fc.maxSafeNat(),
  hashFailures: fc.maxSafeNat(),
  bans: fc.maxSafeNat(),
  activeS: fc.maxSafeNat(),
  seedingS: fc.maxSafeNat(),
});

describe('a library file', () => {
  it('gives back what was put into it', () => {
    const libraries = fc.uniqueArray(records, { selector: ({ infoHash }) => infoHash });
    fc.assert(
      fc.property(libraries, fc.integer({ min: 2, max: 200 }), (torrents, maxConnections) => {
        const settings = { ...DEFAULT_SETTINGS, maxConnections };
        expect(decodeLibrary(encodeLibrary({ at: AT, settings, torrents }))).toEqual({
          ok: true,
          value: { settings, torrents, problems: [] },
        });
      }),
    );
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeLibrary(bytes)).toMatchObject({ ok: false, error: { kind: 'bad-library' } });
      }),
    );
  });

  it('never throws and invents no torrent, whatever stands where a value was', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(entry)), fc.jsonValue(), (field, value) => {
        const decoded = decodeJson({ ...file, torrents: [{ ...entry, [field]: value }] });
        if (!decoded.ok) throw new Error(decoded.error.message);
        const { torrents, problems } = decoded.value;
        expect(torrents.length + problems.length).toBe(1);
      }),
    );
  });

  it('leaves out the largest info bytes when they do not all fit, and can still be opened', () => {
    const torrents = [48, 1, 2].map((size, n) =>
      torrentRecord({ infoHash: hashOf(n), infoBytes: new Uint8Array(size * MIB) }),
    );
    const bytes = encodeLibrary({ at: AT, settings: DEFAULT_SETTINGS, torrents });
    expect(bytes.length).toBeLessThanOrEqual(MAX_LIBRARY_BYTES);
    const decoded = decodeLibrary(bytes);
    if (!decoded.ok) throw new Error(decoded.error.message);
    expect(decoded.value.torrents.map(({ infoBytes }) => infoBytes?.length)).toEqual([
      undefined,
      MIB,
      2 * MIB,
    ]);
  });
});

describe('what is no library file is refused with what to do', () => {
  it.each([
    ['nothing', new Uint8Array()],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0)],
    ['text that is no JSON', utf8('{"format":"rill-library"')],
    ['another JSON', utf8('{"format":"other","version":1}')],
    ['a list', utf8('[]')],
    ['nothing in JSON', utf8('null')],
    ['a very deep one', utf8('['.repeat(1_000_000))],
    ['a deep one that ends', utf8('['.repeat(100_000) + ']'.repeat(100_000))],
    ['one without a version', utf8('{"format":"rill-library"}')],
    ['one that says it by its prototype', utf8('{"__proto__":{"format":"rill-library"}}')],
  ])('%s', (_, bytes) => {
    expect(decodeLibrary(bytes)).toMatchObject({
      ok: false,
      error: { kind: 'bad-library', message: expect.stringContaining('Choose another file') },
    });
  });

  it.each([2, 1e308, -1, 1.5])('one of version %s', (version) => {
    expect(decodeJson({ ...file, version })).toMatchObject({
      error: { kind: 'bad-library', message: expect.stringContaining('newer Rill') },
    });
  });

  it('one that is too large', () => {
    expect(decodeLibrary(new Uint8Array(MAX_LIBRARY_BYTES + 1))).toMatchObject({
      error: { kind: 'too-large', message: expect.stringContaining('64 MiB') },
    });
  });
});

describe('a bad entry of a library file', () => {
  const good = { ...entry, infoHash: hashOf(2) };

  it.each([
    ['null', null],
    ['a number', 5],
    ['a list', []],
    ['an entry of nothing', {}],
    ['a hash that is none', { ...entry, infoHash: 'A'.repeat(40) }],
    ['a hash that is an object', { ...entry, infoHash: { length: 40 } }],
    ['info bytes that are no base64', { ...entry, infoBytes: '%%%' }],
    ['info bytes that are a list', { ...entry, infoBytes: [1, 2] }],
    ['a huge number', { ...entry, uploadedBytes: 1e308 }],
    ['a huge file index', { ...entry, files: [2 ** 60] }],
    ['a newer version', { ...entry, version: 99 }],
    ['a name that is none', { ...entry, name: { toString: 'x' } }],
  ])('is left out and named, the rest is kept: %s', (_, bad) => {
    const decoded = decodeJson({
      ...file,
      torrents: [good, bad, { ...good, infoHash: hashOf(3) }],
    });
    if (!decoded.ok) throw new Error(decoded.error.message);
    const { torrents, problems } = decoded.value;
    expect(torrents.map(({ infoHash }) => infoHash)).toEqual([hashOf(2), hashOf(3)]);
    expect(problems).toEqual([expect.stringMatching(/^Torrent 2 was left out: ./)]);
  });

  it('is the second of one torrent', () => {
    const decoded = decodeJson({ ...file, torrents: [good, { ...good, name: 'Another' }] });
    expect(decoded).toMatchObject({
      value: { torrents: [{ name: 'A film' }], problems: [expect.stringContaining('twice')] },
    });
  });

  it('leaves no mark on objects', () => {
    const json = JSON.stringify({ ...file, torrents: [good] }).replace(
      '"name":',
      '"__proto__":{"isEvil":true},"constructor":{"prototype":{"isEvil":true}},"name":',
    );
    const decoded = decodeLibrary(utf8(json));
    if (!decoded.ok) throw new Error(decoded.error.message);
    const [record] = decoded.value.torrents;
    expect(Object.keys(record!).sort()).toEqual(Object.keys(torrentRecord()).sort());
    expect(record).not.toHaveProperty('isEvil');
    expect({}).not.toHaveProperty('isEvil');
  });

  it('is told one by one up to twenty', () => {
    const decoded = decodeJson({ ...file, torrents: Array.from({ length: 50 }, () => null) });
    if (!decoded.ok) throw new Error(decoded.error.message);
    expect(decoded.value.problems).toHaveLength(21);
    expect(decoded.value.problems[20]).toContain('30 more');
  });

  it('is every one after ten thousand', () => {
    const torrents = Array.from({ length: 10_001 }, (_, n) => ({ ...entry, infoHash: hashOf(n) }));
    const decoded = decodeJson({ ...file, torrents });
    if (!decoded.ok) throw new Error(decoded.error.message);
    expect(decoded.value.torrents).toHaveLength(10_000);
    expect(decoded.value.problems).toEqual([expect.stringContaining('10000')]);
  });
});

describe('text in a library file', () => {
  it('is bounded: names are cut, long addresses and too many of them left out', () => {
    const long = `wss://${'a'.repeat(3000)}`;
    const urls = Array.from({ length: 150 }, (_, n) => `wss://${n}.example`);
    const trackers = [[long], [long, ...urls.slice(0, 60)], urls.slice(60)];
    const decoded = decodeJson({
      ...file,
      torrents: [{ ...entry, name: 'n'.repeat(5000), trackers }],
    });
    if (!decoded.ok) throw new Error(decoded.error.message);
    const [record] = decoded.value.torrents;
    expect(record!.name).toHaveLength(2048);
    expect(record!.trackers).toEqual([urls.slice(0, 60), urls.slice(60, 100)]);
  });
});

describe('the settings of a library file', () => {
  it('are those that are there and good; the others are named or simply not changed', () => {
    const settings = { maxConnections: 1, readCacheBytes: 0, colour: 'blue', trackers: 'x' };
    const decoded = decodeJson({ ...file, settings });
    if (!decoded.ok) throw new Error(decoded.error.message);
    expect(decoded.value.settings).toEqual({ readCacheBytes: 0 });
    expect(decoded.value.problems).toEqual([
      expect.stringContaining('trackers must be'),
      expect.stringContaining('maxConnections must be'),
    ]);
  });

  it.each([undefined, null, 5, [], 'text'])('change nothing when they are %s', (settings) => {
    expect(decodeJson({ ...file, settings })).toMatchObject({
      value: { settings: {}, problems: [], torrents: { length: 1 } },
    });
  });
});
