import { entries } from 'idb-keyval';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../../../workers/contract/settings.ts';
import type { ResumeRecord } from '../../../../../../workers/engine/model/catalogue.ts';
import { catalogueSuite } from '../../../../../suites/catalogue-suite.ts';
import { hashOf, resumeRecord, torrentRecord } from '../../../../../support/catalogue-records.ts';
import { setUp } from './catalogue-scene.ts';

catalogueSuite('IndexedDB', () => setUp().catalogue);

describe('the catalogue in IndexedDB', () => {
  it('is there again after a reload', async () => {
    const { catalogue, reopen } = setUp();
    const settings = { ...DEFAULT_SETTINGS, maxConnections: 3 };
    await catalogue.saveTorrent(torrentRecord());
    await catalogue.saveResume(resumeRecord());
    await catalogue.saveSettings(settings);
    const again = reopen();
    expect(await again.torrents()).toEqual({ records: [torrentRecord()], notices: [] });
    expect(await again.resume(hashOf(1))).toEqual(resumeRecord());
    expect(await again.settings()).toEqual(settings);
  });

  it('stores bytes without the rest of the buffer they are in', async () => {
    const { catalogue } = setUp();
    const buffer = new Uint8Array(1000);
    await catalogue.saveTorrent(torrentRecord({ infoBytes: buffer.subarray(10, 20) }));
    const [record] = (await catalogue.torrents()).records;
    expect(record!.infoBytes!.buffer.byteLength).toBe(10);
  });

  it('keeps two generations of checkpoints', async () => {
    const { catalogue, raw } = setUp();
    for (const generation of [1, 2, 3]) await catalogue.saveResume(resumeRecord({ generation }));
    const stored = await entries<string, ResumeRecord>(raw('resume'));
    expect(stored.map(([key, record]) => [key, record.generation])).toEqual([
      [`${hashOf(1)}/0`, 2],
      [`${hashOf(1)}/1`, 3],
    ]);
  });

  it('says that it failed with a StorageError', async () => {
    const { catalogue } = setUp();
    const uncloneable = torrentRecord({ name: (() => {}) as unknown as string });
    await expect(catalogue.saveTorrent(uncloneable)).rejects.toMatchObject({
      name: 'StorageError',
      reason: { kind: 'storage-unavailable' },
    });
  });
});
