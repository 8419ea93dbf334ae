/**
 * What readers wait for, most urgent first: the next few pieces of each, the newest reader first (that is where a person just
 * seeked, or where the player looks for its index), then the rest of their windows.
 */
import type { PieceRange } from '../model/piece-map.ts';

/** This much from a reader's position comes before any other reader's window. */
const URGENT_BYTES = 128 * 1024;

/** `windows` by reader; a newer reader has a larger number. */
export function urgentRanges(
  windows: ReadonlyMap<number, PieceRange>,
  pieceLengthBytes: number,
): PieceRange[] {
  if (windows.size === 0) return [];
  const newestFirst = [...windows].sort(([a], [b]) => b - a).map(([, range]) => range);
  const count = Math.max(1, Math.ceil(URGENT_BYTES / pieceLengthBytes));
  const next = newestFirst.map(({ first, last }) => ({
    first,
    last: Math.min(last, first + count - 1),
  }));
  const later = newestFirst.map(({ first, last }) => ({ first: first + count, last }));
  return [...next, ...later.filter(({ first, last }) => first <= last)];
}
