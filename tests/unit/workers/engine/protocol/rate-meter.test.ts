import { expect, test } from 'vitest';
import { RateMeter } from '../../../../../workers/engine/protocol/rate-meter.ts';

function meterAt(startMs: number) {
  const clock = { nowMs: startMs, now: () => clock.nowMs };
  return { clock, meter: new RateMeter(clock) };
}

test('a steady flow reads as itself from its first second on', () => {
  const { clock, meter } = meterAt(1_700_000_000_000);
  const rates: number[] = [];
  for (let second = 0; second < 8; second++) {
    meter.add(1_000);
    clock.nowMs += 999;
    rates.push(meter.bps);
    clock.nowMs += 1;
  }
  expect(rates).toEqual(Array.from({ length: 8 }, () => 1_000));
  expect(meter.totalBytes).toBe(8_000);
});

test('a flow that stops is gone after the window, and the total stays', () => {
  const { clock, meter } = meterAt(0);
  for (let second = 0; second < 5; second++, clock.nowMs += 1_000) meter.add(500);
  clock.nowMs += 4_000;
  expect(meter.bps).toBe(0);
  expect(meter.totalBytes).toBe(2_500);
});

test('a burst is spread over the window and leaves it whole', () => {
  const { clock, meter } = meterAt(10_000);
  clock.nowMs += 20_000;
  meter.add(5_000);
  expect(meter.bps).toBe(1_000);
  clock.nowMs += 4_000;
  expect(meter.bps).toBe(1_000);
  clock.nowMs += 1_000;
  expect(meter.bps).toBe(0);
});

test('a longer window keeps a burst for longer, and lower', () => {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const meter = new RateMeter(clock, 20);
  clock.nowMs = 60_000;
  meter.add(20_000);
  clock.nowMs += 19_000;
  expect(meter.bps).toBe(1_000);
  clock.nowMs += 1_000;
  expect(meter.bps).toBe(0);
});

test('finer steps: a rate over any part of the window, and the best of its steps', () => {
  const clock = { nowMs: 50, now: () => clock.nowMs };
  const meter = new RateMeter(clock, 20, 100);
  const rates = () => [meter.over(1), meter.over(5), meter.over(20), meter.bps, meter.peakBps];
  meter.add(1_000);
  // Younger than a second: as if it were one.
  expect(rates()).toEqual([1_000, 1_000, 1_000, 1_000, 10_000]);
  clock.nowMs += 900;
  meter.add(500);
  expect(rates()).toEqual([1_500, 1_500, 1_500, 1_500, 10_000]);
  clock.nowMs += 100;
  expect(meter.over(1)).toBe(500);
  clock.nowMs += 19_000;
  expect(rates()).toEqual([0, 0, 25, 25, 5_000]);
  clock.nowMs += 100_000;
  expect(rates()).toEqual([0, 0, 0, 0, 0]);
});

test('a clock that is set back neither throws nor loses bytes', () => {
  const { clock, meter } = meterAt(50_000);
  meter.add(100);
  clock.nowMs -= 10_000;
  meter.add(100);
  expect(meter.totalBytes).toBe(200);
  expect(meter.bps).toBeGreaterThan(0);
});
