/**
 * A tab that dies keeps its locks on files a little longer: 14 ms after a crash, 2 s after a hung worker was ended
 * (measured in Chromium). Whoever takes over asks again for a while instead of failing.
 */
import type { Clock } from '../../model/deps.ts';
import { errorName } from '../storage-errors.ts';

/** How long a locked file is asked for again, in milliseconds. */
export const LOCK_PATIENCE_MS = 8_000;
const FIRST_DELAY_MS = 10;
const LONGEST_DELAY_MS = 500;

/**
 * Resolves as `attempt` does, calling it again with growing delays while it rejects with `NoModificationAllowedError`.
 * Rejects with the last error when that lasts over LOCK_PATIENCE_MS or `signal` is aborted; with any other error at once.
 */
export async function retryWhileLocked<T>(
  attempt: () => Promise<T>,
  clock: Pick<Clock, 'now' | 'after'>,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = clock.now() + LOCK_PATIENCE_MS;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
    try {
      return await attempt();
    } catch (error) {
      const isLocked = errorName(error) === 'NoModificationAllowedError';
      if (!isLocked || signal?.aborted || clock.now() >= deadline) throw error;
    }
    await new Promise<void>((resolve) => clock.after(delayMs, resolve));
  }
}
