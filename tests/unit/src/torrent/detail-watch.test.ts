import { expect, test } from 'vitest';
import { EngineClient } from '../../../../src/engine/engine-client.svelte.ts';
import { DetailWatch } from '../../../../src/torrent/detail-watch.svelte.ts';
import { FakeEngine, hashOf, makeTorrent } from '../../../support/fake-engine.ts';

const infoHash = hashOf('1');
const settle = () => new Promise((resolve) => setTimeout(resolve));

test('asks again when something changed, once a second at most', async () => {
  const engine = new FakeEngine([makeTorrent({ infoHash, progress: 0.1 })]);
  let asked = 0;
  const { torrent } = engine.remote;
  Object.assign(engine.remote, { torrent: (hash: string) => (asked++, torrent(hash)) });
  const timers: (() => void)[] = [];
  const watch = new DetailWatch(new EngineClient(engine.connect), infoHash, (_, callback) => {
    timers.push(callback);
    return () => {};
  });
  await settle();
  expect(watch.detail?.progress).toBe(0.1);
  for (const progress of [0.2, 0.3, 0.4]) engine.change(infoHash, { progress });
  await settle();
  expect(asked).toBe(1);
  timers.shift()?.();
  await settle();
  expect(asked).toBe(2);
  expect(watch.detail?.progress).toBe(0.4);
  timers.shift()?.();
  await settle();
  expect(asked).toBe(2);
  watch.stop();
  engine.publish();
  await settle();
  expect(asked).toBe(2);
});

test('a torrent that is gone is an error, not an old picture', async () => {
  const watch = new DetailWatch(
    new EngineClient(new FakeEngine().connect),
    infoHash,
    () => () => {},
  );
  await settle();
  expect(watch.detail).toBeNull();
  expect(watch.error?.kind).toBe('unknown-torrent');
});
