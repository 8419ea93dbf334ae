/**
 * Real quota, by CDP. Chromium's IndexedDB asks what room there is and then believes the answer for 30 s, so a full disk is
 * seen at once only by a database in a storage bucket that has not been written to: each test has a bucket of its own.
 * Values from 64 KiB up are kept as blobs, whose bytes it does not count beforehand: these are smaller.
 */
import { describe, expect, it } from 'vitest';
import { cdp } from 'vitest/browser';
import { DEFAULT_SETTINGS } from '../../../../../../workers/contract/settings.ts';
import type { OpenStore } from '../../../../../../workers/engine/storage/catalogue/open-databases.ts';
import { hashOf, resumeRecord, torrentRecord } from '../../../../../support/catalogue-records.ts';
import { setUp } from './catalogue-scene.ts';

const MIB = 2 ** 20;
const KIB = 2 ** 10;
const full = { name: 'StorageError', reason: { kind: 'storage-full' } };

interface Buckets {
  readonly storageBuckets: { open(name: string): Promise<{ readonly indexedDB: IDBFactory }> };
}

/** Databases that believe nothing about the room there is. */
async function freshBucket(): Promise<OpenStore> {
  const { storageBuckets } = navigator as unknown as Buckets;
  const { indexedDB } = await storageBuckets.open(`rill-test-${Date.now()}`);
  return (database, store) => {
    const opening = Promise.withResolvers<IDBDatabase>();
    const request = indexedDB.open(database);
    request.onupgradeneeded = () => request.result.createObjectStore(store);
    request.onsuccess = () => opening.resolve(request.result);
    request.onerror = () => opening.reject(request.error);
    return async (mode, use) => {
      const records = (await opening.promise).transaction(store, mode).objectStore(store);
      return use(records);
    };
  };
}

async function withRoomFor(freeBytes: number, run: () => Promise<void>): Promise<void> {
  const { usage = 0 } = await navigator.storage.estimate();
  const { origin } = location;
  await cdp().send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + freeBytes });
  try {
    await run();
  } finally {
    await cdp().send('Storage.overrideQuotaForOrigin', { origin });
  }
}

describe('on a full disk', () => {
  it('every write says so, and what was there before is still there', async () => {
    const { catalogue } = setUp({ openStore: await freshBucket() });
    const [torrent, resume, settings] = [torrentRecord(), resumeRecord(), DEFAULT_SETTINGS];
    const much = new Uint8Array(60 * KIB);
    await withRoomFor(32 * KIB, async () => {
      await catalogue.saveTorrent(torrent);
      await catalogue.saveResume(resume);
      await catalogue.saveSettings(settings);
      const infoBytes = much;
      await expect(catalogue.saveTorrent({ ...torrent, infoBytes })).rejects.toMatchObject({
        ...full,
        reason: { kind: 'storage-full', neededBytes: 60 * KIB },
      });
      const generation = resume.generation + 2;
      const after = { ...resume, have: much, generation };
      await expect(catalogue.saveResume(after)).rejects.toMatchObject(full);
      const trackers = ['a'.repeat(60 * KIB)];
      await expect(catalogue.saveSettings({ ...settings, trackers })).rejects.toMatchObject(full);
    });
    expect((await catalogue.torrents()).records).toEqual([torrent]);
    expect(await catalogue.resume(hashOf(1))).toEqual(resume);
    expect(await catalogue.settings()).toEqual(settings);
  });

  it('a library that was never there says so too', async () => {
    const { catalogue } = setUp({ openStore: await freshBucket() });
    await withRoomFor(0, async () => {
      await expect(catalogue.saveTorrent(torrentRecord())).rejects.toMatchObject(full);
    });
    await catalogue.saveTorrent(torrentRecord());
  });

  it('a backup is left out with a word in the log, and made when there is room', async () => {
    const { catalogue, log, listBackups } = setUp();
    await catalogue.saveTorrent(torrentRecord({ infoBytes: new Uint8Array(MIB) }));
    await withRoomFor(0, () => catalogue.backUp());
    const said = 'the library could not be backed up';
    expect(log).toHaveBeenCalledWith('warning', said, expect.any(Error));
    expect(await listBackups()).not.toContain('1.json');
    await catalogue.backUp();
    expect(await listBackups()).toContain('1.json');
  });

  it('a torrent can be removed: backups that cannot be rewritten without it go', async () => {
    const { catalogue, reopen, log, listBackups } = setUp();
    await catalogue.saveTorrent(torrentRecord());
    await catalogue.saveTorrent(torrentRecord({ infoHash: hashOf(2), name: 'b'.repeat(MIB) }));
    await catalogue.backUp();
    await withRoomFor(0, () => catalogue.removeTorrent(hashOf(1), 'forget'));
    expect(log).toHaveBeenCalledWith(
      'warning',
      expect.stringContaining('deleted'),
      expect.any(Error),
    );
    expect(await listBackups()).toEqual([`${hashOf(2)}.info`]);
    const { records } = await reopen().torrents();
    expect(records.map((record) => record.infoHash)).toEqual([hashOf(2)]);
  });
});
