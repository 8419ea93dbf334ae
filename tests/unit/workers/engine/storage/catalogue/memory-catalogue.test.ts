import { describe, expect, it } from 'vitest';
import type { InfoHash } from '../../../../../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS } from '../../../../../../workers/contract/settings.ts';
import type {
  ResumeRecord,
  TorrentRecord,
} from '../../../../../../workers/engine/model/catalogue.ts';
import { OWN_DEFAULTS } from '../../../../../../workers/engine/model/torrent-change.ts';
import { MemoryCatalogue } from '../../../../../../workers/engine/storage/catalogue/memory-catalogue.ts';

const hash = (digit: string) => digit.repeat(40) as InfoHash;
const torrent = (infoHash: InfoHash, addedAt = '2026-11-20T10:00:00.000Z'): TorrentRecord => ({
  version: 5,
  infoHash,
  name: 'A film',
  infoBytes: Uint8Array.of(1, 2, 3),
  trackers: [],
  webSeeds: [],
  files: null,
  ...OWN_DEFAULTS,
  pausedBy: null,
  addedAt,
  queueOrder: Date.parse(addedAt),
  lastUsedAt: addedAt,
  completedAt: null,
});
const checkpoint = (infoHash: InfoHash, generation: number): ResumeRecord => ({
  version: 2,
  infoHash,
  generation,
  have: Uint8Array.of(generation),
  extents: null,
  at: '2026-11-20T10:00:00.000Z',
});

describe('catalogue in memory', () => {
  it('lists torrents oldest first, each as it was saved last', async () => {
    const catalogue = new MemoryCatalogue();
    await catalogue.saveTorrent(torrent(hash('a'), '2026-11-20T12:00:00.000Z'));
    await catalogue.saveTorrent(torrent(hash('b'), '2026-11-20T11:00:00.000Z'));
    await catalogue.saveTorrent({ ...torrent(hash('a'), '2026-11-20T12:00:00.000Z'), name: 'B' });
    const { records, notices } = await catalogue.torrents();
    expect(records.map(({ infoHash, name }) => [infoHash[0], name])).toEqual([
      ['b', 'A film'],
      ['a', 'B'],
    ]);
    expect(notices).toEqual([]);
  });

  it('keeps what it was given, whatever happens to that afterwards', async () => {
    const catalogue = new MemoryCatalogue();
    const [record, resume] = [torrent(hash('a')), checkpoint(hash('a'), 1)];
    await catalogue.saveTorrent(record);
    await catalogue.saveResume(resume);
    record.infoBytes!.fill(0);
    resume.have.fill(0);
    expect((await catalogue.torrents()).records).toEqual([torrent(hash('a'))]);
    expect(await catalogue.resume(hash('a'))).toEqual(checkpoint(hash('a'), 1));
  });

  it('gives the newest checkpoint, and none of a torrent that has none', async () => {
    const catalogue = new MemoryCatalogue();
    for (const generation of [1, 2]) await catalogue.saveResume(checkpoint(hash('a'), generation));
    expect(await catalogue.resume(hash('a'))).toMatchObject({ generation: 2 });
    expect(await catalogue.resume(hash('b'))).toBeNull();
  });

  it.each([
    ['forget', null],
    ['keep', checkpoint(hash('a'), 3)],
  ] as const)('removes a torrent, its progress: %s', async (progress, left) => {
    const catalogue = new MemoryCatalogue();
    await catalogue.saveTorrent(torrent(hash('a')));
    await catalogue.saveResume(checkpoint(hash('a'), 3));
    await catalogue.removeTorrent(hash('a'), progress);
    expect((await catalogue.torrents()).records).toEqual([]);
    expect(await catalogue.resume(hash('a'))).toEqual(left);
  });

  it('has the default settings until others are saved', async () => {
    const catalogue = new MemoryCatalogue();
    expect(await catalogue.settings()).toEqual(DEFAULT_SETTINGS);
    const settings = { ...DEFAULT_SETTINGS, maxConnections: 7 };
    await catalogue.saveSettings(settings);
    await catalogue.backUp();
    expect(await catalogue.settings()).toEqual(settings);
  });
});
