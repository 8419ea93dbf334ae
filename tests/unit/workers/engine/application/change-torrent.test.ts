/** What a person sets for one torrent, through the engine's command: what is refused, what is kept, what the swarm is told. */
import { expect, test } from 'vitest';
import type { TorrentChange } from '../../../../../workers/contract/engine.ts';
import { emptyDisk } from '../../../../support/fake-storage.ts';
import { makeTorrent } from '../../../../support/torrents.ts';
import { file, hash, magnet, Scene } from './session-scene.ts';
import { OWN_DEFAULTS } from '../../../../../workers/engine/model/torrent-change.ts';

async function added(): Promise<Scene> {
  const scene = await Scene.start();
  await scene.session.add(file);
  return scene;
}

test.each<[string, unknown, string]>([
  ['no object', [], ''],
  ['a field that is not known', { colour: true }, 'colour'],
  ['a file the torrent has not', { selected: [2] }, 'selected'],
  ['a priority of a file the torrent has not', { filePriorities: { 2: 'high' } }, 'filePriorities'],
  ['a priority that is none', { filePriorities: { 0: 'urgent' } }, 'filePriorities.0'],
  [
    'a key that is no index',
    { filePriorities: { __proto__x: 'low' } },
    'filePriorities.__proto__x',
  ],
  ['a limit below a block now and then', { limits: { downloadBps: 100 } }, 'limits.downloadBps'],
  ['a limit that is not known', { limits: { colour: 1 } }, 'limits.colour'],
  ['half a connection', { limits: { maxConnections: 0.5 } }, 'limits.maxConnections'],
  ['less than nothing given', { limits: { seedRatio: -1 } }, 'limits.seedRatio'],
  ['too many times its size', { limits: { seedRatio: 1001 } }, 'limits.seedRatio'],
  ['half a minute', { limits: { seedMinutes: 0.5 } }, 'limits.seedMinutes'],
  ['no seed limit that is a text', { limits: { seedMinutes: '5' } }, 'limits.seedMinutes'],
  ['a tracker inside the network', { addTrackers: ['wss://192.168.1.1'] }, 'addTrackers'],
  ['what is no tracker', { addTrackers: ['wss://fine.test', 'no address'] }, 'addTrackers'],
  ['a tracker that is not there', { removeTrackers: ['wss://other.test'] }, 'removeTrackers'],
  ['a web seed inside the network', { addWebSeeds: ['http://10.0.0.1/'] }, 'addWebSeeds'],
  ['a switch that is no boolean', { superSeeding: 1 }, 'superSeeding'],
  ['an order that is no boolean', { sequential: 'yes' }, 'sequential'],
  ['a keeping that is no boolean', { keepOffline: null }, 'keepOffline'],
])('%s is refused by name, and nothing is changed', async (_, change, field) => {
  const scene = await added();
  const before = scene.detail();
  const withGood = Array.isArray(change)
    ? change
    : { superSeeding: true, limits: { uploadBps: 2048 }, ...(change as object) };
  const result = await scene.session.change(hash, withGood as TorrentChange);
  expect(result).toMatchObject({ ok: false, error: { kind: 'bad-request' } });
  if (!result.ok) expect(result.error.field ?? '').toBe(field);
  expect(scene.detail()).toEqual(before);
});

test('a torrent that is not here cannot be changed', async () => {
  const scene = await Scene.start();
  const result = await scene.session.change(hash, {});
  expect(result).toMatchObject({ ok: false, error: { kind: 'unknown-torrent' } });
});

test('priorities of files become those of their pieces, and what is normal again is forgotten', async () => {
  const scene = await added();
  expect(scene.member.priorities).toEqual(new Array(6).fill('normal'));
  await scene.session.change(hash, { filePriorities: { 0: 'low', 1: 'high' } });
  expect(scene.member.priorities).toEqual(['low', 'low', 'low', 'high', 'high', 'high']);
  expect(scene.detail().files.map(({ priority }) => priority)).toEqual(['low', 'high']);
  await scene.session.change(hash, { filePriorities: { 0: 'normal' } });
  expect(scene.member.priorities.slice(0, 3)).toEqual(['normal', 'normal', 'normal']);
  expect(scene.storage.disk.torrents.get(hash)?.filePriorities).toEqual({ 1: 'high' });
});

