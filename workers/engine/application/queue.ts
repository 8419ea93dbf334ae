/**
 * Whose turn it is. A pure function of the torrents, the limits and the time.
 *
 * Invariants:
 * - of each kind (metadata, download, seed) at most as many run as its limit says; forced ones run always and take nobody's place;
 * - who runs is decided by rank alone: priority, then `order`, then id; those that yielded come after all others, the one that
 *   yielded first before the rest;
 * - a torrent yields only after a whole turn in which nothing came, and only to one that waits and has not yielded itself within
 *   `REST_MS`. So nothing changes from one call to the next unless somebody was moved, came, went, or a turn ended in vain: two
 *   dead torrents change places at leisure, and each that waits has its turn in the end.
 */
import type { InfoHash } from '../../contract/ids.ts';
import type { Priority } from '../../contract/snapshot.ts';

/** What a torrent does next: it fetches its description, its content, or gives. Each kind has a limit of its own. */
export type QueueKind = 'metadata' | 'download' | 'seed';

/** For so long nobody makes way for a torrent that yielded: a place that falls free it gets at once. */
export const REST_MS = 5 * 60_000;

/** A torrent that would do something if it were let. */
export interface QueueEntry {
  readonly infoHash: InfoHash;
  readonly kind: QueueKind;
  readonly priority: Priority;
  /** The smaller the sooner. */
  readonly order: number;
  /** Runs whatever the limits are. */
  readonly isForced: boolean;
  /** It has its turn now. */
  readonly isRunning: boolean;
  /** A whole turn has passed in which nothing came (stall.ts). */
  readonly isInVain: boolean;
  /** When it last made way for another, unless something came since. */
  readonly yieldedAtMs: number | null;
}

export type QueueLimits = Readonly<Record<QueueKind, number>>;

export interface QueueDecision {
  readonly running: ReadonlySet<InfoHash>;
  /** Those that wait, by kind, the next one first. */
  readonly waiting: Readonly<Record<QueueKind, readonly InfoHash[]>>;
  /** Those of them that make way now: they are to be entered with `yieldedAtMs` from here on. */
  readonly yielding: readonly InfoHash[];
}

export function decideTurns(
  entries: readonly QueueEntry[],
  limits: QueueLimits,
  nowMs: number,
): QueueDecision {
  const forced = entries.filter(({ isForced }) => isForced);
  const running = new Set(forced.map(({ infoHash }) => infoHash));
  const yielding: InfoHash[] = [];
  const decide = (kind: QueueKind) => {
    const ranked = entries.filter((entry) => entry.kind === kind && !entry.isForced).sort(byRank);
    const runs = ranked.slice(0, limits[kind]);
    const waits = ranked.slice(limits[kind]);
    const leaving = makeWay(runs, waits, nowMs);
    for (const { infoHash } of runs) running.add(infoHash);
    yielding.push(...leaving.map(({ infoHash }) => infoHash));
    return [...waits, ...leaving].map(({ infoHash }) => infoHash);
  };
  const waiting = {
    metadata: decide('metadata'),
    download: decide('download'),
    seed: decide('seed'),
  };
  return { running, waiting, yielding };
}

/** The order of turns: negative when `a` comes first. */
export function byRank(a: RankedEntry, b: RankedEntry): number {
  if (a.yieldedAtMs !== b.yieldedAtMs) {
    return (a.yieldedAtMs ?? -Infinity) - (b.yieldedAtMs ?? -Infinity);
  }
  return (
    RANK_OF[a.priority] - RANK_OF[b.priority] ||
    a.order - b.order ||
    (a.infoHash < b.infoHash ? -1 : 1)
  );
}

type RankedEntry = Pick<QueueEntry, 'infoHash' | 'priority' | 'order' | 'yieldedAtMs'>;

const RANK_OF: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };

/** Moves entries between the two lists, and returns those that left the first. The lowest in rank makes way first. */
function makeWay(runs: QueueEntry[], waits: QueueEntry[], nowMs: number): QueueEntry[] {
  const idle = runs.filter(({ isRunning, isInVain }) => isRunning && isInVain);
  const next = waits.filter(
    ({ yieldedAtMs }) => yieldedAtMs === null || nowMs - yieldedAtMs >= REST_MS,
  );
  const leaving: QueueEntry[] = [];
  while (idle.length > 0 && next.length > 0) {
    const out = idle.pop()!;
    const comes = next.shift()!;
    runs.splice(runs.indexOf(out), 1, comes);
    waits.splice(waits.indexOf(comes), 1);
    leaving.push(out);
  }
  return leaving.sort(byRank);
}
