import { beforeEach, describe, expect, it, test } from 'vitest';
import {
  LAST_WAIT_MS,
  MAX_KNOWN,
  ReconnectTimes,
  STAYED_MS,
} from '../../../../../workers/engine/protocol/reconnect-times.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

let clock: FakeClock;
let chance: number;
let times: ReconnectTimes;
beforeEach(() => {
  clock = new FakeClock();
  chance = 0;
  times = new ReconnectTimes(
    () => clock.now(),
    () => chance,
  );
});

/** Milliseconds until the peer is taken again. */
function waitMs(peerId = 'p'): number {
  const start = clock.now();
  while (!times.isDue(peerId)) clock.advance(50);
  return clock.now() - start;
}

describe('a peer', () => {
  it('that nobody knows is taken at once', () => {
    expect(times.isDue('p')).toBe(true);
  });

  it('that fails again and again waits twice as long each time, up to five minutes', () => {
    const waits = Array.from({ length: 11 }, () => {
      times.ended('p', 0);
      return waitMs() / 1000;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  it.each([
    ['lost after a minute', STAYED_MS, 1],
    ['lost after a moment', STAYED_MS - 1, 8],
  ])('%s waits from the beginning or not', (_, livedMs, seconds) => {
    for (let i = 0; i < 3; i++) times.ended('p', 0);
    times.ended('p', livedMs);
    expect(waitMs()).toBe(seconds * 1000);
  });

  it('waits up to half as long again by chance', () => {
    chance = 0.999;
    times.ended('p', STAYED_MS);
    expect(waitMs()).toBeGreaterThan(1_400);
    for (let i = 0; i < 20; i++) times.ended('p', 0);
    expect(waitMs()).toBeLessThanOrEqual(1.5 * LAST_WAIT_MS);
  });

  it('does not wait for another', () => {
    times.ended('p', 0);
    expect([times.isDue('p'), times.isDue('q')]).toEqual([false, true]);
  });

  it('that was forgiven comes at once, and fails as if for the first time', () => {
    for (let i = 0; i < 5; i++) times.ended('p', 0);
    times.reset();
    expect(times.isDue('p')).toBe(true);
    times.ended('p', 0);
    expect(waitMs()).toBe(1_000);
  });
});

test('of more ids than anybody needs those that failed last are kept', () => {
  for (let i = 0; i <= MAX_KNOWN; i++) {
    times.ended(`made up ${i}`, 0);
    times.ended('p', 0);
  }
  expect(times.isDue('p')).toBe(false);
  expect(times.isDue('made up 0')).toBe(true);
  expect(times.isDue(`made up ${MAX_KNOWN}`)).toBe(false);
});
