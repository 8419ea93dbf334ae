import { expect, test, vi } from 'vitest';
import { EngineClient } from '../../../../src/engine/engine-client.svelte.ts';
import { EngineSettings } from '../../../../src/settings/engine-settings.svelte.ts';
import { fail } from '../../../../workers/contract/errors.ts';
import { FakeEngine } from '../../../support/fake-engine.ts';

const MEBIBYTE = 1024 * 1024;

async function open(engine = new FakeEngine()) {
  const settings = new EngineSettings(new EngineClient(engine.connect));
  await vi.waitUntil(() => settings.current !== null);
  return { engine, settings };
}

test('a change is sent at once, and shown when the engine took it', async () => {
  const { engine, settings } = await open();
  expect(settings.current?.writeQueueBytes).toBe(32 * MEBIBYTE);
  await settings.set('writeQueueBytes', 64 * MEBIBYTE);
  expect(engine.settings.writeQueueBytes).toBe(64 * MEBIBYTE);
  expect(settings.current?.writeQueueBytes).toBe(64 * MEBIBYTE);
  expect(settings.saved).toBe('writeQueueBytes');
});

test.each([600 * MEBIBYTE, 0, Number.NaN])(
  'a size of %s is refused by the engine, at its field and by its label, and nothing changes',
  async (bytes) => {
    const { engine, settings } = await open();
    await settings.set('writeQueueBytes', bytes);
    const error = settings.errorOf('writeQueueBytes', 'Write queue');
    expect(error).toMatch(/^Write queue must be .* 512 MiB\.$/);
    expect(settings.errorOf('readCacheBytes', 'Read cache')).toBeNull();
    expect(settings.failure).toBeNull();
    expect(settings.saved).toBeNull();
    expect(engine.settings.writeQueueBytes).toBe(32 * MEBIBYTE);
  },
);

test('a good value after a bad one clears the error', async () => {
  const { settings } = await open();
  await settings.set('readCacheBytes', -1);
  expect(settings.errorOf('readCacheBytes', 'Read cache')).not.toBeNull();
  await settings.set('readCacheBytes', 0);
  expect(settings.errorOf('readCacheBytes', 'Read cache')).toBeNull();
});

test('a failure that names no field is told apart', async () => {
  const engine = { call: async () => fail('engine-starting', 'The engine moved.') };
  const broken = new EngineSettings(engine);
  await vi.waitUntil(() => broken.failure !== null);
  expect(broken.failure).toBe('The engine moved.');
});
