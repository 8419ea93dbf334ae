import { entries, get, keys, set } from 'idb-keyval';
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../../../workers/contract/settings.ts';
import { OWN_DEFAULTS } from '../../../../../../workers/engine/model/torrent-change.ts';
import {
  hashOf,
  resumeRecord,
  statisticsRecord,
  torrentRecord,
} from '../../../../../support/catalogue-records.ts';
import v1 from '../../../../../fixtures/catalogue/v1.json';
import { setUp } from './catalogue-scene.ts';

const TORN = { version: 5, name: 'A torn film', infoHash: hashOf(1) };
const NEWER = { version: 99, name: 'A film of tomorrow', infoHash: hashOf(1), mood: 'blue' };

describe('a torrent of version 1', () => {
  it('is opened, and stored as one of today when it is saved', async () => {
    const { catalogue, raw } = setUp();
    const infoBytes = Uint8Array.from(atob(v1.torrent.infoBytes.base64), (c) => c.charCodeAt(0));
    await set(v1.torrent.infoHash, { ...v1.torrent, infoBytes }, raw('torrents'));
    const { records, notices } = await catalogue.torrents();
    const { isPaused: _, ...rest } = v1.torrent;
    const trackers = rest.trackers.map((url) => [url]);
    const added = {
      version: 5,
      trackers,
      pausedBy: null,
      queueOrder: Date.parse(rest.addedAt),
      lastUsedAt: rest.completedAt ?? rest.addedAt,
    };
    expect(records).toEqual([{ ...OWN_DEFAULTS, ...rest, ...added, infoBytes }]);
    expect(notices).toEqual([]);
    await catalogue.saveTorrent(records[0]!);
    expect(await get(v1.torrent.infoHash, raw('torrents'))).toEqual(records[0]);
  });
});

describe('a torrent of a newer Rill', () => {
  it('is left as it is by a start, and a person is told which and what to do', async () => {
    const { catalogue, raw, keysOf } = setUp();
    await set(hashOf(1), NEWER, raw('torrents'));
    const { records, notices } = await catalogue.torrents();
    expect(records).toEqual([]);
    expect(notices).toEqual([
      { kind: 'record-newer', message: expect.stringMatching(/A film of tomorrow.*newer Rill/) },
    ]);
    await catalogue.backUp();
    expect(await get(hashOf(1), raw('torrents'))).toEqual(NEWER);
    expect(await keysOf('aside')).toEqual([]);
  });

  it('is left as it is also when an older backup has it', async () => {
    const { catalogue, reopen, raw } = setUp();
    await catalogue.saveTorrent(torrentRecord());
    await catalogue.backUp();
    await set(hashOf(1), NEWER, raw('torrents'));
    expect((await reopen().torrents()).records).toEqual([]);
    expect(await get(hashOf(1), raw('torrents'))).toEqual(NEWER);
  });

  it('is put aside when the torrent is added again', async () => {
    const { catalogue, raw } = setUp();
    await set(hashOf(1), NEWER, raw('torrents'));
    await catalogue.torrents();
    await catalogue.saveTorrent(torrentRecord());
    const [[, aside] = []] = await entries(raw('aside'));
    expect(aside).toMatchObject({ kind: 'torrents', key: hashOf(1), value: NEWER });
    expect((await catalogue.torrents()).records).toEqual([torrentRecord()]);
  });
});

