import { describe, expect, it, vi } from 'vitest';
import {
  LOCK_PATIENCE_MS,
  retryWhileLocked,
} from '../../../../../../workers/engine/storage/opfs/retry-while-locked.ts';
import { FakeClock, domError, settled } from '../fakes.ts';

/** Moves the clock on in small steps until `promise` settles; returns how long that was, in milliseconds. */
async function timeTo(clock: FakeClock, promise: Promise<unknown>): Promise<number> {
  const began = clock.now();
  let isOver = false;
  const over = () => void (isOver = true);
  promise.then(over, over);
  for (await settled(); !isOver; await settled()) clock.advance(10);
  return clock.now() - began;
}

describe('a locked file', () => {
  it('is opened soon after the tab that held it is gone', async () => {
    const clock = new FakeClock();
    const goneAt = clock.now() + 2_000;
    const opening = retryWhileLocked(async () => {
      if (clock.now() < goneAt) throw domError('NoModificationAllowedError');
      return 'handle';
    }, clock);
    const tookMs = await timeTo(clock, opening);
    expect(await opening).toBe('handle');
    expect(tookMs).toBeGreaterThanOrEqual(2_000);
    expect(tookMs).toBeLessThanOrEqual(2_500);
  });

  it('is asked for with growing pauses for at least 5 s before that is an error', async () => {
    const clock = new FakeClock();
    const attempt = vi.fn(() => Promise.reject(domError('NoModificationAllowedError')));
    const opening = retryWhileLocked(attempt, clock);
    const tookMs = await timeTo(clock, opening);
    await expect(opening).rejects.toThrow('NoModificationAllowedError');
    expect(LOCK_PATIENCE_MS).toBeGreaterThanOrEqual(5_000);
    expect(tookMs).toBeGreaterThanOrEqual(LOCK_PATIENCE_MS);
    expect(attempt.mock.calls.length).toBeLessThan(30);
  });

  it('is not waited for when nobody wants it any more', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const locked = () => Promise.reject(domError('NoModificationAllowedError'));
    const opening = retryWhileLocked(locked, clock, stop.signal);
    await settled();
    stop.abort();
    expect(await timeTo(clock, opening)).toBeLessThanOrEqual(500);
    await expect(opening).rejects.toThrow('NoModificationAllowedError');
  });
});

it('any other error is passed on at once', async () => {
  const clock = new FakeClock();
  const attempt = vi.fn(() => Promise.reject(domError('SecurityError')));
  await expect(retryWhileLocked(attempt, clock)).rejects.toThrow('SecurityError');
  expect([attempt.mock.calls.length, clock.pendingTimers]).toEqual([1, 0]);
});
