import { createStore, get, set } from 'idb-keyval';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../../../workers/contract/settings.ts';
import type { OpenStore } from '../../../../../../workers/engine/storage/catalogue/open-databases.ts';
import { hashOf, torrentRecord } from '../../../../../support/catalogue-records.ts';
import { BROKEN, setUp } from './catalogue-scene.ts';

const first = torrentRecord();
const second = torrentRecord({ infoHash: hashOf(2), addedAt: '2026-11-21T09:00:00.000Z' });
const third = torrentRecord({ infoHash: hashOf(3), addedAt: '2026-11-22T09:00:00.000Z' });

/** The usual names fail every open, the second ones do not. */
function brokenUsual(prefix: string): OpenStore {
  return (database, store) =>
    database.startsWith(`${prefix}2-`) ? createStore(database, store) : BROKEN;
}

describe('databases that fail every open', () => {
  it('are replaced by a second set, filled from the newest backup', async () => {
    const { prefix, catalogue, reopen, raw } = setUp();
    const settings = { ...DEFAULT_SETTINGS, maxConnections: 9 };
    await catalogue.saveTorrent(first);
    await catalogue.saveSettings(settings);
    await catalogue.backUp();
    const openStore = brokenUsual(prefix);
    const again = reopen({ openStore });
    expect(await again.torrents()).toEqual({
      records: [first],
      notices: [{ kind: 'library-rebuilt', message: expect.stringContaining('1 torrent came') }],
    });
    expect(await again.settings()).toEqual(settings);
    expect(await get(hashOf(1), raw('torrents', `${prefix}2`))).toEqual(first);
    await again.saveTorrent(second);
    expect(await reopen({ openStore }).torrents()).toEqual({
      records: [first, second],
      notices: [],
    });
  });

  it('are given up when they do not answer', async () => {
    const { prefix, reopen, clock } = setUp();
    const hanging: OpenStore = (database, store) =>
      database.startsWith(`${prefix}2-`)
        ? createStore(database, store)
        : () => new Promise(() => {});
    const saving = reopen({ openStore: hanging }).saveTorrent(first);
    clock.advance(15_000);
    await saving;
    expect((await reopen({ openStore: brokenUsual(prefix) }).torrents()).records).toEqual([first]);
  });

  it('say so when the second set fails too, and are tried again with the next call', async () => {
    const { reopen } = setUp();
    let isBroken = true;
    const catalogue = reopen({
      openStore: (database, store) => {
        const real = createStore(database, store);
        return (mode, use) => (isBroken ? BROKEN(mode, use) : real(mode, use));
      },
    });
    await expect(catalogue.torrents()).rejects.toMatchObject({
      name: 'StorageError',
      reason: { kind: 'storage-unavailable' },
    });
    isBroken = false;
    expect((await catalogue.torrents()).records).toEqual([]);
  });

  it('for want of room say that, and no second set is made', async () => {
    const { reopen, prefix } = setUp();
    const catalogue = reopen({
      openStore: (database, store) =>
        database.startsWith(`${prefix}2-`)
          ? createStore(database, store)
          : () => Promise.reject(new DOMException('full', 'QuotaExceededError')),
    });
    await expect(catalogue.settings()).rejects.toMatchObject({ reason: { kind: 'storage-full' } });
    const names = (await indexedDB.databases()).map(({ name }) => name);
    expect(names).not.toContain(`${prefix}2-torrents`);
  });
});

describe('databases that open again', () => {
  it('take over what changed meanwhile, and a torrent removed meanwhile does not come back', async () => {
    const { prefix, catalogue, reopen } = setUp();
    await catalogue.saveTorrent(first);
    await catalogue.saveTorrent(second);
    await catalogue.backUp();
    const other = reopen({ openStore: brokenUsual(prefix) });
    await other.removeTorrent(hashOf(1), 'forget');
    await other.saveTorrent({ ...second, files: [5] });
    await other.saveTorrent(third);
    await other.backUp();
    const again = reopen();
    expect((await again.torrents()).records).toEqual([{ ...second, files: [5] }, third]);
    await again.saveTorrent(first);
    expect((await reopen().torrents()).records).toHaveLength(3);
  });

  it('keep what they have when the other set began without a backup', async () => {
    const { prefix, catalogue, reopen } = setUp();
    await catalogue.saveTorrent(first);
    const other = reopen({ openStore: brokenUsual(prefix) });
    await other.saveTorrent(second);
    await other.backUp();
    expect((await reopen().torrents()).records).toEqual([first, second]);
  });

  it('keep a torrent that was removed and added again meanwhile', async () => {
    const { prefix, catalogue, reopen } = setUp();
    await catalogue.saveTorrent(first);
    await catalogue.backUp();
    const other = reopen({ openStore: brokenUsual(prefix) });
    await other.removeTorrent(hashOf(1), 'forget');
    await other.saveTorrent({ ...first, files: [1] });
    await other.backUp();
    expect((await reopen().torrents()).records).toEqual([{ ...first, files: [1] }]);
  });

  it('keep a record of a newer Rill as it is', async () => {
    const { prefix, catalogue, reopen, raw } = setUp();
    await catalogue.saveTorrent(first);
    await catalogue.backUp();
    await reopen({ openStore: brokenUsual(prefix) }).torrents();
    const newer = { ...first, version: 99 };
    await set(hashOf(1), newer, raw('torrents'));
    expect((await reopen().torrents()).notices).toMatchObject([{ kind: 'record-newer' }]);
    expect(await get(hashOf(1), raw('torrents'))).toEqual(newer);
  });

  it('tell of a record that was damaged meanwhile too', async () => {
    const { prefix, catalogue, reopen, raw } = setUp();
    await catalogue.saveTorrent(first);
    await catalogue.backUp();
    await reopen({ openStore: brokenUsual(prefix) }).torrents();
    await set(hashOf(1), 'rubbish', raw('torrents'));
    const { records, notices } = await reopen().torrents();
    expect(records).toEqual([first]);
    expect(notices).toMatchObject([{ kind: 'record-restored' }]);
  });
});