describe('a damaged torrent', () => {
  it('is restored from the newest backup that has it, and the damaged value is kept', async () => {
    const { catalogue, reopen, raw, clock } = setUp();
    const other = torrentRecord({ infoHash: hashOf(2), addedAt: '2026-11-21T09:00:00.000Z' });
    await catalogue.saveTorrent(torrentRecord());
    await catalogue.backUp();
    await catalogue.saveTorrent(torrentRecord({ files: [4] }));
    await catalogue.backUp();
    clock.advance(3_600_000);
    await catalogue.saveTorrent(other);
    await set(hashOf(1), TORN, raw('torrents'));

    const { records, notices } = await reopen().torrents();
    expect(records).toEqual([torrentRecord({ files: [4] }), other]);
    expect(notices).toEqual([
      {
        kind: 'record-restored',
        message: expect.stringMatching(/“A film” was damaged.*2026-11-20 00:00 UTC/),
      },
    ]);
    expect(await get(hashOf(1), raw('torrents'))).toEqual(records[0]);
    const [[, aside] = []] = await entries(raw('aside'));
    expect(aside).toEqual({
      at: new Date(clock.now()).toISOString(),
      kind: 'torrents',
      key: hashOf(1),
      value: TORN,
    });
    expect((await reopen().torrents()).notices).toEqual([]);
  });

  it('is left where it is when no backup has it, and the others are there', async () => {
    const { catalogue, raw, log } = setUp();
    const good = torrentRecord({ infoHash: hashOf(2) });
    await catalogue.saveTorrent(good);
    await set(hashOf(1), TORN, raw('torrents'));
    const { records, notices } = await catalogue.torrents();
    expect(records).toEqual([good]);
    expect(notices).toEqual([
      { kind: 'record-unreadable', message: expect.stringContaining('“A torn film”') },
    ]);
    expect(log).toHaveBeenCalledWith('warning', expect.any(String), hashOf(1));
    expect(await get(hashOf(1), raw('torrents'))).toEqual(TORN);
  });

  it('is told of also when a backup was the first to come upon it', async () => {
    const { catalogue, reopen, raw } = setUp();
    await catalogue.saveTorrent(torrentRecord());
    await catalogue.backUp();
    await set(hashOf(1), TORN, raw('torrents'));
    const again = reopen();
    await again.backUp();
    expect((await again.torrents()).notices).toMatchObject([{ kind: 'record-restored' }]);
  });

  it('is there also when it cannot be saved again, and its damaged value waits', async () => {
    const { catalogue, reopen, raw, log } = setUp();
    await catalogue.saveTorrent(torrentRecord());
    await catalogue.backUp();
    await set(hashOf(1), TORN, raw('torrents'));
    const again = reopen({
      openStore: (database, store) =>
        database.endsWith('-aside')
          ? () => Promise.reject(new DOMException('full', 'QuotaExceededError'))
          : raw(store),
    });
    expect((await again.torrents()).records).toEqual([torrentRecord()]);
    expect(await get(hashOf(1), raw('torrents'))).toEqual(TORN);
    expect(log).toHaveBeenCalledWith('warning', expect.any(String), expect.any(DOMException));
    await expect(again.saveTorrent(torrentRecord())).rejects.toMatchObject({
      reason: { kind: 'storage-full' },
    });
    expect(await get(hashOf(1), raw('torrents'))).toEqual(TORN);
  });

  it('is one of the 50 newest that are kept', async () => {
    const { reopen, raw, clock, keysOf } = setUp();
    for (let n = 0; n < 52; n++) {
      await set(hashOf(n), { ...TORN, n }, raw('torrents'));
      const catalogue = reopen();
      await catalogue.torrents();
      clock.advance(1);
      await catalogue.saveTorrent(torrentRecord({ infoHash: hashOf(n) }));
    }
    const kept = (await keysOf('aside')).map((key) => key.slice(-40));
    expect(kept).toEqual(Array.from({ length: 50 }, (_, i) => hashOf(i + 2)));
  });
});

describe('a checkpoint that cannot be read', () => {
  it.each([
    ['damaged', { have: null }],
    ['newer', { version: 3 }],
  ])('gives way to the generation before and is not lost: %s', async (kind, change) => {
    const { catalogue, log, raw } = setUp();
    const bad = { ...resumeRecord({ generation: 5 }), ...change };
    await catalogue.saveResume(resumeRecord({ generation: 4 }));
    await set(`${hashOf(1)}/1`, bad, raw('resume'));
    expect(await catalogue.resume(hashOf(1))).toEqual(resumeRecord({ generation: 4 }));
    expect(log).toHaveBeenCalledWith('warning', expect.stringContaining(kind), `${hashOf(1)}/1`);
    expect(await get(`${hashOf(1)}/1`, raw('resume'))).toEqual(bad);
    await catalogue.saveResume(resumeRecord({ generation: 5 }));
    const [[, aside] = []] = await entries(raw('aside'));
    expect(aside).toMatchObject({ kind: 'resume', key: `${hashOf(1)}/1`, value: bad });
    expect(await catalogue.resume(hashOf(1))).toEqual(resumeRecord({ generation: 5 }));
  });
});

