/** The commands of the contract: what they check, what they change, and what they leave alone. */
import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../../workers/contract/settings.ts';
import type { EngineSnapshot } from '../../../../../workers/contract/snapshot.ts';
import { settled, until } from '../../../../support/fake-clock.ts';
import { makeTorrent } from '../../../../support/torrents.ts';
import { tracker } from '../../../../support/tracker-snapshot.ts';
import { file, gate, hash, made, magnet, Scene } from './session-scene.ts';

const UNKNOWN = '12'.repeat(20);

test('hello refuses another build', async () => {
  const { session } = await Scene.start();
  expect(session.hello('build-1')).toEqual({ ok: true, value: { version: 'build-1' } });
  expect(session.hello('build-2')).toMatchObject({
    ok: false,
    error: { kind: 'version-mismatch' },
  });
});

test('a torrent joins its own trackers and the defaults', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const defaults = DEFAULT_SETTINGS.trackers.map((url) => new URL(url).href);
  expect(scene.member.spec.trackers).toEqual([
    ['wss://own.test/'],
    ...defaults.map((url) => [url]),
  ]);
});

test('default trackers that are added or removed are announced to, or left, at once', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const secret = makeTorrent({ files: 100, private: true, trackers: ['wss://own.test/'] });
  await scene.session.add({ kind: 'torrent-file', bytes: secret.torrentBytes });
  await scene.session.changeSettings({ trackers: ['wss://new.test/', 'wss://own.test/'] });
  expect(scene.member.announcedTo).toEqual([['wss://own.test/'], ['wss://new.test/']]);
  expect(scene.swarm.member(secret.infoHash)!.announcedTo).toEqual([['wss://own.test/']]);
  await scene.session.changeSettings({ trackers: [] });
  expect(scene.member.announcedTo).toEqual([['wss://own.test/']]);
});

test('a torrent keeps its tiers, and trackers that are for other apps, also in its link', async () => {
  const scene = await Scene.start();
  const udp = 'udp://other.test:80/announce';
  const link = `magnet:?xt=urn:btih:${'ab'.repeat(20)}&tr=${encodeURIComponent(udp)}`;
  await scene.session.changeSettings({ trackers: ['wss://new.test/'] });
  await scene.session.add({ kind: 'text', text: link });
  expect(scene.swarm.member('ab'.repeat(20))!.spec.trackers).toEqual([[udp], ['wss://new.test/']]);
  expect(scene.session.torrent('ab'.repeat(20))).toMatchObject({
    value: { magnet: expect.stringContaining(encodeURIComponent(udp)) },
  });
});

test('with nobody connected and every tracker refused, its health says what may be behind it', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const refused = tracker({ state: 'unreachable', failure: 'refused' });
  scene.member.trackerSnapshots = [refused, refused];
  expect(scene.detail().health.message).not.toContain('filter list');
  scene.member.peerCount = 0;
  expect(scene.detail().health).toMatchObject({
    kind: 'tracker-unreachable',
    message: expect.stringContaining('filter list'),
    evidence: expect.arrayContaining(['tracker.test: no connection comes about']),
  });
  scene.member.trackerSnapshots = [refused, tracker({ state: 'working' })];
  scene.member.aloneMs = 5_000;
  expect(scene.detail().health).toMatchObject({
    kind: 'no-peers',
    message: expect.stringContaining('keeps asking the trackers'),
  });
});

test('cut off from everybody, its health says so while it would transfer, and not while it is paused', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  scene.member.isCutOff = true;
  expect(scene.detail().health).toMatchObject({
    kind: 'offline',
    message: expect.stringContaining('goes on by itself'),
  });
  await scene.session.pause(made.infoHash);
  expect(scene.detail().health.kind).toBe('ok');
  await scene.session.resume(made.infoHash);
  scene.member.isCutOff = false;
  expect(scene.detail().health.kind).toBe('ok');
});

