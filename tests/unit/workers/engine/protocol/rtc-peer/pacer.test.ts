import { expect, test } from 'vitest';
import {
  BURST,
  INTERVAL_MS,
  Pacer,
} from '../../../../../../workers/engine/protocol/rtc-peer/pacer.ts';
import { FakeClock } from '../../../../../support/fake-clock.ts';

/** Starts as often as it may for so long; returns when each start was. */
function run(pacer: Pacer, clock: FakeClock, forMs: number): number[] {
  const starts: number[] = [];
  const untilMs = clock.now() + forMs;
  while (clock.now() < untilMs) {
    if (pacer.waitMs > 0) clock.advance(pacer.waitMs);
    else {
      starts.push(clock.now());
      pacer.started();
    }
  }
  return starts;
}

test('a burst starts at once, then one every interval', () => {
  const clock = new FakeClock();
  const from = clock.now();
  const starts = run(new Pacer(clock), clock, 1_000).map((atMs) => atMs - from);
  expect(starts.slice(0, BURST + 2)).toEqual([...Array<number>(BURST).fill(0), 10, 20]);
  expect(starts.length).toBeLessThanOrEqual(BURST + 1_000 / INTERVAL_MS);
});

test('rest gives the burst back, and no more than that', () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  run(pacer, clock, 500);
  clock.advance(60_000);
  const from = clock.now();
  const starts = run(pacer, clock, 100);
  expect(starts.filter((atMs) => atMs === from)).toHaveLength(BURST);
});

test('one that nobody hurries is never held back', () => {
  const clock = new FakeClock();
  const pacer = new Pacer(clock);
  for (let i = 0; i < 100; i++) {
    expect(pacer.waitMs).toBe(0);
    pacer.started();
    clock.advance(INTERVAL_MS);
  }
});
