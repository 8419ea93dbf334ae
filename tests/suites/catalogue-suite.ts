/** What every catalogue must do, whatever keeps its records and however long. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../workers/contract/settings.ts';
import type { Catalogue } from '../../workers/engine/model/catalogue.ts';
import {
  hashOf,
  resumeRecord,
  statisticsRecord,
  torrentRecord,
} from '../support/catalogue-records.ts';

/** `create` makes a catalogue in which nothing is yet. */
export function catalogueSuite(kind: string, create: () => Catalogue): void {
  describe(`catalogue: ${kind}`, () => {
    it('has nothing to tell while nothing is saved', async () => {
      const catalogue = create();
      expect(await catalogue.torrents()).toEqual({ records: [], notices: [] });
      expect(await catalogue.settings()).toEqual(DEFAULT_SETTINGS);
      expect(await catalogue.resume(hashOf(1))).toBeNull();
      expect(await catalogue.statistics()).toBeNull();
    });

    it('lists torrents, oldest first', async () => {
      const catalogue = create();
      const newer = torrentRecord({ addedAt: '2026-11-20T10:00:00.000Z', files: [1, 3] });
      const older = torrentRecord({
        infoHash: hashOf(2),
        addedAt: '2026-11-20T09:59:59.999Z',
        infoBytes: null,
      });
      await catalogue.saveTorrent(newer);
      await catalogue.saveTorrent(older);
      expect(await catalogue.torrents()).toEqual({ records: [older, newer], notices: [] });
    });

    it('replaces a torrent as a whole', async () => {
      const catalogue = create();
      await catalogue.saveTorrent(torrentRecord());
      const changed = torrentRecord({ pausedBy: 'storage-full', trackers: [] });
      await catalogue.saveTorrent(changed);
      expect((await catalogue.torrents()).records).toEqual([changed]);
    });

    it.each([
      ['forgets', 'forget', null],
      ['keeps', 'keep', resumeRecord({ generation: 2 })],
    ] as const)('%s the checkpoints of a removed torrent as asked', async (_, progress, left) => {
      const catalogue = create();
      const other = torrentRecord({ infoHash: hashOf(2) });
      await catalogue.saveTorrent(torrentRecord());
      await catalogue.saveTorrent(other);
      await catalogue.saveResume(resumeRecord({ generation: 1 }));
      await catalogue.saveResume(resumeRecord({ generation: 2 }));
      await catalogue.removeTorrent(hashOf(1), progress);
      expect((await catalogue.torrents()).records).toEqual([other]);
      expect(await catalogue.resume(hashOf(1))).toEqual(left);
    });

    it('removes what is not there without a word', async () => {
      await expect(create().removeTorrent(hashOf(9), 'forget')).resolves.toBeUndefined();
    });

    it('gives the newest checkpoint', async () => {
      const catalogue = create();
      for (const generation of [1, 2, 3]) await catalogue.saveResume(resumeRecord({ generation }));
      expect(await catalogue.resume(hashOf(1))).toEqual(resumeRecord({ generation: 3 }));
    });

    it('keeps bytes as they were when they were handed in', async () => {
      const catalogue = create();
      const [resume, torrent] = [resumeRecord(), torrentRecord()];
      const saving = [catalogue.saveResume(resume), catalogue.saveTorrent(torrent)];
      resume.have.fill(255);
      torrent.infoBytes!.fill(255);
      await Promise.all(saving);
      expect((await catalogue.resume(hashOf(1)))!.have).toEqual(Uint8Array.of(1));
      expect((await catalogue.torrents()).records[0]!.infoBytes).toEqual(Uint8Array.of(100, 101));
    });

    it('keeps settings, the last ones saved', async () => {
      const catalogue = create();
      await catalogue.saveSettings(DEFAULT_SETTINGS);
      const settings = { ...DEFAULT_SETTINGS, trackers: [], maxConnections: 3 };
      await catalogue.saveSettings(settings);
      expect(await catalogue.settings()).toEqual(settings);
    });

    it('keeps the statistics, the last ones saved', async () => {
      const catalogue = create();
      const rates = [1, 2, 3];
      const history = {
        periodS: 300,
        newestSlot: 5_000_000,
        downloadedBytes: rates,
        uploadedBytes: rates,
        coveredMs: rates,
      };
      await catalogue.saveStatistics(statisticsRecord());
      await catalogue.saveStatistics(statisticsRecord({ history }));
      expect(await catalogue.statistics()).toEqual(statisticsRecord({ history }));
    });

    it('backs up without a word, with something in it or nothing', async () => {
      const catalogue = create();
      await catalogue.backUp();
      await catalogue.saveTorrent(torrentRecord());
      await catalogue.backUp();
      expect((await catalogue.torrents()).records).toEqual([torrentRecord()]);
    });
  });
}
