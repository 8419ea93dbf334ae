import { expect, test } from 'vitest';
import { EventWatch } from '../../../../src/activity/event-watch.svelte.ts';
import { EngineClient } from '../../../../src/engine/engine-client.svelte.ts';
import { fail } from '../../../../workers/contract/errors.ts';
import type { RillEvent } from '../../../../workers/contract/events.ts';
import { FakeEngine } from '../../../support/fake-engine.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve));
const many = (from: number, to: number): RillEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    id: from + index,
    at: '2026-11-21T10:00:00.000Z',
    kind: 'torrent:added',
    infoHash: null,
    message: '',
  }));

function watchOver(engine: FakeEngine) {
  const timers: { readonly ms: number; readonly run: () => void }[] = [];
  const watch = new EventWatch(new EngineClient(engine.connect), (ms, run) => {
    timers.push({ ms, run });
    return () => timers.splice(0);
  });
  /** Runs the one timer there is; returns how long it would have been. */
  const pass = async () => {
    await settle();
    const timer = timers.shift();
    timer?.run();
    await settle();
    return timer?.ms;
  };
  return { watch, timers, pass };
}

test('reads the whole log at once, then what comes, four times a second at most', async () => {
  const engine = new FakeEngine();
  engine.events = many(1, 4_500);
  const { watch, pass } = watchOver(engine);
  await settle();
  expect([watch.events.length, watch.isLoaded]).toEqual([2_000, false]);
  expect([await pass(), await pass()]).toEqual([0, 0]);
  expect([watch.events.length, watch.isLoaded]).toEqual([4_500, true]);
  engine.events = many(1, 4_503);
  expect(await pass()).toBe(250);
  expect(watch.events.map(({ id }) => id)).toEqual(many(1, 4_503).map(({ id }) => id));
});

test('keeps the newest twenty thousand', async () => {
  const engine = new FakeEngine();
  engine.events = many(1, 25_000);
  const { watch, pass } = watchOver(engine);
  while (!watch.isLoaded) await pass();
  expect([watch.events.length, watch.events[0]!.id]).toEqual([20_000, 5_001]);
});

test('says why it cannot read, keeps what it has, and tries again', async () => {
  const engine = new FakeEngine();
  engine.events = many(1, 3);
  const { events } = engine.remote;
  const { watch, pass } = watchOver(engine);
  await settle();
  Object.assign(engine.remote, { events: async () => fail('unexpected', 'Broken.') });
  await pass();
  expect([watch.error?.message, watch.events.length]).toEqual(['Broken.', 3]);
  Object.assign(engine.remote, { events });
  expect(await pass()).toBe(2_000);
  expect(watch.error).toBeNull();
});

test('begins anew when the ids do', async () => {
  const engine = new FakeEngine();
  engine.events = many(100, 103);
  const { watch, pass } = watchOver(engine);
  await settle();
  Object.assign(engine.remote, {
    events: async () => ({ ok: true, value: { events: many(1, 2), next: 2, isGap: true } }),
  });
  await pass();
  expect(watch.events.map(({ id }) => id)).toEqual([1, 2]);
});

test('asks no more once it is stopped', async () => {
  const engine = new FakeEngine();
  const { watch, timers } = watchOver(engine);
  await settle();
  watch.stop();
  expect(timers).toEqual([]);
});