describe('settings', () => {
  const mine = { ...DEFAULT_SETTINGS, maxConnections: 7 };

  it('have their default field by field where they are bad, and say which', async () => {
    const { catalogue, log, raw } = setUp();
    const stored = { version: 1, ...mine, writeQueueBytes: 1, stunServers: 'stun:x' };
    await set('settings', stored, raw('settings'));
    expect(await catalogue.settings()).toEqual(mine);
    const names = expect.arrayContaining(['writeQueueBytes', 'stunServers']);
    expect(log).toHaveBeenCalledWith('warning', expect.any(String), names);
  });

  it.each([
    ['damaged', 'rubbish'],
    ['gone', undefined],
  ])('come back from the newest backup when the record is %s', async (_, value) => {
    const { catalogue, reopen, raw, keysOf } = setUp();
    await catalogue.saveTorrent(torrentRecord());
    await catalogue.saveSettings(mine);
    await catalogue.backUp();
    await set('settings', value, raw('settings'));
    const again = reopen();
    expect(await again.settings()).toEqual(mine);
    expect((await again.torrents()).notices).toEqual([
      { kind: 'record-restored', message: expect.stringContaining('2026-11-20 00:00 UTC') },
    ]);
    expect(await get('settings', raw('settings'))).toEqual({ version: 1, ...mine });
    expect(await keysOf('aside')).toHaveLength(value === undefined ? 0 : 1);
    expect((await again.torrents()).notices).toEqual([]);
  });

  it('are the defaults when they are damaged and there is no backup, and the record stays', async () => {
    const { catalogue, raw } = setUp();
    await set('settings', 'rubbish', raw('settings'));
    expect(await catalogue.settings()).toEqual(DEFAULT_SETTINGS);
    expect((await catalogue.torrents()).notices).toMatchObject([{ kind: 'record-unreadable' }]);
    expect(await get('settings', raw('settings'))).toBe('rubbish');
  });

  it('of a newer Rill are left alone until a person changes them', async () => {
    const { catalogue, raw, keysOf } = setUp();
    const newer = { ...mine, version: 2 };
    await set('settings', newer, raw('settings'));
    expect(await catalogue.settings()).toEqual(DEFAULT_SETTINGS);
    expect((await catalogue.torrents()).notices).toMatchObject([{ kind: 'record-newer' }]);
    await catalogue.backUp();
    expect(await get('settings', raw('settings'))).toEqual(newer);
    await catalogue.saveSettings(mine);
    expect(await get('settings', raw('settings'))).toEqual({ version: 1, ...mine });
    expect(await keysOf('aside')).toHaveLength(1);
  });
});

it('a key that is no info hash is told and left alone', async () => {
  const { catalogue, raw } = setUp();
  await set(5, 'rubbish', raw('torrents'));
  expect((await catalogue.torrents()).notices).toMatchObject([{ kind: 'record-unreadable' }]);
  expect(await keys(raw('torrents'))).toEqual([5]);
});

describe('statistics that cannot be read', () => {
  it.each([
    ['damaged', { version: 1, since: 'once upon a time' }],
    ['of a newer Rill', { version: 99, mood: 'blue' }],
  ])('%s are put aside before counting begins anew', async (_, stored) => {
    const { catalogue, raw } = setUp();
    await set('statistics', stored, raw('statistics'));
    expect(await catalogue.statistics()).toBeNull();
    expect(await get('statistics', raw('statistics'))).toEqual(stored);
    await catalogue.saveStatistics(statisticsRecord());
    const [[, aside] = []] = await entries(raw('aside'));
    expect(aside).toMatchObject({ kind: 'statistics', key: 'statistics', value: stored });
    expect(await catalogue.statistics()).toEqual(statisticsRecord());
  });
});
