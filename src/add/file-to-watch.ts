import { mediaTypeOf } from '../../workers/contract/media-types.ts';
import type { TorrentDetail } from '../../workers/contract/snapshot.ts';

interface Choice {
  readonly detail: Pick<TorrentDetail, 'files' | 'mainFileIndex'>;
  readonly selected: ReadonlySet<number>;
}

/** The torrent's main file when it is chosen, else the largest film or sound that is; `null`: none plays. */
export function fileToWatch({ detail, selected }: Choice): number | null {
  const { mainFileIndex } = detail;
  if (mainFileIndex !== null && selected.has(mainFileIndex)) return mainFileIndex;
  const playable = detail.files.filter(({ index, path }) => {
    const kind = mediaTypeOf(path)?.kind;
    return selected.has(index) && (kind === 'video' || kind === 'audio');
  });
  const [largest] = playable.toSorted((a, b) => b.lengthBytes - a.lengthBytes);
  return largest?.index ?? null;
}
