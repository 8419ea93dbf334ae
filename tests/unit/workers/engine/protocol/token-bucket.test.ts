import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../../../../../workers/engine/protocol/token-bucket.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

const BLOCK = 16 * 1024;
const MIB = 1024 * 1024;

function bucketOf(rateBps: number): { clock: FakeClock; bucket: TokenBucket } {
  const clock = new FakeClock();
  const bucket = new TokenBucket(clock);
  bucket.setRate(rateBps);
  return { clock, bucket };
}

test('without a limit anything may go at once', () => {
  const { bucket } = bucketOf(0);
  bucket.take(1e12);
  expect([bucket.has(1e12), bucket.waitMs(1e12)]).toEqual([true, 0]);
  expect([bucket.availableBytes, bucket.burstBytes]).toEqual([Infinity, Infinity]);
});

test.each([-1, Number.NaN, Infinity])('%s is no rate', (rate) => {
  expect(() => bucketOf(rate)).toThrow(RangeError);
});

test.each([
  [1024, BLOCK],
  [32 * 1024, BLOCK],
  [64 * 1024, BLOCK],
  [MIB, MIB / 4],
  [20 * MIB, 5 * MIB],
])('at %d B/s a burst is %d bytes: a quarter of a second, a block at least', (rate, burst) => {
  const { clock, bucket } = bucketOf(rate);
  expect(bucket.burstBytes).toBe(burst);
  clock.advance(3_600_000);
  expect(bucket.availableBytes).toBe(burst);
});

test('it begins with nothing in it, and says to the millisecond when there is enough', () => {
  const { clock, bucket } = bucketOf(MIB);
  expect([bucket.has(1), bucket.availableBytes]).toEqual([false, 0]);
  const waitMs = Math.ceil(bucket.waitMs(BLOCK));
  expect(waitMs).toBe(16);
  clock.advance(waitMs - 1);
  expect(bucket.has(BLOCK)).toBe(false);
  clock.advance(1);
  expect([bucket.has(BLOCK), bucket.waitMs(BLOCK)]).toEqual([true, 0]);
});

test('while somebody waits a late look loses nothing, up to a burst', () => {
  const { clock, bucket } = bucketOf(64 * 1024);
  bucket.isWaitedFor = true;
  clock.advance(499);
  expect(bucket.availableBytes).toBe(Math.floor(0.499 * 64 * 1024));
  clock.advance(60_000);
  expect(bucket.availableBytes).toBe(2 * BLOCK);
  bucket.isWaitedFor = false;
  expect(bucket.availableBytes).toBe(BLOCK);
});

test('what is larger than a burst goes when a burst is there, and is worked off', () => {
  const { clock, bucket } = bucketOf(64 * 1024);
  expect(bucket.waitMs(8 * BLOCK)).toBe(250);
  clock.advance(250);
  bucket.take(8 * BLOCK);
  expect([bucket.availableBytes, bucket.waitMs(BLOCK)]).toEqual([0, 2_000]);
});

describe('what does not go after all', () => {
  test('may go then', () => {
    const { clock, bucket } = bucketOf(64 * 1024);
    clock.advance(250);
    bucket.take(BLOCK);
    bucket.giveBack(BLOCK);
    expect(bucket.availableBytes).toBe(BLOCK);
  });

  test('is no more than a burst', () => {
    const { bucket } = bucketOf(64 * 1024);
    bucket.giveBack(MIB);
    expect(bucket.availableBytes).toBe(BLOCK);
  });

  test('counts if it goes all the same, and holds up the rest for two seconds at most', () => {
    const { clock, bucket } = bucketOf(64 * 1024);
    clock.advance(250);
    bucket.charge(3 * BLOCK);
    expect(bucket.waitMs(BLOCK)).toBe(750);
    for (let n = 0; n < 1_000; n++) bucket.charge(BLOCK);
    expect(bucket.waitMs(BLOCK)).toBe(2_250);
  });

  test('does not make a debt smaller that was deeper already', () => {
    const { clock, bucket } = bucketOf(1024);
    clock.advance(16_000);
    bucket.take(8 * BLOCK);
    const waitMs = bucket.waitMs(BLOCK);
    bucket.charge(BLOCK);
    expect(bucket.waitMs(BLOCK)).toBe(waitMs);
  });
});

describe('a changed rate', () => {
  test('counts from now on, for what was there as for what comes', () => {
    const { clock, bucket } = bucketOf(MIB);
    clock.advance(100);
    bucket.setRate(2 * MIB);
    clock.advance(100);
    expect(bucket.availableBytes).toBe(Math.floor(0.3 * MIB));
  });

  test('takes over no more than one of its own bursts', () => {
    const { clock, bucket } = bucketOf(20 * MIB);
    clock.advance(10_000);
    bucket.setRate(64 * 1024);
    expect(bucket.availableBytes).toBe(BLOCK);
  });

  test('takes over no more debt than that either', () => {
    const { clock, bucket } = bucketOf(20 * MIB);
    clock.advance(10_000);
    bucket.take(45 * MIB);
    bucket.setRate(64 * 1024);
    expect(bucket.waitMs(BLOCK)).toBe(500);
  });

  test('begins with nothing when there was none', () => {
    const { clock, bucket } = bucketOf(0);
    clock.advance(10_000);
    bucket.setRate(MIB);
    expect(bucket.availableBytes).toBe(0);
  });
});

test('a clock that is set back fills nothing, and one that jumps forward a burst', () => {
  const clock = { ms: 1e12, now: () => clock.ms };
  const bucket = new TokenBucket(clock);
  bucket.setRate(MIB);
  clock.ms -= 3_600_000;
  expect(bucket.availableBytes).toBe(0);
  clock.ms += 100;
  expect(bucket.availableBytes).toBe(Math.floor(0.1 * MIB));
  clock.ms += 86_400_000;
  expect(bucket.availableBytes).toBe(MIB / 4);
});
