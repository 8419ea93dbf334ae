import { clear, del, entries, get, set } from 'idb-keyval';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../../../workers/contract/settings.ts';
import { hashOf, resumeRecord, torrentRecord } from '../../../../../support/catalogue-records.ts';
import { setUp } from './catalogue-scene.ts';

const first = torrentRecord();
const second = torrentRecord({ infoHash: hashOf(2), addedAt: '2026-11-21T09:00:00.000Z' });

describe('backups of the library', () => {
  it('are the last five states, with the info bytes once for all', async () => {
    const { catalogue, listBackups, readBackup } = setUp();
    for (let n = 1; n <= 7; n++) {
      await catalogue.saveTorrent({ ...first, files: [n] });
      await catalogue.backUp();
    }
    expect(await listBackups()).toEqual(
      [`${hashOf(1)}.info`, ...[3, 4, 5, 6, 7].map((n) => `${n}.json`)].sort(),
    );
    expect((await readBackup('7.json')).torrents[0].files).toEqual([7]);
  });

  it('are made only when something lasting has changed, also over a reload', async () => {
    const { catalogue, reopen, listBackups } = setUp();
    await catalogue.saveTorrent(first);
    await catalogue.backUp();
    await catalogue.saveTorrent({ ...first, uploadedBytes: 99 });
    await catalogue.backUp();
    await reopen().backUp();
    expect(await listBackups()).toEqual([`${hashOf(1)}.info`, '1.json'].sort());
    await catalogue.saveSettings({ ...DEFAULT_SETTINGS, maxConnections: 9 });
    await catalogue.backUp();
    expect(await listBackups()).toContain('2.json');
  });

  it('are in a database of their own where files are refused', async () => {
    const { catalogue, reopen, raw } = setUp({
      openRoot: () => Promise.reject(new DOMException('no', 'SecurityError')),
    });
    await catalogue.saveTorrent(first);
    await catalogue.backUp();
    await clear(raw('torrents'));
    const { records, notices } = await reopen().torrents();
    expect(records).toEqual([first]);
    expect(notices).toMatchObject([{ kind: 'library-rebuilt' }]);
  });

  it('that fail leave the engine running, with a word in the log', async () => {
    const { reopen, log } = setUp({
      openRoot: () => Promise.reject(new DOMException('no', 'SecurityError')),
    });
    const { raw } = setUp();
    const catalogue = reopen({
      openStore: (database, store) =>
        database.endsWith('-backups') ? () => Promise.reject(new Error('no')) : raw(store),
    });
    await catalogue.saveTorrent(first);
    await expect(catalogue.backUp()).resolves.toBeUndefined();
    expect(log).toHaveBeenCalledWith(
      'warning',
      'the library could not be backed up',
      expect.any(Error),
    );
    await catalogue.removeTorrent(hashOf(1), 'forget');
    expect((await catalogue.torrents()).records).toEqual([]);
  });
});

describe('a library that opens empty', () => {
  it('is rebuilt from the newest backup, and a person is told how many came back', async () => {
    const { catalogue, reopen, raw } = setUp();
    const settings = { ...DEFAULT_SETTINGS, maxConnections: 9 };
    await catalogue.saveTorrent(first);
    await catalogue.saveTorrent({ ...second, infoBytes: null });
    await catalogue.saveSettings(settings);
    await catalogue.backUp();
    for (const kind of ['torrents', 'resume', 'settings']) await clear(raw(kind));

    const again = reopen();
    expect(await again.settings()).toEqual(settings);
    expect(await again.torrents()).toEqual({
      records: [first, { ...second, infoBytes: null }],
      notices: [
        {
          kind: 'library-rebuilt',
          message: expect.stringMatching(/2 torrents came back.*2026-11-20 00:00 UTC/),
        },
      ],
    });
    expect(await reopen().torrents()).toMatchObject({ records: { length: 2 }, notices: [] });
  });

  it('comes back whole also when the browser dies while it is rebuilt', async () => {
    for (let steps = 0; steps < 6; steps++) {
      const { catalogue, reopen, raw } = setUp();
      for (const record of [first, second]) await catalogue.saveTorrent(record);
      await catalogue.backUp();
      await clear(raw('torrents'));
      let left = steps;
      const dying = reopen({
        openStore: (_, kind) => (mode, use) =>
          mode === 'readwrite' && left-- <= 0
            ? Promise.reject(new DOMException('dead', 'AbortError'))
            : raw(kind)(mode, use),
      });
      await dying.torrents().catch(() => {});
      expect((await reopen().torrents()).records).toEqual([first, second]);
    }
  });

  it('is believed when a person removed the last torrent', async () => {
    const { catalogue, reopen } = setUp();
    await catalogue.saveTorrent(first);
    await catalogue.backUp();
    await catalogue.removeTorrent(hashOf(1), 'forget');
    expect(await reopen().torrents()).toEqual({ records: [], notices: [] });
  });

  it('is rebuilt from the backup before when the newest is damaged, without what was removed', async () => {
    const { catalogue, reopen, raw, writeFile } = setUp();
    await catalogue.saveTorrent(first);
    await catalogue.saveTorrent(second);
    await catalogue.backUp();
    await catalogue.removeTorrent(hashOf(1), 'forget');
    await catalogue.saveSettings({ ...DEFAULT_SETTINGS, maxConnections: 9 });
    await catalogue.backUp();
    await writeFile('backups/2.json', new Uint8Array(100));
    await clear(raw('torrents'));
    expect((await reopen().torrents()).records).toEqual([second]);
  });

  it('tells of stored content when there is no backup, once', async () => {
    const { reopen, writeFile } = setUp();
    for (const n of [1, 2]) await writeFile(`torrents/${hashOf(n)}/0`, new Uint8Array(1));
    await writeFile('torrents/not-a-torrent/0', new Uint8Array(1));
    expect(await reopen().torrents()).toEqual({
      records: [],
      notices: [{ kind: 'library-rebuilt', message: expect.stringContaining('2 torrents') }],
    });
    expect((await reopen().torrents()).notices).toEqual([]);
  });

  it('is just new when there is nothing at all', async () => {
    const { catalogue, listBackups } = setUp();
    expect(await catalogue.torrents()).toEqual({ records: [], notices: [] });
    await catalogue.backUp();
    expect(await listBackups()).toEqual(['1.json']);
  });
});

