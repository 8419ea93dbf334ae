import { expect, test } from 'vitest';
import { ok } from '../../../../workers/contract/errors.ts';
import { EngineClient } from '../../../../src/engine/engine-client.svelte.ts';
import { FakeEngine, hashOf, makeTorrent } from '../../../support/fake-engine.ts';

const infoHash = hashOf('1');

test('the library leaves out what is only looked at', () => {
  const engine = new FakeEngine([makeTorrent({ infoHash, isHeld: true })]);
  const client = new EngineClient(engine.connect);
  expect(client.library).toEqual([]);
  engine.change(infoHash, { isHeld: false });
  expect(client.library).toHaveLength(1);
  expect(client.torrent(infoHash)?.infoHash).toBe(infoHash);
});

test('a command waits until the engine is ready', async () => {
  const engine = new FakeEngine();
  const client = new EngineClient(engine.connectSlowly);
  const paused = client.call((remote) => remote.pause(infoHash));
  expect(client.status).toBe('starting');
  engine.becomeReady('follower');
  expect(await paused).toMatchObject({ ok: false, error: { kind: 'unknown-torrent' } });
  expect(client.status).toBe('other-tab');
});

test('an engine that cannot start answers every command with the reason', async () => {
  const engine = new FakeEngine();
  const client = new EngineClient(engine.connectSlowly);
  engine.failStart({ kind: 'storage-unavailable', message: 'no' });
  expect(await client.call((remote) => remote.pause(infoHash))).toMatchObject({
    error: { kind: 'storage-unavailable' },
  });
});

test('a command does not hang when its engine goes away, and a broken call is an error value', async () => {
  const engine = new FakeEngine();
  const client = new EngineClient(engine.connect);
  const hanging = client.call(() => new Promise<never>(() => {}));
  await Promise.resolve();
  await Promise.resolve();
  engine.becomeReady();
  expect(await hanging).toMatchObject({ ok: false, error: { kind: 'engine-starting' } });
  const broken = await client.call(() => Promise.reject(new Error('boom')));
  expect(broken).toMatchObject({ ok: false, error: { kind: 'unexpected' } });
  expect(await client.call(async () => ok(1))).toEqual(ok(1));
});
