import { expect, test, vi } from 'vitest';
import { EngineClient } from '../../../../src/engine/engine-client.svelte.ts';
import { StorageSettings } from '../../../../src/storage/storage-settings.svelte.ts';
import { fail } from '../../../../workers/contract/errors.ts';
import { FakeEngine } from '../../../support/fake-engine.ts';

const MEBIBYTE = 1024 * 1024;

async function open(engine = new FakeEngine()) {
  const settings = new StorageSettings(new EngineClient(engine.connect));
  await vi.waitUntil(() => settings.current !== null);
  return { engine, settings };
}

test('sizes are shown and sent in mebibytes', async () => {
  const { engine, settings } = await open();
  expect(settings.sizeMiB('writeQueueBytes')).toBe(32);
  await settings.setSize('writeQueueBytes', 64.5);
  expect(engine.settings.writeQueueBytes).toBe(64.5 * MEBIBYTE);
  expect(settings.sizeMiB('writeQueueBytes')).toBe(64.5);
  expect(settings.saved).toBe('writeQueueBytes');
});

test.each([600, 0, Number.NaN])(
  'a size of %s MiB is refused by the engine, at its field, and nothing changes',
  async (mebibytes) => {
    const { engine, settings } = await open();
    await settings.setSize('writeQueueBytes', mebibytes);
    expect(settings.errorOf('writeQueueBytes')).toMatch(/^Write queue must be .* 512 MiB\.$/);
    expect(settings.errorOf('readCacheBytes')).toBeNull();
    expect(settings.failure).toBeNull();
    expect(settings.saved).toBeNull();
    expect(engine.settings.writeQueueBytes).toBe(32 * MEBIBYTE);
  },
);

test('a good value after a bad one clears the error', async () => {
  const { settings } = await open();
  await settings.setSize('readCacheBytes', -1);
  expect(settings.errorOf('readCacheBytes')).not.toBeNull();
  await settings.setSize('readCacheBytes', 0);
  expect(settings.errorOf('readCacheBytes')).toBeNull();
});

test('checking at each start is a yes or a no', async () => {
  const { engine, settings } = await open();
  await settings.setVerifyOnResume(true);
  expect(engine.settings.verifyOnResume).toBe(true);
  expect(settings.current?.verifyOnResume).toBe(true);
});

test('a failure that names no field is told apart', async () => {
  const { settings } = await open();
  const engine = { call: async () => fail('engine-starting', 'The engine moved.') };
  const broken = new StorageSettings(engine);
  await vi.waitUntil(() => broken.failure !== null);
  expect(broken.failure).toBe('The engine moved.');
  expect(settings.failure).toBeNull();
});
