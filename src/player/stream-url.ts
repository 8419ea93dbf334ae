/** The address of a file's bytes, below the folder the app is served from. The name is only for people and save dialogs. */
export function streamUrl(
  baseUrl: string,
  infoHash: string,
  fileIndex: number,
  fileName: string,
): string {
  const name = encodeURIComponent(fileName.toWellFormed());
  return new URL(`stream/${infoHash}/${fileIndex}/${name}`, baseUrl).href;
}

/** The last element of a torrent's path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