describe('a removed torrent', () => {
  it('is in no backup, and neither are its info bytes', async () => {
    const { catalogue, listBackups, readBackup } = setUp();
    await catalogue.saveTorrent(first);
    await catalogue.backUp();
    await catalogue.saveTorrent(second);
    await catalogue.backUp();
    await catalogue.removeTorrent(hashOf(1), 'keep');
    expect((await readBackup('1.json')).torrents).toEqual([]);
    expect((await readBackup('2.json')).torrents).toMatchObject([{ infoHash: hashOf(2) }]);
    expect(await listBackups()).toEqual([`${hashOf(2)}.info`, '1.json', '2.json'].sort());
  });

  it('is still there when the browser dies between the backups and the record', async () => {
    const { catalogue, reopen, raw, readBackup } = setUp();
    await catalogue.saveTorrent(first);
    await catalogue.backUp();
    // The transaction that deletes the record is asked for and never done, as in a crash.
    const asked = Promise.withResolvers<void>();
    const dying = reopen({
      openStore: (_, kind) => (mode, use) => {
        if (kind !== 'torrents' || mode === 'readonly') return raw(kind)(mode, use);
        asked.resolve();
        return new Promise(() => {});
      },
    });
    void dying.removeTorrent(hashOf(1), 'keep');
    await asked.promise;
    expect((await readBackup('1.json')).torrents).toEqual([]);
    const again = reopen();
    expect((await again.torrents()).records).toEqual([first]);
    await again.backUp();
    expect((await readBackup('2.json')).torrents).toMatchObject([{ infoHash: hashOf(1) }]);
  });

  it('is not put into a backup that was begun before', async () => {
    const { catalogue, reopen, raw } = setUp();
    await catalogue.saveTorrent(first);
    await catalogue.saveTorrent(second);
    await Promise.all([
      catalogue.backUp(),
      catalogue.removeTorrent(hashOf(1), 'forget'),
      catalogue.backUp(),
    ]);
    await clear(raw('torrents'));
    expect((await reopen().torrents()).records).toEqual([second]);
  });

  it('is refused, and stays, when the backups cannot be struck', async () => {
    const root = async () => navigator.storage.getDirectory();
    let isDown = false;
    const { prefix, reopen } = setUp();
    const catalogue = reopen({
      openRoot: async () => {
        if (isDown) throw new DOMException('gone', 'NotReadableError');
        return (await root()).getDirectoryHandle(prefix, { create: true });
      },
    });
    await catalogue.saveTorrent(first);
    await catalogue.backUp();
    isDown = true;
    await expect(catalogue.removeTorrent(hashOf(1), 'forget')).rejects.toMatchObject({
      name: 'StorageError',
    });
    isDown = false;
    expect((await catalogue.torrents()).records).toEqual([first]);
  });
});

it('nothing is put over a record that a newer Rill wrote', async () => {
  const { catalogue, reopen, raw } = setUp();
  await catalogue.saveTorrent(first);
  await catalogue.saveResume(resumeRecord());
  await catalogue.backUp();
  const newer = { ...first, version: 99 };
  await set(hashOf(1), newer, raw('torrents'));
  await del('settings', raw('settings'));
  await reopen().torrents();
  expect(await get(hashOf(1), raw('torrents'))).toEqual(newer);
  expect(await entries(raw('resume'))).toHaveLength(1);
});
