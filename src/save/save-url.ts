/** Addresses of downloads, below the folder the app is served from (workers/service/save.ts). */

/** One finished file as an attachment; the name is only for people. */
export function saveUrl(
  baseUrl: string,
  infoHash: string,
  fileIndex: number,
  fileName: string,
): string {
  const name = encodeURIComponent(fileName.toWellFormed());
  return new URL(`save/${infoHash}/${fileIndex}/${name}`, baseUrl).href;
}

/** Finished files of a torrent as a zip. `indexes` in ascending order. */
export function zipUrl(baseUrl: string, infoHash: string, indexes: readonly number[]): string {
  return new URL(`save/${infoHash}.zip?files=${toRanges(indexes)}`, baseUrl).href;
}

/** `0-2,5`: a torrent may have ten thousand files. */
function toRanges(indexes: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const index of indexes) {
    const open = ranges.at(-1);
    if (open && index === open.last + 1) open.last = index;
    else ranges.push({ first: index, last: index });
  }
  return ranges
    .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
    .join(',');
}
