/** What the session counts: of each torrent, of all, and over sessions. */
import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { EventBus } from '../../../../../workers/engine/application/event-bus.ts';
import { Statistics } from '../../../../../workers/engine/application/statistics.ts';
import { fakeDeps, settled } from '../../../../support/fake-clock.ts';
import { emptyDisk } from '../../../../support/fake-storage.ts';
import { statisticsRecord, torrentRecord } from '../../../../support/catalogue-records.ts';
import { statisticsSchema } from '../../../../support/statistics-schema.ts';
import { file, hash, Scene } from './session-scene.ts';

const PIECE = 16_384;

/** Seconds pass, each beat in its turn. */
const pass = (scene: Scene, seconds: number) => scene.deps.clock.advance(seconds * 1000);
const totals = ({ session }: Scene) => session.statistics();

test('the report is as API.md has it, at the start and later', async () => {
  const scene = await Scene.start();
  expect(v.parse(statisticsSchema, totals(scene))).toEqual(totals(scene));
  await scene.session.add(file);
  scene.member.downloadedBytes = 3 * PIECE;
  scene.member.uploadedBytes = PIECE;
  pass(scene, 3);
  const report = totals(scene);
  expect(v.parse(statisticsSchema, report)).toEqual(report);
  expect(report.session).toMatchObject({ ratio: 1 / 3, uptimeS: 3 });
});

test('what a torrent moves is counted once, for itself and for all', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(0, 1);
  Object.assign(scene.member, {
    downloadedBytes: 40_000,
    uploadedBytes: 5_000,
    wastedBytes: 7_000,
  });
  scene.member.events.hashFailure(3, PIECE);
  scene.member.banned = 1;
  pass(scene, 10);
  const moved = {
    downloadedBytes: 40_000,
    uploadedBytes: 5_000,
    verifiedBytes: 2 * PIECE,
    wastedBytes: 7_000,
    hashFailures: 1,
    bannedPeers: 1,
    activeS: 10,
    seedingS: 0,
  };
  expect(totals(scene)).toMatchObject({ session: moved, lifetime: moved });
  expect(scene.detail().statistics).toEqual({ session: moved, lifetime: moved });
  // A minute writes it into the record; nothing of it counts twice.
  pass(scene, 60);
  await settled();
  expect(scene.storage.disk.torrents.get(hash)).toMatchObject({
    receivedBytes: 40_000,
    verifiedBytes: 2 * PIECE,
    hashFailures: 1,
    bans: 1,
  });
  expect(totals(scene).session).toMatchObject({ ...moved, activeS: 70 });
});

test('time counts while a torrent fetches or gives, and not while it is paused or cut off', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  pass(scene, 10);
  await scene.deliver(0, 1, 2, 3, 4, 5);
  pass(scene, 20);
  expect(scene.detail().statistics.session).toMatchObject({ activeS: 30, seedingS: 20 });
  await scene.session.pause(hash);
  pass(scene, 100);
  await scene.session.resume(hash);
  scene.member.isCutOff = true;
  pass(scene, 100);
  scene.member.isCutOff = false;
  pass(scene, 5);
  expect(scene.detail().statistics.session).toMatchObject({ activeS: 35, seedingS: 25 });
  expect(totals(scene).session).toMatchObject({ activeS: 35, seedingS: 25, uptimeS: 235 });
});

test('of all, time in which several torrents are active counts once', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.addOther();
  pass(scene, 10);
  expect(totals(scene).session.activeS).toBe(10);
});

test('a torrent that is only looked into costs no time', async () => {
  const scene = await Scene.start();
  await scene.session.add(file, { hold: true });
  pass(scene, 10);
  expect(totals(scene).session.activeS).toBe(0);
});

test('a sleep counts as no time, and is a gap in the rates', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  scene.member.downloadedBytes = 4_000;
  pass(scene, 2);
  scene.deps.clock.sleep(60_000);
  scene.member.downloadedBytes = 9_000;
  pass(scene, 0);
  pass(scene, 1);
  expect(scene.detail().statistics.session.activeS).toBe(3);
  const { downloadBps } = totals(scene).history[0]!;
  expect(downloadBps.slice(-2)).toEqual([null, 0]);
  expect(downloadBps.slice(-64, -60)).toEqual([null, 4_000, 0, null]);
  // The bytes were moved all the same.
  expect(totals(scene).session.downloadedBytes).toBe(9_000);
});