test('who looks for metadata alone is told after a minute what the trackers know, and sooner what is certain', async () => {
  const scene = await Scene.start();
  await scene.session.add(magnet);
  scene.member.peerCount = 0;
  const knows = tracker({ state: 'working', seeds: 3, leechers: 1 });
  scene.member.trackerSnapshots = [knows];
  scene.member.aloneMs = 59_999;
  expect(scene.detail().health).toMatchObject({
    kind: 'waiting',
    message: expect.stringContaining('Looking for peers'),
  });
  scene.member.aloneMs = 60_000;
  expect(scene.detail().health).toMatchObject({
    kind: 'only-native-peers',
    message: expect.stringMatching(/tracker\.test answers and knows of 3 seeds/),
  });
  scene.member.peerCount = 1;
  expect(scene.detail().health.kind).toBe('ok');
  scene.member.peerCount = scene.member.aloneMs = 0;
  const refused = tracker({ state: 'unreachable', failure: 'refused' });
  scene.member.trackerSnapshots = [refused, refused];
  expect(scene.detail().health.kind).toBe('tracker-unreachable');
});

test('a download that stalls is helped as the settings say, told of by the health of the engine, and given up', async () => {
  const scene = await Scene.start();
  await scene.session.changeSettings({
    healthCheckIntervalS: 10,
    maxRetries: 2,
    retryBackoffFactor: 1,
  });
  await scene.session.add(file);
  expect(await scene.session.health()).toMatchObject({ status: 'ok', reasons: [] });
  scene.member.downloadBps = 0;
  scene.deps.clock.advance(10_000);
  expect(scene.member.reannounces).toBe(1);
  expect(await scene.session.health()).toMatchObject({
    status: 'degraded',
    reasons: [expect.stringMatching(/^album: Peers are connected, but none of them sends/)],
  });
  scene.deps.clock.advance(10_000);
  expect(scene.member.drops).toBe(1);
  scene.deps.clock.advance(10_000);
  expect(scene.session.cooling()).toMatchObject([
    { infoHash: made.infoHash, reason: 'timeout', retryAfterS: 600 },
  ]);
  expect(scene.detail()).toMatchObject({
    state: 'queued',
    health: { kind: 'no-peers', message: expect.stringMatching(/tries again in about 10 minutes/) },
  });
  scene.deps.clock.advance(600_000);
  await settled();
  scene.member.downloadBps = 100;
  scene.deps.clock.advance(1_000);
  expect(scene.detail()).toMatchObject({ state: 'downloading', health: { kind: 'ok' } });
});

test('how far the metadata is can be seen until it is here', async () => {
  const scene = await Scene.start();
  await scene.session.add(magnet);
  expect(scene.detail().metadata).toBeNull();
  scene.member.metadata = { receivedBytes: 16_384, sizeBytes: 20_000 };
  expect(scene.detail().metadata).toEqual({ receivedBytes: 16_384, sizeBytes: 20_000 });
  await scene.session.add(file);
  expect(scene.detail().metadata).toBeNull();
});

test('web seeds of a link to a torrent that is here already are added to it, unless it is only looked into', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const { infoHash } = scene.detail();
  const seeds = ['https://one.test/', 'https://two.test/a b'];
  const link = (ws: readonly string[]) =>
    `magnet:?xt=urn:btih:${infoHash}${ws.map((url) => `&ws=${encodeURIComponent(url)}`).join('')}`;
  await scene.session.add({ kind: 'text', text: link(seeds) }, { hold: true });
  expect(scene.member.addedWebSeeds).toEqual([]);
  await scene.session.add({ kind: 'text', text: link([...seeds, 'http://192.168.0.1/']) });
  const added = ['https://one.test/', 'https://two.test/a%20b'];
  expect(scene.member.addedWebSeeds).toEqual(added);
  expect(scene.storage.disk.torrents.get(infoHash)!.webSeeds).toEqual(added);
  await scene.session.add({ kind: 'text', text: link(seeds) });
  expect(scene.member.addedWebSeeds).toEqual(added);
});

