/** Limits on a clock that stands still; "a wire" is whoever takes block after block as long as it may. */
import { beforeEach, describe, expect, test } from 'vitest';
import {
  RateLimit,
  RateLimits,
  type TorrentRate,
} from '../../../../../workers/engine/protocol/rate-limits.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { BLOCK, greedy, KIB, MIB, sum, TestTaker } from './rate-scene.ts';

const RATES = [32 * KIB, MIB, 20 * MIB];
const WIRES = [1, 4, 50];

let clock: FakeClock;
let all: RateLimit;
let torrent: TorrentRate;
beforeEach(() => {
  clock = new FakeClock();
  all = new RateLimit(clock);
  torrent = all.join();
});

/** By which part of what the rate allows in that time it was more or less. */
function offBy(bytes: number, bps: number, seconds: number): number {
  return Math.abs(bytes - bps * seconds) / (bps * seconds);
}

describe.each(RATES)('a limit of %d B/s', (bps) => {
  test.each(WIRES)('is met to a twentieth over any 10 s by %d wires', (wires) => {
    all.set(bps);
    const takers = greedy(clock, torrent, wires);
    for (let n = 0; n < 3; n++) {
      const before = sum(takers);
      clock.advance(10_000);
      expect(offBy(sum(takers) - before, bps, 10)).toBeLessThanOrEqual(0.05);
    }
  });

  test('of the torrent alone is met as well', () => {
    torrent.set(bps);
    const takers = greedy(clock, torrent, 4);
    clock.advance(10_000);
    expect(offBy(sum(takers), bps, 10)).toBeLessThanOrEqual(0.05);
  });

  test('is met to a twentieth over the 10 s after an hour of rest, in which nothing is saved up but a burst', () => {
    all.set(bps);
    clock.advance(3_600_000);
    const takers = greedy(clock, torrent, 4);
    const atOnce = sum(takers);
    expect(atOnce).toBeLessThanOrEqual(Math.max(BLOCK, bps / 4));
    clock.advance(10_000);
    expect(offBy(sum(takers), bps, 10)).toBeLessThanOrEqual(0.05);
  });

  test('is met although every timer is late by 100 ms', () => {
    all.set(bps);
    const takers = greedy(clock, torrent, 4);
    // While the machine is busy time passes, and what fell due in it runs at the end of it.
    for (let n = 0; n < 50; n++) {
      clock.sleep(100);
      clock.advance(100);
    }
    expect(offBy(sum(takers), bps, 10)).toBeLessThanOrEqual(0.05);
  });

  test('after the machine slept brings two bursts at most', () => {
    all.set(bps);
    const takers = greedy(clock, torrent, 4);
    clock.advance(1_000);
    const before = sum(takers);
    clock.sleep(3_600_000);
    clock.advance(0);
    expect(sum(takers) - before).toBeLessThanOrEqual(2 * Math.max(BLOCK, bps / 4));
  });
});

test('no timer runs while nobody waits, and one does while somebody does', () => {
  all.set(MIB);
  expect(clock.pendingTimers).toBe(0);
  const [taker] = greedy(clock, torrent, 50);
  expect(clock.pendingTimers).toBe(1);
  taker!.wants = 0;
  clock.advance(1_000);
  expect(clock.pendingTimers).toBe(1);
});

test('who leaves gets nothing any more, and takes the last timer along', () => {
  all.set(MIB);
  const [a, b] = greedy(clock, torrent, 2);
  torrent.leaves(a!);
  clock.advance(1_000);
  expect(a!.bytes).toBe(0);
  expect(b!.bytes).toBeGreaterThan(0.95 * MIB);
  torrent.leaves(b!);
  expect(clock.pendingTimers).toBe(0);
});

test('who has what it wanted leaves by itself, and may come again', () => {
  all.set(MIB);
  const taker = new TestTaker(clock, torrent);
  for (const wants of [3, 2]) {
    taker.wants = wants;
    torrent.wants(taker);
    clock.advance(5_000);
    expect([taker.wants, clock.pendingTimers]).toEqual([0, 0]);
  }
  expect(taker.bytes).toBe(5 * BLOCK);
});