test('rates are those of all torrents together, by the second', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const other = scene.swarm.member(await scene.addOther())!;
  for (let second = 1; second <= 3; second++) {
    scene.member.downloadedBytes = second * 1_000;
    other.downloadedBytes = second * 500;
    other.uploadedBytes = second * 100;
    pass(scene, 1);
  }
  const [minutes] = totals(scene).history;
  expect(minutes!.downloadBps.slice(-4)).toEqual([null, 1_500, 1_500, 1_500]);
  expect(minutes!.uploadBps.slice(-4)).toEqual([null, 100, 100, 100]);
});

test('a torrent has rates of its own from its first byte on', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const rates = () => {
    const found = scene.session.torrentRates(hash);
    if (!found.ok) throw new Error(found.error.message);
    return found.value;
  };
  await scene.addOther();
  pass(scene, 2);
  expect(new Set(rates().downloadBps)).toEqual(new Set([null]));
  scene.member.downloadedBytes = 3_000;
  pass(scene, 2);
  expect(rates().downloadBps.slice(-3)).toEqual([null, 3_000, 0]);
  expect(rates()).toMatchObject({ periodS: 1, uploadBps: { length: 300 } });
  expect(scene.session.torrentRates('12'.repeat(20))).toMatchObject({
    error: { kind: 'unknown-torrent' },
  });
});

test('what a removed torrent moved stays counted, also what it moves while it closes', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  scene.member.downloadedBytes = 1_000;
  pass(scene, 1);
  let whileClosing = 0;
  const { member } = scene;
  member.leave = async () => {
    member.downloadedBytes = 1_200;
    whileClosing = totals(scene).session.downloadedBytes;
  };
  await scene.session.remove(hash, 'delete');
  expect([whileClosing, totals(scene).session.downloadedBytes]).toEqual([1_200, 1_200]);
  // Added again it begins at nothing, and counts on.
  await scene.session.add(file);
  scene.member.downloadedBytes = 10;
  expect(scene.detail().statistics.lifetime.downloadedBytes).toBe(10);
  expect(totals(scene).session.downloadedBytes).toBe(1_210);
});

test('lifetime goes on after a restart, and after the removal of its torrents; the session is new', async () => {
  const disk = emptyDisk();
  const first = await Scene.start(disk);
  await first.session.add(file);
  await first.deliver(0);
  first.member.downloadedBytes = 20_000;
  pass(first, 60);
  await settled();
  const second = await Scene.start(disk);
  expect(totals(second).session).toMatchObject({
    downloadedBytes: 0,
    verifiedBytes: 0,
    uptimeS: 0,
  });
  expect(totals(second).lifetime).toMatchObject({
    downloadedBytes: 20_000,
    verifiedBytes: PIECE,
    activeS: 60,
    uptimeS: 60,
  });
  expect(second.detail().statistics).toMatchObject({
    session: { downloadedBytes: 0 },
    lifetime: { downloadedBytes: 20_000, verifiedBytes: PIECE },
  });
  expect(totals(second).since).toBe(totals(first).since);
  second.member.downloadedBytes = 500;
  await second.session.remove(hash, 'delete');
  await second.session.checkpoint();
  expect(totals(await Scene.start(disk)).lifetime.downloadedBytes).toBe(20_500);
});

test('a crash costs a minute at most', async () => {
  const disk = emptyDisk();
  const scene = await Scene.start(disk);
  await scene.session.add(file);
  for (let second = 1; second <= 100; second++) {
    scene.member.downloadedBytes = second * 1_000;
    pass(scene, 1);
    await settled();
  }
  const { lifetime, history } = totals(await Scene.start(disk));
  expect(lifetime.downloadedBytes).toBe(60_000);
  // The day is kept: the five minutes and the hour are over before they are of use.
  expect(history.map(({ downloadBps }) => downloadBps.filter((bps) => bps !== null))).toEqual([
    [],
    [],
    [1_000],
  ]);
});

