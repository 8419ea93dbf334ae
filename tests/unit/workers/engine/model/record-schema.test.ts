import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { InfoHash } from '../../../../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS } from '../../../../../workers/contract/settings.ts';
import {
  readResume,
  readSettingsRecord,
  readTorrent,
} from '../../../../../workers/engine/model/record-schema.ts';
import { readSettings } from '../../../../../workers/engine/model/settings-schema.ts';

type Fixture = Record<string, Record<string, unknown>>;

/** The records of a fixture, with their bytes. */
function fixture(name: string): Fixture {
  const url = new URL(`../../../../fixtures/catalogue/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'), (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'base64' in value
      ? Uint8Array.from(atob(String(value.base64)), (char) => char.charCodeAt(0))
      : value,
  );
}

const [v1, v2, v3, v4, v5] = ['v1', 'v2', 'v3', 'v4', 'v5'].map((name) =>
  fixture(`${name}.json`),
) as [Fixture, Fixture, Fixture, Fixture, Fixture];
const NO_LIMITS = { downloadBps: 0, uploadBps: 0, maxConnections: 0 };
/** What a record has that is older than the queue and the statistics of a torrent. */
const beforeQueue = ({ addedAt, completedAt, limits }: Record<string, unknown>) => ({
  version: 5,
  limits: { ...(limits as object), seedRatio: null, seedMinutes: null },
  priority: 'normal',
  queueOrder: Date.parse(addedAt as string),
  isForced: false,
  sequential: false,
  keepOffline: true,
  lastUsedAt: completedAt ?? addedAt,
  verifiedBytes: 0,
  hashFailures: 0,
  bans: 0,
  activeS: 0,
  seedingS: 0,
});
/** One that is older than what each torrent has of its own. */
const beforeOwn = (record: Record<string, unknown>) => ({
  ...beforeQueue({ ...record, limits: NO_LIMITS }),
  filePriorities: {},
  superSeeding: false,
});
/** Each tracker in a tier of its own, as they were before tiers were kept. */
const inTiers = (record: Record<string, unknown>) => ({
  ...beforeOwn(record),
  trackers: (record.trackers as string[]).map((url) => [url]),
});
const hash = v3.torrent!.infoHash as InfoHash;
const read = (record: unknown) => ({ kind: 'read', record });

describe('records of version 1', () => {
  it.each([
    ['a running torrent', v1.torrent!, null],
    ['a paused torrent of which only the magnet is known', v1.magnetOnly!, 'user'],
  ])('are opened: %s', (_, { isPaused: __, ...kept }, pausedBy) => {
    const stored = v1[kept.infoHash === hash ? 'torrent' : 'magnetOnly'];
    expect(readTorrent(kept.infoHash, stored)).toEqual(
      read({ ...kept, ...inTiers(kept), pausedBy, receivedBytes: 0, wastedBytes: 0 }),
    );
  });

  it('are opened: a checkpoint, which knows nothing of extents', () => {
    const reading = readResume(hash, v1.resume);
    expect(reading).toEqual(read({ ...v1.resume, version: 2, extents: null }));
    expect(reading).toMatchObject({ record: { have: Uint8Array.of(0xff, 0xff, 1, 0x80) } });
  });

  it('are opened: the settings', () => {
    expect(readSettingsRecord(v1.settings)).toEqual(read(v1.settings));
    const { version: _, ...mine } = v1.settings!;
    const { settings, bad } = readSettings(v1.settings);
    expect(settings).toEqual({ ...DEFAULT_SETTINGS, ...mine });
    expect(bad).toEqual([]);
  });
});

describe('records of version 2', () => {
  it.each(['torrent', 'magnetOnly', 'outOfSpace'])('are opened: %s', (name) => {
    const stored = v2[name]!;
    expect(readTorrent(stored.infoHash, stored)).toEqual(read({ ...stored, ...inTiers(stored) }));
  });

  it.each(['resume', 'resumeWithoutStamps'])('are opened: %s', (name) => {
    expect(readResume(hash, v2[name])).toEqual(read(v2[name]));
  });

  it('are opened: the settings', () => {
    const { settings, bad } = readSettings(v2.settings);
    expect({ version: 1, ...settings }).toEqual({ ...DEFAULT_SETTINGS, ...v2.settings });
    expect(bad).toEqual([]);
  });
});

describe('records of version 3', () => {
  it.each(['torrent', 'magnetOnly', 'outOfSpace'])('are opened: %s', (name) => {
    expect(readTorrent(v3[name]!.infoHash, v3[name])).toEqual(
      read({ ...v3[name], ...beforeOwn(v3[name]!) }),
    );
  });

  it('are opened: the settings', () => {
    const { settings, bad } = readSettings(v3.settings);
    expect({ version: 1, ...settings }).toEqual({ ...DEFAULT_SETTINGS, ...v3.settings });
    expect(bad).toEqual([]);
  });
});

describe('records of version 4', () => {
  it.each(['torrent', 'magnetOnly', 'outOfSpace'])('are opened: %s', (name) => {
    expect(readTorrent(v4[name]!.infoHash, v4[name])).toEqual(
      read({ ...v4[name], ...beforeQueue(v4[name]!) }),
    );
  });

  it('are opened: the settings', () => {
    const { settings, bad } = readSettings(v4.settings);
    expect({ version: 1, ...settings }).toEqual({ ...DEFAULT_SETTINGS, ...v4.settings });
    expect(bad).toEqual([]);
  });
});

describe('records of version 5', () => {
  it.each(['torrent', 'magnetOnly', 'outOfSpace'])('are opened: %s', (name) => {
    expect(readTorrent(v5[name]!.infoHash, v5[name])).toEqual(read(v5[name]));
  });

  it('are opened: the settings', () => {
    const { settings, bad } = readSettings(v5.settings);
    expect({ version: 1, ...settings }).toEqual(v5.settings);
    expect(bad).toEqual([]);
  });
});

describe('a record of a newer version is told from a damaged one', () => {
  it('whatever else is in it', () => {
    expect(readTorrent(hash, { version: 6 })).toEqual({ kind: 'newer' });
    expect(readResume(hash, { version: 9, have: 'in another way' })).toEqual({ kind: 'newer' });
    expect(readSettingsRecord({ version: 2 })).toEqual({ kind: 'newer' });
  });

  it.each([0, -1, 1.5, '3', null, Number.NaN, Infinity])('%s is no version', (version) => {
    expect(readTorrent(hash, { ...v3.torrent, version }).kind).toBe('damaged');
    expect(readSettingsRecord({ version }).kind).toBe('damaged');
  });
});

describe('a record is damaged', () => {
  it.each([
    ['of another torrent', { infoHash: 'b'.repeat(40) }, 'infoHash'],
    ['with a hash that is none', { infoHash: hash.toUpperCase() }, 'infoHash'],
    ['without its bytes', { infoBytes: 'text' }, 'infoBytes'],
    ['with a file that is no index', { files: [0, -1] }, 'files.1'],
    ['with a date that is none', { addedAt: 'yesterday' }, 'addedAt'],
    ['with a day that is none', { addedAt: '2026-19-45T99:00:00Z' }, 'addedAt'],
    ['with a count that is none', { uploadedBytes: 0.5 }, 'uploadedBytes'],
    ['with a count past all counting', { uploadedBytes: 1e300 }, 'uploadedBytes'],
    ['with a reason that is none', { pausedBy: 'magic' }, 'pausedBy'],
    ['with trackers that are in no tier', { trackers: ['wss://t.test'] }, 'trackers.0'],
    ['with trackers that are no text', { trackers: [[1]] }, 'trackers.0.0'],
    ['with a priority that is none', { filePriorities: { 1: 'urgent' } }, 'filePriorities'],
    ['with a priority of no file', { filePriorities: { x: 'low' } }, 'filePriorities'],
    ['with half of its limits', { limits: { downloadBps: 1 } }, 'limits.uploadBps'],
  ])('%s, and says where', (_, change, field) => {
    const reading = readTorrent(hash, { ...v4.torrent, ...change });
    expect(reading).toMatchObject({ kind: 'damaged', problem: expect.stringContaining(field) });
  });

  it.each([
    ['of another torrent', { infoHash: 'b'.repeat(40) }],
    ['without its bits', { have: [255] }],
    ['with a generation that is none', { generation: -1 }],
    ['without its extents', { extents: undefined }],
    ['with an extent that is none', { extents: [{ extent: 0, sizeBytes: -1, modifiedMs: 0 }] }],
  ])('as a checkpoint %s', (_, change) => {
    expect(readResume(hash, { ...v2.resume, ...change }).kind).toBe('damaged');
  });

  it('of version 2 with trackers in tiers', () => {
    expect(readTorrent(hash, { ...v3.torrent, version: 2 }).kind).toBe('damaged');
  });

  it('of version 1 with a flag that is none', () => {
    expect(readTorrent(hash, { ...v1.torrent, isPaused: 'no' }).kind).toBe('damaged');
  });

  it.each([null, undefined, 5, 'text', [], new Uint8Array(3)])('when it is %s', (stored) => {
    expect(readTorrent(hash, stored).kind).toBe('damaged');
    expect(readResume(hash, stored).kind).toBe('damaged');
    expect(readSettingsRecord(stored).kind).toBe('damaged');
  });
});
