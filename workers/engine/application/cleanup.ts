/**
 * Which torrents that were opened only to be watched are to go.
 *
 * Invariants:
 * - nothing goes that is to be kept, that is only looked into, that somebody reads, or that is shared by choice;
 * - nothing goes before its last use is so long ago as is asked for; with 0 nothing ever does;
 * - who was used longest ago comes first.
 *
 * Shared by choice is what is super-seeded or forced to run. A person who resumes a torrent that is complete wants it shared,
 * too: that marks it to be kept (`keepsWhatIsResumed`), so that it is seen and holds after a restart.
 */
import type { TorrentRecord } from '../model/catalogue.ts';
import type { TorrentTask } from './torrent.ts';

export interface Cleanable {
  readonly record: Pick<
    TorrentRecord,
    'keepOffline' | 'lastUsedAt' | 'superSeeding' | 'isForced' | 'pausedBy' | 'completedAt'
  >;
  readonly isHeld: boolean;
}

/** Those unused for `idleS` seconds or longer; `isRead`: somebody plays or saves it now. */
export function unused<T extends Cleanable>(
  torrents: readonly T[],
  nowMs: number,
  idleS: number,
  isRead: (torrent: T) => boolean,
): T[] {
  if (idleS === 0) return [];
  const latestMs = nowMs - idleS * 1000;
  return torrents
    .filter(({ isHeld, record }) => !isHeld && !record.keepOffline && !isSharedByChoice(record))
    .filter((torrent) => usedMs(torrent) <= latestMs && !isRead(torrent))
    .sort((a, b) => usedMs(a) - usedMs(b));
}

/** A person resumes it. */
export async function resumeAsked(task: TorrentTask): Promise<void> {
  const isKept = keepsWhatIsResumed(task);
  // At once, so that a pause that comes after this is not overtaken.
  await Promise.all([task.resume(), isKept && task.adjust({ keepOffline: true })]);
}

/** Whether resuming it says that it is to be kept. */
export function keepsWhatIsResumed({ record }: Cleanable): boolean {
  return !record.keepOffline && record.completedAt !== null && record.pausedBy === 'user';
}

/** Whether it stays though nobody marked it to be kept. */
export function isSharedByChoice({
  superSeeding,
  isForced,
}: Pick<TorrentRecord, 'superSeeding' | 'isForced'>): boolean {
  return superSeeding || isForced;
}

function usedMs({ record }: Cleanable): number {
  return Date.parse(record.lastUsedAt);
}
