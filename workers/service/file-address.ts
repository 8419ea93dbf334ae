/** `<infoHash>/<fileIndex>/<name>?` in a URL: which file of which torrent. The name is only for people. */
import { fail, ok, type Result } from '../contract/errors.ts';
import { toFileIndex, toInfoHash, type FileIndex, type InfoHash } from '../contract/ids.ts';

export interface FileAddress {
  readonly infoHash: InfoHash;
  readonly fileIndex: FileIndex;
}

/** Reads the path elements; `unknown-torrent` or `unknown-file` when they name none. */
export function toFileAddress([hash, index, ...rest]: readonly string[]): Result<FileAddress> {
  const infoHash = toInfoHash(hash);
  if (!infoHash) return unknownTorrent();
  const fileIndex = /^\d{1,9}$/.test(index ?? '') ? toFileIndex(Number(index)) : null;
  if (fileIndex === null || rest.length > 1) return unknownFile();
  return ok({ infoHash, fileIndex });
}

/** The failure of a path whose info hash is none. */
export const unknownTorrent = () =>
  fail('unknown-torrent', 'There is no such torrent here. Add it first.');

/** The failure of an index that the torrent does not have. */
export const unknownFile = () =>
  fail('unknown-file', 'The torrent has no such file. Check its file list.');