describe('changed while it runs', () => {
  test('a limit that ends lets all who wait go at once', () => {
    all.set(KIB);
    torrent.set(KIB);
    const takers = greedy(clock, torrent, 50);
    for (const taker of takers) taker.wants = 20;
    all.set(0);
    expect(sum(takers)).toBe(0);
    torrent.set(0);
    expect(sum(takers)).toBe(50 * 20 * BLOCK);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a first limit holds from the next moment on', () => {
    const taker = new TestTaker(clock, torrent);
    taker.wants = 1_000;
    torrent.wants(taker);
    expect(taker.bytes).toBe(1_000 * BLOCK);
    all.set(MIB);
    taker.wants = Infinity;
    torrent.wants(taker);
    for (let second = 1; second <= 10; second++) {
      clock.advance(1_000);
      const bytes = taker.bytes - 1_000 * BLOCK;
      expect(bytes).toBeLessThanOrEqual(second * MIB);
      expect(bytes).toBeGreaterThan(second * MIB - 2 * BLOCK);
    }
  });

  test.each([
    [20 * MIB, 64 * KIB],
    [64 * KIB, 20 * MIB],
    [MIB, 2 * MIB],
  ])('from %d to %d B/s it is the new one within a second', (before, after) => {
    all.set(before);
    const takers = greedy(clock, torrent, 4);
    clock.advance(7_777);
    const bytes = sum(takers);
    all.set(after);
    clock.advance(1_000);
    const second = sum(takers) - bytes;
    expect(second).toBeLessThanOrEqual(after + Math.max(BLOCK, after / 4));
    expect(second).toBeGreaterThanOrEqual(after - 2 * BLOCK);
    clock.advance(9_000);
    expect(offBy(sum(takers) - bytes, after, 10)).toBeLessThanOrEqual(0.05);
  });
});

describe('sharing', () => {
  test.each(WIRES)('%d wires of a torrent get the same', (wires) => {
    all.set(MIB);
    const takers = greedy(clock, torrent, wires);
    clock.advance(30_000);
    const bytes = takers.map((taker) => taker.bytes);
    expect(Math.max(...bytes) - Math.min(...bytes)).toBeLessThanOrEqual(BLOCK);
  });

  test('torrents get the same, however many wires each has', () => {
    all.set(MIB);
    const other = all.join();
    const many = greedy(clock, torrent, 40);
    const [one] = greedy(clock, other, 1);
    clock.advance(30_000);
    expect(Math.abs(sum(many) - one!.bytes)).toBeLessThanOrEqual(BLOCK);
  });

  test('one that takes eight blocks at once gets no more than others', () => {
    all.set(MIB);
    const takers = greedy(clock, torrent, 3);
    takers[1]!.needBytes = 8 * BLOCK;
    clock.advance(30_000);
    const bytes = takers.map((taker) => taker.bytes);
    expect(Math.max(...bytes) - Math.min(...bytes)).toBeLessThanOrEqual(8 * BLOCK);
  });

  test('what one torrent’s own limit keeps it from taking another has', () => {
    all.set(MIB);
    torrent.set(128 * KIB);
    const other = all.join();
    const slow = greedy(clock, torrent, 4);
    const fast = greedy(clock, other, 4);
    clock.advance(10_000);
    expect(offBy(sum(slow), 128 * KIB, 10)).toBeLessThanOrEqual(0.05);
    expect(offBy(sum(fast), 896 * KIB, 10)).toBeLessThanOrEqual(0.05);
  });

  test('two torrents with limits of their own under a common one each have theirs, or half of that', () => {
    const other = all.join();
    torrent.set(256 * KIB);
    other.set(512 * KIB);
    const [mine, others] = [greedy(clock, torrent, 4), greedy(clock, other, 4)];
    for (const [common, ofMine, ofOther] of [
      [MIB, 256, 512],
      [512 * KIB, 256, 256],
      [300 * KIB, 150, 150],
      [0, 256, 512],
    ] as const) {
      all.set(common);
      clock.advance(1_000);
      const before = [sum(mine), sum(others)];
      clock.advance(10_000);
      const rates = [sum(mine), sum(others)].map((bytes, n) => (bytes - before[n]!) / 10 / KIB);
      expect(Math.abs(rates[0]! / ofMine - 1)).toBeLessThanOrEqual(0.05);
      expect(Math.abs(rates[1]! / ofOther - 1)).toBeLessThanOrEqual(0.05);
    }
  });

  test('a torrent that comes late has its part from then on, and not what it missed', () => {
    all.set(MIB);
    const first = greedy(clock, torrent, 4);
    clock.advance(60_000);
    const before = sum(first);
    const late = greedy(clock, all.join(), 4);
    clock.advance(10_000);
    expect(Math.abs(sum(first) - before - sum(late))).toBeLessThanOrEqual(2 * BLOCK);
  });

  test('one whose own limit ends does not make up for it', () => {
    all.set(MIB);
    torrent.set(KIB);
    const slow = greedy(clock, torrent, 1);
    const fast = greedy(clock, all.join(), 1);
    clock.advance(600_000);
    torrent.set(0);
    const before = [sum(slow), sum(fast)];
    clock.advance(10_000);
    const [a, b] = [sum(slow) - before[0]!, sum(fast) - before[1]!];
    expect(Math.abs(a - b)).toBeLessThanOrEqual(2 * BLOCK);
  });
});

