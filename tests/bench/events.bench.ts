// The event log in a worker of a real browser: how much it takes, and what pieces that are stored beside it lose.
import { expect, test } from '@playwright/test';
import type { FloodAnswer, FloodInput } from './events-lab/flood.worker.ts';
import { report } from './report.ts';
import { runInWorker } from './run-in-worker.ts';

const MIB = 1024 * 1024;
const FLOOD = new URL('./events-lab/flood.worker.ts', import.meta.url);
const MIN_PER_SECOND = 10_000;
const MIN_RATIO = 0.9;
/** A reader asks at most every 50 ms, unless a whole answer waits for it. */
const MAX_ANSWERS = 30;

test('10,000 events a second, with three readers', async () => {
  const input: FloodInput = {
    readers: 3,
    eventsPerSecond: MIN_PER_SECOND,
    totalBytes: 512 * MIB,
    rounds: 7,
  };
  const answer = await runInWorker<FloodAnswer>(FLOOD, input);
  const ratio = median(answer.beside.map((speed, round) => speed / answer.alone[round]!));
  const taken = median(answer.takenPerSecond);
  report('events: the log with three readers and IndexedDB', {
    [`events a second it takes (goal ≥ ${MIN_PER_SECOND})`]: answer.takenPerSecond,
    'hashed and stored without events, MB/s': answer.alone,
    'the same beside 10,000 events a second, MB/s': answer.beside,
    [`with ÷ without (goal ≥ ${MIN_RATIO})`]: ratio,
    'events a second meanwhile': answer.emittedPerSecond,
    'of them each reader got': answer.readShare,
    [`messages a second to each reader (goal ≤ ${MAX_ANSWERS})`]: answer.answersPerSecond,
  });
  expect(taken).toBeGreaterThanOrEqual(MIN_PER_SECOND);
  expect(ratio).toBeGreaterThanOrEqual(MIN_RATIO);
  expect(Math.min(...answer.readShare)).toBeGreaterThan(0.95);
  expect(median(answer.answersPerSecond)).toBeLessThanOrEqual(MAX_ANSWERS);
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
