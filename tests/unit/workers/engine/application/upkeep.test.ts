/** What the session does by itself, and on its return from sleep. */
import { expect, test } from 'vitest';
import { settled, until } from '../../../../support/fake-clock.ts';
import { file, gate, hash, made, magnet, Scene } from './session-scene.ts';

test('a clock that jumped wakes the swarm, looks after storage and writes progress down', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.deliver(0);
  scene.deps.clock.sleep(60_000);
  scene.deps.clock.advance(0);
  await until(() => scene.storage.disk.resumes.get(hash)!.have[0] === 0b1000_0000, 'the record');
  expect(scene.swarm.wakes).toBe(1);
});

test('a busy machine is not a sleeping one', async () => {
  const scene = await Scene.start();
  scene.deps.clock.sleep(10_000);
  scene.deps.clock.advance(30_000);
  expect(scene.swarm.wakes).toBe(0);
});

test('the page can wake the engine itself', async () => {
  const scene = await Scene.start();
  await scene.session.wake();
  expect(scene.swarm.wakes).toBe(1);
});

test('a library that was read is backed up at the start and then every five minutes', async () => {
  const scene = await Scene.start();
  expect(scene.storage.backups).toBe(1);
  scene.deps.clock.advance(5 * 60_000);
  expect(scene.storage.backups).toBe(2);
});

test('what the catalogue has to say is in the snapshot until it is dismissed', async () => {
  const scene = await Scene.start(undefined, [{ kind: 'record-restored', message: 'It is back.' }]);
  const { notices } = await scene.snapshot();
  expect(notices).toMatchObject([{ kind: 'record-restored', message: 'It is back.' }]);
  scene.session.dismissNotice('nobody');
  scene.session.dismissNotice(notices[0]!.id);
  expect((await scene.snapshot()).notices).toEqual([]);
});

test('bans are in the snapshot until they are lifted', async () => {
  const scene = await Scene.start();
  const ban = {
    id: 'ab'.repeat(20),
    kind: 'peer',
    client: 'Liar 1.0',
    address: null,
    reason: 'It gave wrong data three times.',
    at: '2026-11-21T00:00:00.000Z',
    infoHash: hash,
  } as const;
  scene.swarm.banned = [ban];
  expect((await scene.snapshot()).bans).toEqual([ban]);
  expect(scene.session.liftBan(ban.id)).toEqual({ ok: true, value: null });
  expect((await scene.snapshot()).bans).toEqual([]);
  for (const id of [ban.id, 5 as unknown as string]) {
    const refused = { ok: false, error: { kind: 'bad-request', field: 'id' } };
    expect(scene.session.liftBan(id)).toMatchObject(refused);
  }
});

test('a library goes out to a file and in from it, paused, with its settings', async () => {
  const scene = await Scene.start();
  await scene.session.add(file, { files: [1] });
  await scene.session.changeSettings({ maxConnections: 7 });
  const exported = await scene.session.exportLibrary();
  if (!exported.ok) throw new Error(exported.error.message);
  const other = await Scene.start();
  expect(await other.session.importLibrary(exported.value)).toEqual({
    ok: true,
    value: { added: 1, known: 0, problems: [] },
  });
  expect(other.detail()).toMatchObject({ state: 'paused', name: 'album', fileCount: 2 });
  expect(other.swarm.members).toEqual([]);
  expect(other.session.settings().maxConnections).toBe(7);
  expect(other.storage.disk.torrents.get(hash)!.files).toEqual([1]);
  expect(await other.session.importLibrary(exported.value)).toMatchObject({
    value: { added: 0, known: 1 },
  });
});

test.each(['importLibrary', 'add'] as const)(
  'a torrent that is imported and added at once is here once: %s came first',
  async (first) => {
    const source = await Scene.start();
    await source.session.add(file);
    const exported = await source.session.exportLibrary();
    if (!exported.ok) throw new Error(exported.error.message);
    const scene = await Scene.start();
    const { promise, resolve } = gate();
    scene.storage.holding.set('saveTorrent', promise);
    const calls = {
      importLibrary: () => scene.session.importLibrary(exported.value),
      add: () => scene.session.add(file),
    };
    const before = calls[first]();
    await settled();
    const after = calls[first === 'add' ? 'importLibrary' : 'add']();
    await settled();
    resolve();
    const [imported, added] =
      first === 'add' ? [await after, await before] : [await before, await after];
    const isAdd = first === 'add';
    expect(imported).toMatchObject({ value: { added: isAdd ? 0 : 1, known: isAdd ? 1 : 0 } });
    expect(added).toMatchObject({ value: { isNew: isAdd } });
    expect(scene.session.torrents()).toMatchObject([{ state: isAdd ? 'downloading' : 'paused' }]);
    expect(scene.swarm.members).toHaveLength(isAdd ? 1 : 0);
  },
);

test('metadata in a library that is not that of its torrent is refused, and the rest taken', async () => {
  const scene = await Scene.start();
  await scene.session.add(file);
  await scene.addOther();
  const exported = await scene.session.exportLibrary();
  if (!exported.ok) throw new Error(exported.error.message);
  const text = new TextDecoder().decode(exported.value);
  const forged = JSON.parse(text) as { torrents: { infoHash: string; infoBytes: string }[] };
  const [first, second] = forged.torrents;
  first!.infoBytes = second!.infoBytes;
  const bytes = new TextEncoder().encode(JSON.stringify(forged));
  const other = await Scene.start();
  const imported = await other.session.importLibrary(bytes);
  expect(imported).toMatchObject({ ok: true, value: { added: 1, known: 0 } });
  expect(imported.ok && imported.value.problems.join()).toContain('does not match its info hash');
  expect(other.session.torrent(made.infoHash)).toMatchObject({ ok: false });
});

test.each([['not bytes'], [new Uint8Array(3)], [new TextEncoder().encode('{"a":1}')]])(
  'importing %s changes nothing and says why',
  async (bytes) => {
    const scene = await Scene.start();
    expect(await scene.session.importLibrary(bytes as Uint8Array)).toMatchObject({ ok: false });
    expect(scene.session.torrents()).toEqual([]);
  },
);

test('a torrent that cannot be saved is not begun', async () => {
  const scene = await Scene.start();
  scene.storage.failing.set('saveTorrent', new Error('no'));
  expect(await scene.session.add(magnet)).toMatchObject({ ok: false });
  await settled();
  expect(scene.session.torrents()).toEqual([]);
  expect(scene.swarm.members).toEqual([]);
});