test('a private torrent joins its own trackers only', async () => {
  const scene = await Scene.start();
  const secret = makeTorrent({ files: 100, private: true, trackers: ['wss://own.test/'] });
  await scene.session.add({ kind: 'torrent-file', bytes: secret.torrentBytes });
  expect(scene.swarm.member(secret.infoHash)!.spec.trackers).toEqual([['wss://own.test/']]);
  const found = scene.session.torrent(secret.infoHash);
  expect(found).toMatchObject({ ok: true, value: { isPrivate: true } });
});

test('adding what is here already changes nothing', async () => {
  const scene = await Scene.start();
  expect(await scene.session.add(file)).toEqual({
    ok: true,
    value: { infoHash: hash, isNew: true },
  });
  expect(await scene.session.add(magnet, { hold: true })).toEqual({
    ok: true,
    value: { infoHash: hash, isNew: false },
  });
  expect(scene.swarm.members).toHaveLength(1);
  expect(scene.detail().isHeld).toBe(false);
});

test('adding a held torrent without hold starts it', async () => {
  const scene = await Scene.start();
  await scene.session.add(file, { hold: true });
  expect(await scene.session.add(magnet)).toMatchObject({ ok: true, value: { isNew: false } });
  expect(scene.detail().isHeld).toBe(false);
  expect(scene.storage.disk.torrents.has(hash)).toBe(true);
});

test('added paused, a torrent joins no swarm', async () => {
  const scene = await Scene.start();
  await scene.session.add(file, { paused: true });
  expect(scene.swarm.members).toEqual([]);
  expect(scene.detail().state).toBe('paused');
});

test('removing with its data leaves nothing behind', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(0, 1, 2);
  await scene.session.checkpoint();
  expect(await scene.session.remove(made.infoHash, 'delete')).toEqual({ ok: true, value: null });
  const { disk } = scene.storage;
  expect([disk.torrents, disk.resumes, disk.shelves, disk.pieces].map((map) => map.size)).toEqual([
    0, 0, 0, 0,
  ]);
  expect(scene.member.hasLeft).toBe(true);
  expect(scene.storage.stores.get(hash)!.isClosed).toBe(true);
  expect(scene.session.torrents()).toEqual([]);
});

test('removing without its data forgets the torrent and keeps the bytes', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(0);
  await scene.session.remove(made.infoHash, 'keep');
  const { disk } = scene.storage;
  expect([disk.torrents.size, disk.pieces.size]).toEqual([0, 1]);
  expect(scene.storage.stores.get(hash)!.isClosed).toBe(true);
});

test('a torrent that is removed while its store opens leaves no open store behind', async () => {
  const scene = await Scene.start();
  const { promise, resolve } = gate();
  scene.storage.holding.set('open', promise);
  const adding = scene.session.add(file);
  await until(() => scene.storage.journal.includes('open'), 'the opening of its store');
  const removing = scene.session.remove(made.infoHash, 'delete');
  await settled();
  resolve();
  await Promise.all([adding, removing]);
  expect(scene.storage.stores.get(hash)!.isClosed).toBe(true);
  expect(scene.storage.journal.indexOf('deleteTorrent')).toBeGreaterThan(
    scene.storage.journal.indexOf('destroy'),
  );
  expect(scene.swarm.members).toEqual([]);
  expect(scene.storage.disk.torrents.size).toBe(0);
});

