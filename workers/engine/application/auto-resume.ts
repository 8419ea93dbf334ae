/** What a start of the engine does with torrents that ran when it ended, if it is not to go on with them. */
import type { Catalogue, TorrentRecord } from '../model/catalogue.ts';

/**
 * Every torrent that would go on by itself (also the one that waits for room) is paused as if a person had said so, and stays
 * so over further starts. Where that cannot be saved (a full disk) it is paused for now all the same.
 */
export async function pauseAll(
  records: readonly TorrentRecord[],
  catalogue: Pick<Catalogue, 'saveTorrent'>,
): Promise<readonly TorrentRecord[]> {
  return Promise.all(
    records.map(async (record) => {
      if (record.pausedBy && record.pausedBy !== 'storage-full') return record;
      const paused: TorrentRecord = { ...record, pausedBy: 'user' };
      await catalogue.saveTorrent(paused).catch(() => undefined);
      return paused;
    }),
  );
}
