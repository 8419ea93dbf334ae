import { expect, test } from 'vitest';
import { EngineClient } from '../../../../src/engine/engine-client.svelte.ts';
import { OwnSettings } from '../../../../src/torrent/own-settings.svelte.ts';
import { toInfoHash } from '../../../../workers/contract/ids.ts';
import { FakeEngine, makeTorrent } from '../../../support/fake-engine.ts';

const HASH = toInfoHash('ab'.repeat(20))!;
const OTHER = toInfoHash('cd'.repeat(20))!;

function open(infoHash = HASH) {
  const engine = new FakeEngine([makeTorrent({ infoHash: HASH })]);
  return { engine, own: new OwnSettings(new EngineClient(engine.connect), infoHash) };
}

test('a change is sent as it is', async () => {
  const { engine, own } = open();
  expect(await own.change({ limits: { uploadBps: 2048 } })).toBe(true);
  expect(engine.calls).toEqual([`change:${HASH}:{"limits":{"uploadBps":2048}}`]);
  expect(own.failure).toBeNull();
});

test('what is refused is said at its field, without the name that only code knows', async () => {
  const { own } = open();
  expect(await own.change({ limits: { uploadBps: 3 } })).toBe(false);
  expect(own.errorOf('limits.uploadBps')).toMatch(
    /^Must be a whole number of bytes per second .* no limit\.$/,
  );
  expect(own.errorOf('limits.downloadBps')).toBeNull();
  expect(own.failure).toBeNull();
  await own.change({ limits: { uploadBps: 0 } });
  expect(own.errorOf('limits.uploadBps')).toBeNull();
});

test('a failure that names no field is told apart', async () => {
  const { own } = open(OTHER);
  await own.reannounce();
  expect(own.failure).toMatch(/not in your library/);
});
