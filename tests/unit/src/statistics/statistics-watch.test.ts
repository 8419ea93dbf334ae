import { expect, test } from 'vitest';
import { ok } from '../../../../workers/contract/errors.ts';
import { EngineClient } from '../../../../src/engine/engine-client.svelte.ts';
import { StatisticsWatch } from '../../../../src/statistics/statistics-watch.svelte.ts';
import { FakeEngine, makeStatistics } from '../../../support/fake-engine.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve));

function setUp() {
  const engine = new FakeEngine();
  const page = { asked: 0, isHidden: false, timers: [] as (() => void)[] };
  const { statistics } = engine.remote;
  Object.assign(engine.remote, { statistics: () => (page.asked++, statistics()) });
  const watch = new StatisticsWatch(
    new EngineClient(engine.connect),
    async (remote) => ok(await remote.statistics()),
    (_, callback) => {
      page.timers.push(callback);
      return () => {};
    },
    () => page.isHidden,
  );
  return { engine, page, watch };
}

test('asks with a snapshot, once a second at most, and not at all once it is closed', async () => {
  const { engine, page, watch } = setUp();
  await settle();
  expect(watch.newest).toEqual(makeStatistics());
  engine.statistics = makeStatistics({ since: '2026-01-01T00:00:00.000Z' });
  for (let i = 0; i < 3; i++) engine.publish();
  await settle();
  expect(page.asked).toBe(1);
  page.timers.shift()?.();
  await settle();
  expect(page.asked).toBe(1);
  engine.publish();
  await settle();
  expect(page.asked).toBe(2);
  expect(watch.newest?.since).toBe('2026-01-01T00:00:00.000Z');
  page.timers.shift()?.();
  watch.stop();
  engine.publish();
  await settle();
  expect(page.asked).toBe(2);
});

test('does not ask while nobody sees it, and at once when somebody does', async () => {
  const { engine, page, watch } = setUp();
  await settle();
  page.timers.shift()?.();
  page.isHidden = true;
  engine.publish();
  watch.refresh();
  await settle();
  expect(page.asked).toBe(1);
  page.isHidden = false;
  watch.refresh();
  await settle();
  expect(page.asked).toBe(2);
});

test('what was there stays while the engine is away', async () => {
  const { engine, page, watch } = setUp();
  await settle();
  page.timers.shift()?.();
  engine.failStart({ kind: 'unexpected', message: 'It stopped.' });
  watch.refresh();
  await settle();
  expect(watch.error?.message).toBe('It stopped.');
  expect(watch.newest).toEqual(makeStatistics());
});
