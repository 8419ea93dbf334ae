/**
 * How long what is asked for takes to come when our own line, not the peers, is what is slow: pure. Twenty peers with two
 * blocks each under way fill a line of 50 kB/s for twelve seconds: all of them are late, and asking others for the same blocks
 * only makes it longer.
 */
import { BLOCK_LENGTH } from './active-piece.ts';

/** When everybody falls silent what came of late still is that of before: nothing waits longer for that. */
const MAX_LINE_WAIT_MS = 20_000;

/**
 * In milliseconds, 0 while nothing comes at all: then it is not the line. `requestedBlocks`: under way over all peers;
 * `downBps`: bytes of payload over all peers in the best second of late. The mean would call a line slow on which
 * nothing was asked for, and whoever keeps the last blocks waiting would be excused by it.
 */
export function lineWaitMs(requestedBlocks: number, downBps: number): number {
  if (downBps <= 0) return 0;
  return Math.min(MAX_LINE_WAIT_MS, (requestedBlocks * BLOCK_LENGTH * 1_000) / downBps);
}
