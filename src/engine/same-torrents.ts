/**
 * A snapshot arrives as a fresh copy of everything, four times a second, and most torrents in it are as they were. Those
 * keep the object they had, so that nothing on the page that shows them is worked out again.
 */
import type { EngineSnapshot, TorrentSummary } from '../../workers/contract/snapshot.ts';

/** `next`, with the torrents of `before` where they are equal, and with its very list when all are. Changes neither. */
export function sameTorrents(before: EngineSnapshot | null, next: EngineSnapshot): EngineSnapshot {
  if (!before) return next;
  const known = new Map(before.torrents.map((torrent) => [torrent.infoHash, torrent]));
  const torrents = next.torrents.map((torrent): TorrentSummary => {
    const old = known.get(torrent.infoHash);
    return old && isEqual(old, torrent) ? old : torrent;
  });
  const isSameList =
    torrents.length === before.torrents.length &&
    torrents.every((torrent, i) => torrent === before.torrents[i]);
  return { ...next, torrents: isSameList ? before.torrents : torrents };
}

/** Of plain data: numbers, texts, lists and objects of them. */
function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => key in b && isEqual(a[key as keyof typeof a], b[key as keyof typeof b]),
  );
}
