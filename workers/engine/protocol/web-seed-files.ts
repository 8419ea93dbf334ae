/** Which part of which URL of a web seed holds which bytes of the torrent (BEP 19). */
import type { TorrentMeta } from '../model/torrent-meta.ts';

export interface WebSeedRange {
  /** `null` for padding, which is zero bytes and never asked for (BEP 47). */
  readonly url: string | null;
  /** Index of the file in the torrent. */
  readonly file: number;
  /** First byte within the file at `url`. */
  readonly startBytes: number;
  readonly lengthBytes: number;
  /** Of the file at `url`. */
  readonly fileLengthBytes: number;
}

/**
 * Which ranges of which URLs make up `lengthBytes` from `startBytes` of the torrent's line of bytes, end to end and in its
 * order; each lies within one file, and files of no length are left out.
 */
export function webSeedRanges(
  seedUrl: string,
  meta: Pick<TorrentMeta, 'files' | 'isMultiFile' | 'rawName'>,
  startBytes: number,
  lengthBytes: number,
): WebSeedRange[] {
  const ranges: WebSeedRange[] = [];
  for (const [index, file] of meta.files.entries()) {
    const from = Math.max(startBytes, file.offsetBytes);
    const to = Math.min(startBytes + lengthBytes, file.offsetBytes + file.lengthBytes);
    if (from >= to) continue;
    ranges.push({
      url: file.isPad ? null : fileUrl(seedUrl, meta, file.rawPath),
      file: index,
      startBytes: from - file.offsetBytes,
      lengthBytes: to - from,
      fileLengthBytes: file.lengthBytes,
    });
  }
  return ranges;
}

/** BEP 19: a URL that ends in `/` is a folder that holds the torrent's name; a multi-file torrent always is a folder. */
function fileUrl(
  seedUrl: string,
  meta: Pick<TorrentMeta, 'isMultiFile' | 'rawName'>,
  rawPath: readonly string[],
): string {
  if (!meta.isMultiFile) {
    return seedUrl.endsWith('/') ? seedUrl + encodeURIComponent(meta.rawName) : seedUrl;
  }
  const folder = seedUrl.endsWith('/') ? seedUrl : `${seedUrl}/`;
  return folder + [meta.rawName, ...rawPath].map(encodeURIComponent).join('/');
}
