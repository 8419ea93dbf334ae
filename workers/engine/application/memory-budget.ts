/**
 * How one budget of memory is shared by what the engine keeps of torrents' bytes: pure.
 *
 * Invariants: nobody gets more than it asks for, nor less than its floor; together they get no more than the budget (which is
 * never below the sum of the floors); while they ask for less than it, each gets what it asks for. When they ask for more,
 * what is above the floors shrinks in proportion to what each asked for above its own.
 */
import type { Settings } from '../../contract/settings.ts';
import { MAX_IN_FLIGHT_BYTES, MAX_SPARE_BYTES, type BufferShares } from '../model/swarm.ts';

export interface MemoryShares extends BufferShares {
  readonly writeQueueBytes: number;
  readonly readCacheBytes: number;
}

const MEBIBYTE = 1024 * 1024;
/** A queue that holds less than some pieces would make each wait for its own write. Cache and spare buffers may be nothing. */
const FLOORS = [MEBIBYTE, 0, 4 * MEBIBYTE, 0] as const;

export function shareMemory(
  settings: Pick<Settings, 'memoryBytes' | 'writeQueueBytes' | 'readCacheBytes'>,
): MemoryShares {
  const { memoryBytes, writeQueueBytes, readCacheBytes } = settings;
  const asked = [writeQueueBytes, readCacheBytes, MAX_IN_FLIGHT_BYTES, MAX_SPARE_BYTES];
  const floors = asked.map((bytes, i) => Math.min(bytes, FLOORS[i]!));
  const above = sum(asked) - sum(floors);
  const room = Math.max(0, memoryBytes - sum(floors));
  const part = above <= room ? 1 : room / above;
  const shares = asked.map((bytes, i) => floors[i]! + Math.floor((bytes - floors[i]!) * part));
  return {
    writeQueueBytes: shares[0]!,
    readCacheBytes: shares[1]!,
    maxInFlightBytes: shares[2]!,
    maxSpareBytes: shares[3]!,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
