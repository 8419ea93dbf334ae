import type { TorrentSummary } from '../../workers/contract/snapshot.ts';

/** Those that take most room first; equals stay in the library's order. */
export function bySize(torrents: readonly TorrentSummary[]): readonly TorrentSummary[] {
  return torrents.toSorted((one, other) => other.storedBytes - one.storedBytes);
}

/** What is used beyond the torrents: the app's own files and its records. */
export function otherBytes(torrents: readonly TorrentSummary[], usedBytes: number): number {
  return Math.max(0, usedBytes - torrents.reduce((sum, { storedBytes }) => sum + storedBytes, 0));
}