test('what was set is there after a restart', async () => {
  const disk = emptyDisk();
  const first = await Scene.start(disk);
  await first.session.add(file);
  await first.session.change(hash, {
    filePriorities: { 0: 'high' },
    limits: { uploadBps: 2048 },
    superSeeding: true,
    addTrackers: ['wss://more.test'],
    addWebSeeds: ['https://seed.test/files/'],
  });
  const second = await Scene.start(disk);
  expect(second.detail()).toMatchObject({
    limits: { ...OWN_DEFAULTS.limits, uploadBps: 2048 },
    superSeeding: true,
  });
  expect(second.member.isSuperSeeding).toBe(true);
  expect(second.member.limits).toMatchObject({ uploadBps: 2048 });
  expect(second.member.priorities.slice(0, 4)).toEqual(['high', 'high', 'high', 'normal']);
  expect(second.member.spec.trackers.slice(0, 2)).toEqual([
    ['wss://own.test/'],
    ['wss://more.test/'],
  ]);
  expect(second.member.spec.webSeeds).toContain('https://seed.test/files/');
});

test('a limit that is not named stays', async () => {
  const scene = await added();
  await scene.session.change(hash, { limits: { downloadBps: 4096 } });
  await scene.session.change(hash, { limits: { uploadBps: 2048 } });
  const limits = { ...OWN_DEFAULTS.limits, downloadBps: 4096, uploadBps: 2048 };
  expect(scene.detail().limits).toEqual(limits);
  expect(scene.member.limits).toEqual(limits);
});

test('trackers are announced to and left at once, however they are spelled', async () => {
  const scene = await added();
  const own = () => scene.member.announcedTo.flat().filter((url) => url.includes('.test'));
  await scene.session.change(hash, { addTrackers: ['wss://more.test', 'udp://old.test:80'] });
  expect(own()).toEqual(['wss://own.test/', 'wss://more.test/', 'udp://old.test:80']);
  await scene.session.change(hash, { removeTrackers: ['wss://own.test', 'udp://old.test:80'] });
  expect(own()).toEqual(['wss://more.test/']);
});

test('a private torrent is told to no other tracker, and may lose its own (BEP 27)', async () => {
  const scene = await Scene.start();
  const made = makeTorrent({
    name: 'secret',
    files: 16_384,
    trackers: ['wss://own.test/'],
    private: true,
  });
  await scene.session.add({ kind: 'torrent-file', bytes: made.torrentBytes });
  const refused = await scene.session.change(made.infoHash, { addTrackers: ['wss://more.test'] });
  expect(refused).toMatchObject({ ok: false, error: { field: 'addTrackers' } });
  const removed = await scene.session.change(made.infoHash, { removeTrackers: ['wss://own.test'] });
  expect(removed.ok).toBe(true);
  expect(scene.swarm.member(made.infoHash)!.announcedTo).toEqual([]);
});

test('what is set before the metadata is known holds when it comes', async () => {
  const scene = await Scene.start();
  await scene.session.add(magnet);
  await scene.session.change(hash, { filePriorities: { 1: 'high' } });
  await scene.session.add(file);
  expect(scene.member.priorities.slice(2, 4)).toEqual(['normal', 'high']);
});

test('web seeds are asked at once', async () => {
  const scene = await added();
  await scene.session.change(hash, { addWebSeeds: ['https://seed.test/files/'] });
  expect(scene.member.addedWebSeeds).toEqual(['https://seed.test/files/']);
});

test('reannounce asks the trackers now', async () => {
  const scene = await added();
  expect(await scene.session.reannounce(hash)).toEqual({ ok: true, value: null });
  expect(scene.member.reannounces).toBe(1);
});

test("pieces in order are the swarm's to fetch, at once and after a restart", async () => {
  const scene = await added();
  expect(scene.member.isInOrder).toBe(false);
  await scene.session.change(hash, { sequential: true });
  expect(scene.member.isInOrder).toBe(true);
  expect(scene.detail().sequential).toBe(true);
  const again = await Scene.start(scene.storage.disk);
  expect(again.member.isInOrder).toBe(true);
  await again.session.change(hash, { sequential: false });
  expect(again.member.isInOrder).toBe(false);
});