test.each<[string, (scene: Scene) => unknown]>([
  ['torrent', ({ session }) => session.torrent(UNKNOWN)],
  ['start', ({ session }) => session.start(UNKNOWN)],
  ['pause', ({ session }) => session.pause(UNKNOWN)],
  ['resume', ({ session }) => session.resume(UNKNOWN)],
  ['select', ({ session }) => session.select(UNKNOWN, [])],
  ['played', ({ session }) => session.played(UNKNOWN)],
  ['remove', ({ session }) => session.remove(UNKNOWN, 'keep')],
  [
    'openStream',
    ({ session }) =>
      session.openStream(
        { infoHash: UNKNOWN, fileIndex: 0, startByte: 0, endByte: 1 },
        {} as MessagePort,
      ),
  ],
])('%s of a torrent that is not here says so', async (_, ask) => {
  expect(await ask(await Scene.start())).toMatchObject({
    ok: false,
    error: { kind: 'unknown-torrent' },
  });
});

test.each<[string, (scene: Scene) => unknown, string]>([
  ['add', ({ session }) => session.add({ kind: 'text' } as never), 'text'],
  ['add with options', ({ session }) => session.add(file, { hold: 1 } as never), 'hold'],
  ['start', ({ session }) => session.start(made.infoHash, [-1]), '0'],
  [
    'start with options',
    ({ session }) => session.start(made.infoHash, [], { keepOffline: 1 } as never),
    'keepOffline',
  ],
  ['select', ({ session }) => session.select(made.infoHash, 'all' as never), 'files'],
  ['remove', ({ session }) => session.remove(made.infoHash, undefined as never), 'data'],
  ['openStream past the file', (scene) => scene.open(0, 0, 1e9).result, 'endByte'],
  ['openStream backwards', (scene) => scene.open(0, 10, 5).result, 'endByte'],
])('%s with a bad argument names it and changes nothing', async (_, ask, field) => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const before = JSON.stringify(scene.detail());
  expect(await ask(scene)).toMatchObject({ ok: false, error: { kind: 'bad-request', field } });
  expect(JSON.stringify(scene.detail())).toBe(before);
});

test('a stream of a file that is not there, or of a torrent not yet open, says so', async () => {
  const scene = await Scene.start();
  await scene.session.add(magnet);
  expect(await scene.open(0).result).toMatchObject({
    ok: false,
    error: { kind: 'engine-starting', retryAfterS: 2 },
  });
  const other = await Scene.start();
  await other.session.add(file);
  expect(await other.open(2).result).toMatchObject({ ok: false, error: { kind: 'unknown-file' } });
});

test('a stream hurries what its reader waits for', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  const { port, result } = scene.open(1, 0, 20_000);
  expect(await result).toEqual({
    ok: true,
    value: { path: 'album/b.mp4', lengthBytes: 3 * 16_384 },
  });
  port.postMessage({ kind: 'pull' });
  await settled();
  expect([...scene.member.hurries.values()]).toEqual([{ first: 3, last: 4 }]);
  port.postMessage({ kind: 'cancel' });
  await settled();
  expect([...scene.member.hurries.values()]).toEqual([null]);
  port.close();
});

test('settings that are changed at once are all changed, also on the disk', async () => {
  const scene = await Scene.start();
  const results = await Promise.all([
    scene.session.changeSettings({ maxConnections: 10 }),
    scene.session.changeSettings({ maxActiveSeeds: 900 }),
    scene.session.changeSettings({ uploadSlots: 7 }),
  ]);
  expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
  const expected = { maxConnections: 10, maxActiveSeeds: 5, uploadSlots: 7 };
  expect(scene.session.settings()).toMatchObject(expected);
  expect(scene.storage.disk.settings).toMatchObject(expected);
  expect(scene.swarm.configured.at(-1)).toMatchObject(expected);
});

test('settings reach the swarm, the write queue and the disk', async () => {
  const scene = await Scene.start();
  const changed = await scene.session.changeSettings({
    maxConnections: 10,
    writeQueueBytes: 2 ** 20,
  });
  expect(changed).toMatchObject({ ok: true, value: { maxConnections: 10 } });
  expect(scene.swarm.configured.at(-1)).toMatchObject({ maxConnections: 10 });
  expect(scene.storage.configured.at(-1)).toMatchObject({ writeQueueBytes: 2 ** 20 });
  expect((await Scene.start(scene.storage.disk)).session.settings().maxConnections).toBe(10);
});

