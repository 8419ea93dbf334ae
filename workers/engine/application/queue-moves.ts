/**
 * A torrent is moved among its like. Invariant: the others keep their order; all numbers end up distinct, and as few of them
 * change as can be: one for the top and the bottom, two for a step.
 */
import type { InfoHash } from '../../contract/ids.ts';
import type { QueueMove } from '../../contract/engine.ts';

export interface Ordered {
  readonly infoHash: InfoHash;
  readonly queueOrder: number;
}

/** `row` is in its order and has the torrent in it. Returns the numbers that change. */
export function ordersAfterMove(
  row: readonly Ordered[],
  infoHash: InfoHash,
  to: QueueMove,
): ReadonlyMap<InfoHash, number> {
  const from = row.findIndex((one) => one.infoHash === infoHash);
  const last = row.length - 1;
  const changed = new Map<InfoHash, number>();
  if (to === 'top' || to === 'bottom') {
    const end = to === 'top' ? 0 : last;
    const step = to === 'top' ? -1 : 1;
    if (from !== end) changed.set(infoHash, row[end]!.queueOrder + step);
    return changed;
  }
  const target = Math.min(last, Math.max(0, from + (to === 'up' ? -1 : 1)));
  const moved = [...row];
  moved.splice(target, 0, ...moved.splice(from, 1));
  // The numbers stay where they are and the torrents change places; what was equal is pulled apart.
  let least = -Infinity;
  moved.forEach((one, index) => {
    least = Math.max(row[index]!.queueOrder, least + 1);
    if (one.queueOrder !== least) changed.set(one.infoHash, least);
  });
  return changed;
}
