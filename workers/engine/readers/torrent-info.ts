/**
 * The `info` dictionary (BEP 3, 27, 47) from outside, checked until the rest of the engine can trust its numbers:
 * files lie end to end, pieces cover them exactly, there is one hash for each piece, and every path is safe.
 */
import { fail, ok, type Result } from '../../contract/errors.ts';
import { toInfoHash, type InfoHash } from '../../contract/ids.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import {
  asBytes,
  asDictionary,
  asInteger,
  decodeBencode,
  type BencodeDictionary,
} from './bencode.ts';
import { bytesToHex } from './encoding.ts';
import { sanitizeElement } from './sanitize-path.ts';
import { broken, firstText, isSizeInBytes } from './torrent-fields.ts';
import { placeFiles, readFiles } from './torrent-files.ts';

/** Metadata from peers (BEP 9) is refused above this. */
export const MAX_METADATA_BYTES = 4 * 1024 * 1024;

const HASH_BYTES = 20;

export interface InfoLimits {
  readonly maxPieces: number;
  readonly maxPieceLength: number;
  /** Elements of a file's path, its own name among them. */
  readonly maxDirectoryDepth: number;
}

export const INFO_LIMITS: InfoLimits = {
  maxPieces: 2_097_152,
  maxPieceLength: 256 * 1024 * 1024,
  maxDirectoryDepth: 100,
};

/**
 * Reads metadata that came from a peer: the raw bytes of `info`, at most 4 MiB. With `expectedInfoHash`, bytes whose
 * SHA-1 is another are refused before they are looked at. The bytes are copied. Fails with `bad-torrent` or `too-large`.
 */
export async function readInfo(
  infoBytes: Uint8Array,
  expectedInfoHash?: InfoHash,
): Promise<Result<TorrentMeta>> {
  if (infoBytes.length > MAX_METADATA_BYTES) {
    return fail(
      'too-large',
      `The description of this torrent is larger than ${MAX_METADATA_BYTES} bytes, the most Rill takes from peers.` +
        ' If you have its .torrent file, add that.',
    );
  }
  const copy = infoBytes.slice();
  const infoHash = await infoHashOf(copy);
  if (expectedInfoHash !== undefined && infoHash !== expectedInfoHash) {
    return fail(
      'bad-torrent',
      `The description of this torrent has the info hash ${infoHash}, not ${expectedInfoHash}.` +
        ' It was thrown away; wait for another peer.',
    );
  }
  return readOwnInfo(copy, infoHash);
}

/** SHA-1 of the raw bytes of `info`: never of a re-encoded copy, which differs when keys are unsorted. */
export async function infoHashOf(infoBytes: Uint8Array<ArrayBuffer>): Promise<InfoHash> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', infoBytes));
  const infoHash = toInfoHash(bytesToHex(digest));
  if (infoHash === null) throw new Error('SHA-1 is not 20 bytes long');
  return infoHash;
}

/** Reads `info` from a buffer that nobody else holds and that holds nothing else; the result keeps it. */
export function readOwnInfo(
  infoBytes: Uint8Array<ArrayBuffer>,
  infoHash: InfoHash,
  limits: InfoLimits = INFO_LIMITS,
): Result<TorrentMeta> {
  const decoded = decodeBencode(infoBytes);
  if (!decoded.ok) return broken(decoded.error.message, decoded.error.kind);
  const info = asDictionary(decoded.value.value);
  if (!info) return broken('its "info" is not a dictionary');
  if (decoded.value.flaws.has('duplicate-key')) return broken('its "info" says one thing twice');

  const hashes = readPieceHashes(info);
  if (!hashes.ok) return hashes;
  const files = readFiles(info, limits);
  if (!files.ok) return files;
  const lengthBytes = files.value.lengthBytes;
  const pieceLength = readPieceLength(info, lengthBytes, hashes.value.length / HASH_BYTES, limits);
  if (!pieceLength.ok) return pieceLength;

  const rawName = firstText(info, 'name.utf-8', 'name');
  if (rawName === null) return broken('it has no name');
  // The info hash stands in for a name that nothing safe is left of.
  const name = (rawName && sanitizeElement(rawName, { platform: 'windows' })) || infoHash;
  return ok({
    infoHash,
    name,
    rawName,
    isPrivate: Boolean(asInteger(info.get('private'))),
    isMultiFile: files.value.isMultiFile,
    pieceLength: pieceLength.value,
    lengthBytes,
    pieceHashes: hashes.value,
    files: placeFiles(files.value, name),
    infoBytes,
  });
}

function readPieceHashes(info: BencodeDictionary): Result<Uint8Array> {
  const hashes = asBytes(info.get('pieces'));
  if (!hashes && (info.has('file tree') || asInteger(info.get('meta version')) === 2)) {
    return fail(
      'bad-torrent',
      'This torrent is BitTorrent v2 only, which Rill cannot download yet.' +
        ' Look for a v1 or hybrid version of it, or ask its author for one.',
    );
  }
  if (!hashes) return broken('it has no piece hashes');
  if (hashes.length % HASH_BYTES !== 0) {
    return broken(`its piece hashes are ${hashes.length} bytes, not a multiple of ${HASH_BYTES}`);
  }
  return ok(hashes);
}

function readPieceLength(
  info: BencodeDictionary,
  lengthBytes: number,
  hashCount: number,
  limits: InfoLimits,
): Result<number> {
  const pieceLength = asInteger(info.get('piece length'));
  if (!isSizeInBytes(pieceLength) || pieceLength === 0) {
    return broken('its piece length is not a whole number of bytes from 1');
  }
  if (pieceLength > limits.maxPieceLength) {
    return fail(
      'too-large',
      `The pieces of this torrent are ${pieceLength} bytes long; Rill takes at most ${limits.maxPieceLength}.` +
        ' Look for a version with smaller pieces.',
    );
  }
  if (lengthBytes === 0) {
    return fail('bad-torrent', 'This torrent has no content: all its files are empty.');
  }
  const pieceCount = Math.ceil(lengthBytes / pieceLength);
  if (pieceCount > limits.maxPieces) {
    return fail(
      'too-large',
      `This torrent has ${pieceCount} pieces; Rill takes at most ${limits.maxPieces}.` +
        ' Look for a version with larger pieces.',
    );
  }
  if (pieceCount !== hashCount) {
    return broken(`it has ${pieceCount} pieces but ${hashCount} piece hashes`);
  }
  return ok(pieceLength);
}