test('the library of an earlier Rill, which kept no sums, says where they begin', async () => {
  const disk = emptyDisk();
  const [addedAt, since] = ['2026-11-20T09:00:00.000Z', '2026-11-19T08:00:00.000Z'];
  const record = torrentRecord({ infoBytes: null, receivedBytes: 300, uploadedBytes: 70, addedAt });
  disk.torrents.set(record.infoHash, record);
  const older = torrentRecord({
    infoBytes: null,
    infoHash: hash,
    receivedBytes: 1,
    addedAt: since,
  });
  disk.torrents.set(hash, older);
  const report = totals(await Scene.start(disk));
  expect(report.lifetime).toMatchObject({ downloadedBytes: 301, uploadedBytes: 77 });
  expect(report.session).toMatchObject({ downloadedBytes: 0, uploadedBytes: 0 });
  expect(report.since).toBe(since);
});

test('sums that cannot be written are kept, told, and written later', async () => {
  const disk = { ...emptyDisk(), statistics: statisticsRecord() };
  const scene = await Scene.start(disk);
  scene.storage.failing.set('saveStatistics', new Error('no'));
  pass(scene, 60);
  await settled();
  expect(scene.deps.logged).toEqual(['warning: the statistics could not be saved']);
  expect(disk.statistics).toEqual(statisticsRecord());
  scene.storage.failing.clear();
  pass(scene, 60);
  await settled();
  expect(disk.statistics.totals.uptimeS).toBe(statisticsRecord().totals.uptimeS + 120);
  expect(totals(scene).lifetime.ratio).toBeCloseTo(1.4);
});

test('sums that cannot be read at the start are not replaced by those of one session', async () => {
  const deps = fakeDeps();
  const saveStatistics = vi.fn(async () => {});
  const statistics = await Statistics.open({
    deps,
    catalogue: { statistics: () => Promise.reject(new Error('no')), saveStatistics },
    tasks: () => [],
    emit: () => {},
    cacheCounts: () => ({ hits: 0, misses: 0 }),
  });
  deps.clock.advance(120_000);
  expect(statistics.report().lifetime.uptimeS).toBe(120);
  expect(saveStatistics).not.toHaveBeenCalled();
  expect(deps.logged).toEqual(['warning: the statistics could not be read']);
});

test('the metadata cache is counted where there is one', async () => {
  const { totals: kept } = statisticsRecord();
  const statistics = await Statistics.open({
    deps: fakeDeps(),
    catalogue: { statistics: async () => statisticsRecord(), saveStatistics: async () => {} },
    tasks: () => [],
    emit: () => {},
    cacheCounts: () => ({ hits: 2, misses: 5 }),
  });
  const { session, lifetime } = statistics.report();
  expect([session.metadataCacheHits, session.metadataCacheMisses]).toEqual([2, 5]);
  expect([lifetime.metadataCacheHits, lifetime.metadataCacheMisses]).toEqual([
    kept.metadataCacheHits + 2,
    kept.metadataCacheMisses + 5,
  ]);
});

test('every five minutes the session says what was moved, and nothing when nothing was', async () => {
  const emit = vi.spyOn(EventBus.prototype, 'emit');
  const scene = await Scene.start();
  await scene.session.add(file);
  const summaries = () =>
    emit.mock.calls.map(([event]) => event).filter(({ kind }) => kind === 'session:summary');
  pass(scene, 300);
  expect(summaries()).toEqual([]);
  scene.member.downloadedBytes = 2_500_000;
  pass(scene, 300);
  expect(summaries()).toMatchObject([
    {
      infoHash: null,
      message: 'In the last 5 minutes: 2.5 MB received, 0 kB given.',
      data: { downloadedBytes: 2_500_000, uploadedBytes: 0, hashFailures: 0, periodS: 300 },
    },
  ]);
  pass(scene, 600);
  expect(summaries()).toHaveLength(1);
  emit.mockRestore();
});
