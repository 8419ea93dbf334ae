import type { InfoHash } from '../../workers/contract/ids.ts';
import type { TorrentSummary } from '../../workers/contract/snapshot.ts';
import { isStopped } from './torrent-status.ts';

const NONE: ReadonlySet<InfoHash> = new Set();

/**
 * Torrents whose place in the queue decides something: others of the same priority want a turn of the same kind (looking
 * inside, downloading, sharing), and not all of them have it. What stands still or runs beside the queue has no place in it.
 */
export function movableTorrents(torrents: readonly TorrentSummary[]): ReadonlySet<InfoHash> {
  if (!torrents.some(isWaiting)) return NONE;
  const lines = new Map<string, TorrentSummary[]>();
  for (const torrent of torrents.filter(hasPlace)) {
    const line = lines.get(lineOf(torrent));
    if (line) line.push(torrent);
    else lines.set(lineOf(torrent), [torrent]);
  }
  const moving = [...lines.values()].filter((line) => line.length > 1 && line.some(isWaiting));
  return new Set(moving.flat().map(({ infoHash }) => infoHash));
}

const isWaiting = ({ queuePosition }: TorrentSummary) => queuePosition > 0;
const hasPlace = (torrent: TorrentSummary) => !torrent.isForced && !isStopped(torrent);

function lineOf({ lengthBytes, progress, priority }: TorrentSummary): string {
  const turn = lengthBytes === 0 ? 'metadata' : progress >= 1 ? 'share' : 'download';
  return `${turn} ${priority}`;
}
