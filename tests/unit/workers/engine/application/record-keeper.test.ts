import { expect, test, vi } from 'vitest';
import { RecordKeeper } from '../../../../../workers/engine/application/record-keeper.ts';
import type { TorrentRecord } from '../../../../../workers/engine/model/catalogue.ts';
import type { SwarmStats } from '../../../../../workers/engine/model/swarm.ts';
import { torrentRecord } from '../../../../support/catalogue-records.ts';

const stats = (downloadedBytes: number, uploadedBytes = 0) =>
  ({ downloadedBytes, uploadedBytes, wastedBytes: 0 }) as SwarmStats;

function keeperOf(change: Partial<TorrentRecord> = {}) {
  const saveTorrent = vi.fn(async () => {});
  const keeper = new RecordKeeper(torrentRecord(change), { saveTorrent });
  return { keeper, saveTorrent };
}

test('figures are those of the record and of the membership, and each counts once', async () => {
  const { keeper } = keeperOf({ receivedBytes: 1_000, verifiedBytes: 900, activeS: 60 });
  keeper.tally.verified(40);
  keeper.tally.passed(3_500, 'fetching');
  const expected = { receivedBytes: 1_050, verifiedBytes: 940, activeS: 63 };
  expect(keeper.figures(stats(50))).toMatchObject(expected);
  expect(keeper.sessionFigures(stats(50))).toMatchObject({
    receivedBytes: 50,
    verifiedBytes: 40,
    activeS: 3,
  });
  await keeper.count(stats(50));
  expect(keeper.record).toMatchObject(expected);
  expect(keeper.figures(stats(50))).toMatchObject(expected);
  expect(keeper.sessionFigures(stats(80))).toMatchObject({ receivedBytes: 80, verifiedBytes: 40 });
});

test('a membership that ends stays counted, and the next begins at nothing', async () => {
  const { keeper } = keeperOf();
  const before = keeper.figures(null).receivedBytes;
  await keeper.endMembership(stats(50, 5));
  expect(keeper.sessionFigures(null)).toMatchObject({ receivedBytes: 50, uploadedBytes: 5 });
  expect(keeper.figures(stats(20))).toMatchObject({ receivedBytes: before + 70 });
});

test('time is written down before the page may be gone, when it is more than a moment', async () => {
  const { keeper, saveTorrent } = keeperOf();
  keeper.tally.passed(9_000, 'seeding');
  await keeper.count(stats(0), true);
  expect(saveTorrent).not.toHaveBeenCalled();
  keeper.tally.passed(1_000, 'seeding');
  await keeper.count(stats(0), true);
  expect(saveTorrent).toHaveBeenCalledTimes(1);
  await keeper.count(stats(0), true);
  expect(saveTorrent).toHaveBeenCalledTimes(1);
});

test('time alone is written down every ten minutes, anything else at once', async () => {
  const { keeper, saveTorrent } = keeperOf();
  for (let minute = 1; minute <= 9; minute++) {
    keeper.tally.passed(60_000, 'fetching');
    await keeper.count(stats(0));
  }
  expect(saveTorrent).not.toHaveBeenCalled();
  expect(keeper.record.activeS).toBe(torrentRecord().activeS + 540);
  keeper.tally.passed(60_000, 'fetching');
  await keeper.count(stats(0));
  expect(saveTorrent).toHaveBeenCalledTimes(1);
  await keeper.count(stats(0));
  expect(saveTorrent).toHaveBeenCalledTimes(1);
  await keeper.count(stats(1));
  keeper.tally.hashFailed();
  await keeper.count(stats(1));
  expect(saveTorrent).toHaveBeenCalledTimes(3);
});