describe('readers', () => {
  test('go first within a torrent, and the others still get one turn in eight', () => {
    all.set(MIB);
    const takers = greedy(clock, torrent, 10);
    takers[3]!.isUrgent = true;
    clock.advance(10_000);
    const turns = takers.reduce((count, taker) => count + taker.turns, 0);
    expect(takers[3]!.turns / turns).toBeCloseTo(7 / 8, 1);
    for (const taker of takers) expect(taker.turns).toBeGreaterThan(0);
    expect(offBy(sum(takers), MIB, 10)).toBeLessThanOrEqual(0.05);
  });

  test('go first among torrents, within the limit of their own', () => {
    all.set(MIB);
    const other = all.join();
    const [reader] = greedy(clock, torrent, 1);
    reader!.isUrgent = true;
    const rest = greedy(clock, other, 4);
    clock.advance(10_000);
    expect(reader!.bytes / (reader!.bytes + sum(rest))).toBeCloseTo(7 / 8, 1);
    torrent.set(256 * KIB);
    const before = reader!.bytes;
    clock.advance(10_000);
    expect(offBy(reader!.bytes - before, 256 * KIB, 10)).toBeLessThanOrEqual(0.05);
  });
});

test('one that needs much is not overtaken for ever by those that need little', () => {
  all.set(64 * KIB);
  const takers = greedy(clock, torrent, 4);
  takers[0]!.needBytes = 8 * BLOCK;
  clock.advance(20_000);
  expect(takers[0]!.turns).toBeGreaterThan(1);
});

test('what comes back may go again, when the next look is', () => {
  all.set(64 * KIB);
  const taker = new TestTaker(clock, torrent);
  taker.wants = 1;
  torrent.wants(taker);
  clock.advance(250);
  expect(taker.wants).toBe(0);
  taker.wants = 1;
  torrent.wants(taker);
  torrent.giveBack(BLOCK);
  expect(taker.wants).toBe(1);
  clock.advance(20);
  expect(taker.wants).toBe(0);
});

test('what came although it was taken back is waited for', () => {
  all.set(64 * KIB);
  const [taker] = greedy(clock, torrent, 1);
  clock.advance(1_000);
  const before = taker!.bytes;
  torrent.charge(4 * BLOCK);
  clock.advance(1_000);
  expect(taker!.bytes - before).toBeLessThanOrEqual(BLOCK);
});

test('what a torrent may count on', () => {
  expect(torrent.fairBps).toBe(Infinity);
  all.set(100 * KIB);
  expect(torrent.fairBps).toBe(100 * KIB);
  const others = [all.join(), all.join(), all.join()];
  for (const other of others) greedy(clock, other, 2);
  expect(torrent.fairBps).toBe(25 * KIB);
  greedy(clock, torrent, 1);
  expect(torrent.fairBps).toBe(25 * KIB);
  torrent.set(10 * KIB);
  expect(torrent.fairBps).toBe(10 * KIB);
});

test('both directions are on their own', () => {
  const limits = new RateLimits(clock);
  const { download, upload } = limits.join();
  limits.set({ downloadBps: MIB, uploadBps: 0 });
  const [down, up] = [new TestTaker(clock, download), new TestTaker(clock, upload)];
  down.wants = up.wants = 10;
  download.wants(down);
  upload.wants(up);
  expect([down.wants, up.wants]).toEqual([10, 0]);
  limits.set({ downloadBps: 0, uploadBps: MIB });
  up.wants = 10;
  upload.wants(up);
  expect([down.wants, up.wants]).toEqual([0, 10]);
});

test('the limits of one torrent are its own', () => {
  const limits = new RateLimits(clock);
  const [mine, other] = [limits.join(), limits.join()];
  mine.set({ downloadBps: KIB, uploadBps: KIB });
  const takers = [mine.download, mine.upload, other.download, other.upload].map((rate) => {
    const taker = new TestTaker(clock, rate);
    taker.wants = 1;
    rate.wants(taker);
    return taker;
  });
  expect(takers.map(({ wants }) => wants)).toEqual([1, 1, 0, 0]);
});

test('a wire that fails in its turn stops nobody else', () => {
  all.set(MIB);
  const bad = new TestTaker(clock, torrent, () => {
    throw new Error('broken');
  });
  torrent.wants(bad);
  expect(() => clock.advance(100)).toThrow('broken');
  torrent.leaves(bad);
  const [taker] = greedy(clock, torrent, 1);
  clock.advance(1_000);
  expect(taker!.bytes).toBeGreaterThan(0.9 * MIB);
});
