import { expect, test } from 'vitest';
import {
  OTHER_TAB_PATIENCE_MS,
  RestartBudget,
  TICK_MS,
  Watchdog,
} from '../../../../src/engine/watchdog.ts';

const PATIENCE_MS = 3_000;

interface Step {
  /** Time until the next tick of the page; default: its timer is on time. */
  readonly passedMs?: number;
  /** A beat is heard before the tick. */
  readonly beat?: true;
  readonly times?: number;
}

/** The time of the tick that found the silence too long, or `null`. */
function silentAtMs(steps: readonly Step[], patienceMs = PATIENCE_MS): number | null {
  let nowMs = 1_000;
  const watchdog = new Watchdog(patienceMs, nowMs);
  const startMs = nowMs;
  for (const { passedMs = TICK_MS, beat, times = 1 } of steps) {
    for (let n = 0; n < times; n++) {
      nowMs += passedMs;
      if (beat) watchdog.beat();
      if (watchdog.tick(nowMs)) return nowMs - startMs;
    }
  }
  return null;
}

const HOUR_MS = 3_600_000;

test.each<[string, readonly Step[], number | null]>([
  ['an engine that beats', [{ beat: true, times: 1_000 }], null],
  ['an engine that beats each second', [{ beat: true }, { times: 1 }, { beat: true }], null],
  ['one that stops', [{ beat: true }, { times: 20 }], 3_000],
  ['one that was never heard: its script is still on its way', [{ times: 1_000 }], null],
  [
    'a page that was frozen for an hour, and hears the beat first',
    [{ beat: true }, { passedMs: HOUR_MS, beat: true }, { times: 2 }, { beat: true, times: 5 }],
    null,
  ],
  [
    'a page that was frozen for an hour, and whose timer came first',
    [{ beat: true }, { passedMs: HOUR_MS }, { times: 2 }, { beat: true, times: 5 }],
    null,
  ],
  [
    'a page whose main thread was busy for five seconds',
    [{ beat: true }, { passedMs: 5_000 }, { beat: true, times: 5 }],
    null,
  ],
  [
    'one that stopped while the page was frozen',
    [{ beat: true }, { passedMs: HOUR_MS }, { times: 20 }],
    500 + HOUR_MS + 1_500,
  ],
  [
    'a hidden page, whose timers come once a second',
    [{ beat: true }, { passedMs: 1_000, times: 20 }],
    3_500,
  ],
  [
    'a page whose timers come once a minute',
    [{ beat: true }, { passedMs: 60_000, times: 20 }],
    180_500,
  ],
])('%s', (_, steps, expected) => {
  expect(silentAtMs(steps)).toBe(expected);
});

test('an engine in another tab is given longer', () => {
  const steps = [{ beat: true as const }, { times: 100 }];
  expect(silentAtMs(steps, OTHER_TAB_PATIENCE_MS)).toBe(15_000);
});

test('three restarts in five minutes, each with twice the patience, and then no more until the first is long ago', () => {
  const budget = new RestartBudget();
  expect(budget.patienceMs(0)).toBe(PATIENCE_MS);
  const minute = 60_000;
  expect([0, 1, 2].map((n) => [budget.take(n * minute), budget.patienceMs(n * minute)])).toEqual([
    [true, 2 * PATIENCE_MS],
    [true, 4 * PATIENCE_MS],
    [true, 8 * PATIENCE_MS],
  ]);
  expect(budget.take(3 * minute)).toBe(false);
  expect(budget.take(5 * minute - 1)).toBe(false);
  expect(budget.take(5 * minute)).toBe(true);
  expect(budget.take(5 * minute)).toBe(false);
  expect(budget.patienceMs(HOUR_MS)).toBe(PATIENCE_MS);
});
