import type { TorrentSummary } from '../../workers/contract/snapshot.ts';
import { formatBytes } from '../ui/format-bytes.ts';
import { bySize } from './stored-torrents.ts';

const MAX_OFFERED = 3;

export interface FullDisk {
  /** How many torrents wait for room. */
  readonly waitingCount: number;
  readonly neededBytes: number;
  /** What was to be had when it was last tried. */
  readonly freeBytes: number;
  /** Finished torrents that could make room, largest first. */
  readonly removable: readonly TorrentSummary[];
}

/** What the torrents of the library say together about the room they miss; `null` while none does. */
export function fullDisk(torrents: readonly TorrentSummary[]): FullDisk | null {
  const waiting = torrents
    .filter(({ health }) => health.kind === 'storage-full')
    .toSorted((one, other) => other.health.since.localeCompare(one.health.since));
  const [newest] = waiting;
  if (!newest) return null;
  return {
    waitingCount: waiting.length,
    neededBytes: waiting.reduce((sum, { health }) => sum + (health.neededBytes ?? 0), 0),
    // There is one disk: who tried last knows best.
    freeBytes: newest.health.freeBytes ?? 0,
    removable: bySize(torrents)
      .filter(({ progress, storedBytes }) => progress >= 1 && storedBytes > 0)
      .slice(0, MAX_OFFERED),
  };
}

/** `2 torrents need 1.4 GB more, and about 120 MB are free.` */
export function fullDiskText({ waitingCount, neededBytes, freeBytes }: FullDisk): string {
  const who = waitingCount === 1 ? 'One torrent needs' : `${waitingCount} torrents need`;
  const needed = neededBytes > 0 ? `${formatBytes(neededBytes)} more` : 'more room';
  const free = freeBytes > 0 ? `about ${formatBytes(freeBytes)} are free` : 'nothing is free';
  return `${who} ${needed}, and ${free}.`;
}
