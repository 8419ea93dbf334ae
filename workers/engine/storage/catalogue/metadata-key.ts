/**
 * Where the description of a torrent is kept. The key says all that a list of them needs, so that no bytes are read to make
 * one; the bytes themselves need no version and no schema, since their hash is the torrent's.
 */
import { toInfoHash } from '../../../contract/ids.ts';
import type { StoredMetadata } from '../../model/metadata-store.ts';

/** `<info hash>/<used at, milliseconds>/<length, bytes>` */
const KEY = /^([0-9a-f]{40})\/(\d{1,15})\/(\d{1,9})$/;

export function metadataKey({ infoHash, usedAtMs, lengthBytes }: StoredMetadata): string {
  return `${infoHash}/${usedAtMs}/${lengthBytes}`;
}

/** What the key speaks of, or `null` when it is none. */
export function readMetadataKey(key: unknown): StoredMetadata | null {
  const match = typeof key === 'string' ? KEY.exec(key) : null;
  const infoHash = toInfoHash(match?.[1]);
  if (!match || !infoHash) return null;
  return { infoHash, usedAtMs: Number(match[2]), lengthBytes: Number(match[3]) };
}