test.each<[string, object, string]>([
  ['out of range', { maxConnections: 5, writeQueueBytes: 1 }, 'writeQueueBytes'],
  ['unknown', { maxConnections: 5, colour: 'red' }, 'colour'],
  ['a tracker in the network', { maxConnections: 5, trackers: ['wss://10.0.0.1/'] }, 'trackers'],
  [
    'a tracker named twice',
    { maxConnections: 5, trackers: ['wss://t.test', 'wss://t.test/'] },
    'trackers',
  ],
  ['of no use without another', { maxConnections: 5, relayOnly: true }, 'relayOnly'],
])('a setting that is %s is refused by name and nothing changes', async (_, patch, field) => {
  const scene = await Scene.start();
  expect(await scene.session.changeSettings(patch)).toMatchObject({
    ok: false,
    error: { kind: 'bad-request', field },
  });
  expect(scene.session.settings()).toEqual(DEFAULT_SETTINGS);
  expect(scene.swarm.configured).toEqual([DEFAULT_SETTINGS]);
  expect(scene.storage.journal).toEqual([]);
});

test('snapshots count up and follow the torrents', async () => {
  const scene = await Scene.start();
  const heard: EngineSnapshot[] = [];
  const stop = scene.session.watch((snapshot) => heard.push(snapshot));
  await scene.session.add(file);
  scene.deps.clock.advance(250);
  expect(heard.map(({ sequence }) => sequence)).toEqual([1, 2]);
  expect(heard[1]!.torrents.map(({ infoHash }) => infoHash)).toEqual([hash]);
  expect(heard[1]!.downloadBps).toBe(100);
  stop();
  scene.deps.clock.advance(5_000);
  expect(heard).toHaveLength(2);
});

test('a torrent that is as it was is the same object in the next snapshot', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.addOther();
  const before = await scene.snapshot();
  await scene.session.pause(hash);
  const next = await scene.snapshot();
  expect(next.torrents[0]).not.toBe(before.torrents[0]);
  expect(next.torrents[1]).toBe(before.torrents[1]);
});

test('progress is written down by itself every few seconds', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(0);
  scene.deps.clock.advance(5_000);
  await settled();
  expect(scene.storage.disk.resumes.get(hash)!.have[0]).toBe(0b1000_0000);
});

test('a magnet that turns out to be private leaves the default trackers and keeps its peers', async () => {
  const scene = await Scene.start();
  const secret = makeTorrent({ files: 100, private: true });
  await scene.session.add({ kind: 'text', text: secret.magnet(['wss://own.test/']) });
  const member = scene.swarm.member(secret.infoHash)!;
  expect(member.announcedTo.length).toBeGreaterThan(1);
  member.events.metadata(secret.infoBytes);
  await until(() => member.plan !== null, 'the plan');
  expect(member.announcedTo).toEqual([['wss://own.test/']]);
  expect(member.hasLeft).toBe(false);
});

test('a torrent removed with its data kept goes on from there when it comes back', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(0, 1);
  await scene.session.checkpoint();
  await scene.session.remove(hash, 'keep');
  expect(scene.storage.disk.torrents.has(hash)).toBe(false);
  await scene.session.add(file);
  expect(scene.detail().piecesHave).toBe(2);
});

test('a .torrent given for a magnet that still looks for its metadata supplies it', async () => {
  const scene = await Scene.start();
  await scene.session.add(magnet);
  expect(scene.detail().state).toBe('metadata');
  expect(await scene.session.add(file)).toMatchObject({ ok: true, value: { isNew: false } });
  expect(scene.detail()).toMatchObject({ state: 'downloading', fileCount: 2 });
  expect(scene.detail().peerCounts).toEqual({ connected: 2, seeds: 1, snubbed: 1, banned: 0 });
});
