import { expect, test } from 'vitest';
import { LagMeter } from '../../../../../workers/engine/application/lag-meter.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

test.each<[string, (clock: FakeClock) => void, number]>([
  ['a loop that turns', (clock) => clock.advance(10_000), 0],
  ['one timer that comes late', (clock) => stall(clock, 600), 600],
  [
    'the mean of several',
    (clock) => [100, 700, 400].forEach((lateMs) => stall(clock, lateMs)),
    400,
  ],
  ['what is late right now', (clock) => clock.sleep(250 + 400), 400],
  ['a loop that is just as late each time', (clock) => times(8, () => stall(clock, 500)), 500],
  ['a sleep of the machine', (clock) => stall(clock, 60_000), 0],
  ['a clock that was set back', (clock) => clock.sleep(-60_000), 0],
])('%s', (_, pass, expected) => {
  const clock = new FakeClock();
  const meter = new LagMeter(clock);
  pass(clock);
  expect(meter.take()).toBe(expected);
});

test('what was taken is not told again', () => {
  const clock = new FakeClock();
  const meter = new LagMeter(clock);
  stall(clock, 300);
  expect([meter.take(), meter.take()]).toEqual([300, 0]);
});

/** Nothing runs until the next timer is so late. */
function stall(clock: FakeClock, lateMs: number): void {
  clock.sleep(250 + lateMs);
  clock.advance(0);
}

function times(count: number, run: () => void): void {
  for (let n = 0; n < count; n++) run();
}
