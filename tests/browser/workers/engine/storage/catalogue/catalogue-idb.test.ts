import { createStore, entries, set } from 'idb-keyval';
import { describe, expect, it, vi } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../../../workers/contract/settings.ts';
import type {
  ResumeRecord,
  TorrentRecord,
} from '../../../../../../workers/engine/model/catalogue.ts';
import { IdbCatalogue } from '../../../../../../workers/engine/storage/catalogue/catalogue-idb.ts';
import { freshHash } from '../../../../../suites/chunk-store-suite.ts';
import v1 from '../../../../../fixtures/catalogue/v1.json';

let databases = 0;

function setUp() {
  const prefix = `rill-test-${Date.now()}-${++databases}`;
  const log = vi.fn();
  return {
    log,
    catalogue: new IdbCatalogue(log, prefix),
    /** The same databases after a reload. */
    reopen: () => new IdbCatalogue(log, prefix),
    /** The store of one kind, behind the catalogue's back. */
    raw: (kind: string) => createStore(`${prefix}-${kind}`, kind),
  };
}

function torrent(change: Partial<TorrentRecord> = {}): TorrentRecord {
  return {
    version: 1,
    infoHash: freshHash(),
    name: 'A film',
    infoBytes: Uint8Array.of(100, 101),
    trackers: ['wss://tracker.example'],
    webSeeds: [],
    files: null,
    isPaused: false,
    addedAt: '2026-11-20T09:00:00.000Z',
    completedAt: null,
    uploadedBytes: 7,
    ...change,
  };
}

function checkpoint(infoHash: ResumeRecord['infoHash'], generation: number): ResumeRecord {
  const have = Uint8Array.of(generation);
  return { version: 1, infoHash, generation, have, at: '2026-11-20T09:00:00.000Z' };
}

describe('the torrents of the catalogue', () => {
  it('come back after a reload, oldest first', async () => {
    const { catalogue, reopen } = setUp();
    const newer = torrent({ addedAt: '2026-11-20T10:00:00.000Z', files: [1, 3] });
    const older = torrent({ addedAt: '2026-11-20T09:59:59.999Z', infoBytes: null });
    await catalogue.saveTorrent(newer);
    await catalogue.saveTorrent(older);
    expect(await reopen().torrents()).toEqual({ records: [older, newer], unreadable: [] });
  });

  it('are replaced as a whole and forgotten with their checkpoints', async () => {
    const { catalogue } = setUp();
    const record = torrent();
    await catalogue.saveTorrent(record);
    await catalogue.saveTorrent({ ...record, isPaused: true });
    expect((await catalogue.torrents()).records).toEqual([{ ...record, isPaused: true }]);
    await catalogue.saveResume(checkpoint(record.infoHash, 1));
    await catalogue.saveResume(checkpoint(record.infoHash, 2));
    await catalogue.removeTorrent(record.infoHash, 'forget');
    expect(await catalogue.torrents()).toEqual({ records: [], unreadable: [] });
    expect(await catalogue.resume(record.infoHash)).toBeNull();
  });

  it('are still there beside a record that cannot be read, which is named and kept', async () => {
    const { catalogue, log, raw } = setUp();
    const good = torrent();
    const torn = { version: 1, name: 'torn' };
    await catalogue.saveTorrent(good);
    await set('b'.repeat(40), torn, raw('torrents'));
    expect(await catalogue.torrents()).toEqual({ records: [good], unreadable: ['b'.repeat(40)] });
    expect(log).toHaveBeenCalledWith('warning', expect.any(String), ['b'.repeat(40)]);
    expect(new Map(await entries(raw('torrents'))).get('b'.repeat(40))).toEqual(torn);
  });

  it('are opened as version 1 stored them', async () => {
    const { catalogue, raw } = setUp();
    const infoBytes = Uint8Array.from(atob(v1.torrent.infoBytes.base64), (c) => c.charCodeAt(0));
    const stored = { ...v1.torrent, infoBytes };
    await set(stored.infoHash, stored, raw('torrents'));
    expect((await catalogue.torrents()).records).toEqual([stored]);
  });

  it('are stored without the rest of the buffer their bytes are in', async () => {
    const { catalogue } = setUp();
    const buffer = new Uint8Array(1000);
    await catalogue.saveTorrent(torrent({ infoBytes: buffer.subarray(10, 20) }));
    const [record] = (await catalogue.torrents()).records;
    expect(record!.infoBytes!.buffer.byteLength).toBe(10);
  });
});

