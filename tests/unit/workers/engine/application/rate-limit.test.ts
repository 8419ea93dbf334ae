import { expect, it, test } from 'vitest';
import { RateLimit } from '../../../../../workers/engine/application/rate-limit.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { between, seededRandom } from '../../../../support/seeded-random.ts';

function scene(limit = 3) {
  const clock = new FakeClock();
  const current = { limit };
  const rate = new RateLimit('adds', clock, () => current.limit);
  const take = (times = 1) => {
    for (let n = 0; n < times; n++) if (rate.retryAfterS() === 0) rate.take();
  };
  return { clock, current, rate, take };
}

it('lets so many in, then none until the first is a minute old', () => {
  const { clock, rate, take } = scene();
  expect(rate.state()).toEqual({
    name: 'adds',
    limit: 3,
    windowS: 60,
    remaining: 3,
    resetS: 0,
  });
  take();
  clock.advance(10_000);
  take(2);
  expect(rate.retryAfterS()).toBe(50);
  expect(rate.state()).toMatchObject({ remaining: 0, resetS: 50 });
  clock.advance(49_999);
  expect(rate.retryAfterS()).toBe(1);
  clock.advance(1);
  expect(rate.retryAfterS()).toBe(0);
  expect(rate.state()).toMatchObject({ remaining: 1, resetS: 10 });
  take(2);
  expect(rate.retryAfterS()).toBe(10);
});

it('has no edge at which twice as many pass', () => {
  const { clock, rate, take } = scene();
  clock.advance(59_000);
  take(3);
  clock.advance(2_000);
  expect(rate.retryAfterS()).toBe(58);
});

it('holds to a limit that is lowered, and lets more in when it is raised', () => {
  const { clock, current, rate, take } = scene(5);
  take(2);
  clock.advance(20_000);
  take(3);
  current.limit = 2;
  expect(rate.state()).toMatchObject({ limit: 2, remaining: 0, resetS: 60 });
  current.limit = 6;
  expect(rate.state()).toMatchObject({ limit: 6, remaining: 1, resetS: 40 });
});

it('refuses nobody for longer than a minute after the clock was set back', () => {
  const { clock, rate, take } = scene(1);
  take();
  clock.sleep(-3_600_000);
  expect(rate.retryAfterS()).toBe(60);
  clock.advance(60_000);
  expect(rate.retryAfterS()).toBe(0);
});

test('in any minute at most as many as the limit says, however they come', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seededRandom(seed);
    const limit = between(random, 1, 12);
    const { clock, rate } = scene(limit);
    const takenMs: number[] = [];
    for (let step = 0; step < 300; step++) {
      clock.advance(between(random, 0, 8_000));
      const waitS = rate.retryAfterS();
      expect(rate.state().remaining > 0).toBe(waitS === 0);
      if (waitS > 0) continue;
      rate.take();
      takenMs.push(clock.now());
      expect(takenMs.filter((at) => at > clock.now() - 60_000).length).toBeLessThanOrEqual(limit);
    }
    expect(takenMs.length).toBeGreaterThan(limit);
  }
});