describe('the checkpoints of the catalogue', () => {
  it('are the newest of two generations', async () => {
    const { catalogue, reopen, raw } = setUp();
    const infoHash = freshHash();
    for (const generation of [1, 2, 3]) {
      await catalogue.saveResume(checkpoint(infoHash, generation));
    }
    expect(await reopen().resume(infoHash)).toEqual(checkpoint(infoHash, 3));
    const stored = await entries<string, ResumeRecord>(raw('resume'));
    expect(stored.map(([key, record]) => [key, record.generation])).toEqual([
      [`${infoHash}/0`, 2],
      [`${infoHash}/1`, 3],
    ]);
  });

  it('fall back to the generation before when the newest cannot be read', async () => {
    const { catalogue, log, raw } = setUp();
    const infoHash = freshHash();
    await catalogue.saveResume(checkpoint(infoHash, 4));
    await set(`${infoHash}/1`, { ...checkpoint(infoHash, 5), have: null }, raw('resume'));
    expect(await catalogue.resume(infoHash)).toEqual(checkpoint(infoHash, 4));
    expect(log).toHaveBeenCalledWith('warning', expect.any(String), `${infoHash}/1`);
    expect(await entries(raw('resume'))).toHaveLength(2);
  });

  it('are null when there is none', async () => {
    const { catalogue, log } = setUp();
    expect(await catalogue.resume(freshHash())).toBeNull();
    expect(log).not.toHaveBeenCalled();
  });

  it('say what was verified when they were handed in, not what came after', async () => {
    const { catalogue } = setUp();
    const infoHash = freshHash();
    const record = checkpoint(infoHash, 1);
    const saving = catalogue.saveResume(record);
    record.have.fill(255);
    await saving;
    expect((await catalogue.resume(infoHash))!.have).toEqual(Uint8Array.of(1));
  });
});

describe('the settings of the catalogue', () => {
  it('are the defaults before any were saved, without a word', async () => {
    const { catalogue, log } = setUp();
    expect(await catalogue.settings()).toEqual(DEFAULT_SETTINGS);
    expect(log).not.toHaveBeenCalled();
  });

  it('come back after a reload', async () => {
    const { catalogue, reopen } = setUp();
    const settings = { ...DEFAULT_SETTINGS, trackers: [], maxConnections: 3 };
    await catalogue.saveSettings(settings);
    expect(await reopen().settings()).toEqual(settings);
  });

  it('have their default field by field where they are bad, and say which', async () => {
    const { catalogue, log, raw } = setUp();
    const stored = { ...v1.settings, maxConnections: 1, stunServers: 'stun:x' };
    await set('settings', stored, raw('settings'));
    const { version: _, ...good } = v1.settings;
    const { maxConnections, stunServers } = DEFAULT_SETTINGS;
    expect(await catalogue.settings()).toEqual({ ...good, maxConnections, stunServers });
    const names = expect.arrayContaining(['maxConnections', 'stunServers']);
    expect(log).toHaveBeenCalledWith('warning', expect.any(String), names);
  });

  it('are the defaults, with a warning, when the record is of another version', async () => {
    const { catalogue, log, raw } = setUp();
    await set('settings', { ...v1.settings, version: 9 }, raw('settings'));
    expect(await catalogue.settings()).toEqual(DEFAULT_SETTINGS);
    expect(log).toHaveBeenCalledOnce();
  });
});

it('a database that fails is a StorageError', async () => {
  const { catalogue } = setUp();
  const uncloneable = { ...torrent(), name: (() => {}) as unknown as string };
  await expect(catalogue.saveTorrent(uncloneable)).rejects.toMatchObject({
    name: 'StorageError',
    reason: { kind: 'storage-unavailable' },
  });
});
