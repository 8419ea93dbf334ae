// Torrents made from a seed, byte for byte the same each time, without any of the code under test.
import { createHash } from 'node:crypto';

export type Bencodable =
  | number
  | string
  | Uint8Array
  | readonly Bencodable[]
  | { readonly [key: string]: Bencodable | undefined };

/** Encodes a value as BEP 3 says: dictionary keys sorted as raw bytes. Keys with value `undefined` are left out. */
export function bencode(value: Bencodable): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`);
  if (typeof value === 'string') return bencode(Buffer.from(value));
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.from(`${value.length}:`), value]);
  if (Array.isArray(value)) {
    return Buffer.concat([Buffer.from('l'), ...value.map(bencode), Buffer.from('e')]);
  }
  const entries = Object.entries(value as Record<string, Bencodable | undefined>)
    .map(([key, item]) => [Buffer.from(key), item] as const)
    .sort(([a], [b]) => Buffer.compare(a, b))
    .flatMap(([key, item]) => (item === undefined ? [] : [bencode(key), bencode(item)]));
  return Buffer.concat([Buffer.from('d'), ...entries, Buffer.from('e')]);
}

/** `length` pseudo-random bytes (xorshift32); the same seed gives the same bytes. */
export function seededBytes(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

export interface TorrentFileSpec {
  /** Path below the torrent's name, `/` between parts. */
  readonly path: string;
  /** Its bytes, or how many seeded ones to make. */
  readonly content: Uint8Array | number;
  /** BEP 47: its bytes are zeros. */
  readonly isPad?: boolean;
}

export interface TorrentSpec {
  readonly name?: string;
  /** Default: one file of 1 MiB named as the torrent (no file list in `info`). */
  readonly files?: readonly TorrentFileSpec[] | number | Uint8Array;
  /** Bytes; default 16 KiB. */
  readonly pieceLength?: number;
  readonly trackers?: readonly string[];
  readonly webSeeds?: readonly string[];
  readonly private?: boolean;
  readonly seed?: number;
}

export interface MadeTorrent {
  readonly name: string;
  readonly torrentBytes: Buffer;
  /** The raw bytes of `info`: what peers give for a magnet. */
  readonly infoBytes: Buffer;
  /** Lower-case hex. */
  readonly infoHash: string;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** SHA-1 of each piece, one after the other. */
  readonly pieceHashes: Buffer;
  /** All files one after the other: the torrent's bytes as one line. */
  readonly content: Uint8Array;
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** A magnet link; `trackers` replaces the torrent's own. */
  magnet(trackers?: readonly string[]): string;
}

export const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest();
/** SHA-256 in lower-case hex. */
export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function pieceHashes(content: Uint8Array, pieceLength: number): Buffer {
  const hashes: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceLength) {
    hashes.push(sha1(content.subarray(at, at + pieceLength)));
  }
  return Buffer.concat(hashes);
}

/** Makes a torrent: `files` a number or bytes → a single-file torrent, a list → a multi-file one. */
export function makeTorrent(spec: TorrentSpec = {}): MadeTorrent {
  const { name = 'rill-test.bin', pieceLength = 16_384, seed = 1, trackers = [] } = spec;
  const given = spec.files ?? 1_048_576;
  const isList = typeof given === 'object' && !(given instanceof Uint8Array);
  const files = (isList ? given : [{ path: name, content: given }]).map(
    ({ path, content, isPad = false }: TorrentFileSpec, index) => ({
      path,
      isPad,
      bytes:
        typeof content !== 'number'
          ? content
          : isPad
            ? new Uint8Array(content)
            : seededBytes(content, seed + index),
    }),
  );
  const content = files.length === 1 ? files[0]!.bytes : Buffer.concat(files.map((f) => f.bytes));
  const pieces = pieceHashes(content, pieceLength);
  const info = bencode({
    name,
    'piece length': pieceLength,
    pieces,
    private: spec.private ? 1 : undefined,
    ...(isList
      ? {
          files: files.map(({ path, bytes, isPad }) => ({
            attr: isPad ? 'p' : undefined,
            length: bytes.length,
            path: path.split('/'),
          })),
        }
      : { length: content.length }),
  });
  const torrentBytes = Buffer.concat([
    bencode({
      announce: trackers[0],
      'announce-list': trackers.length > 0 ? trackers.map((tracker) => [tracker]) : undefined,
    }).subarray(0, -1),
    // Keys sort after `announce…` and the raw `info` is kept, so that the hash is over these bytes.
    bencode('info'),
    info,
    spec.webSeeds ? Buffer.concat([bencode('url-list'), bencode(spec.webSeeds)]) : Buffer.alloc(0),
    Buffer.from('e'),
  ]);
  const infoHash = sha1(info).toString('hex');
  return {
    name,
    torrentBytes,
    infoBytes: info,
    infoHash,
    pieceLength,
    pieceCount: pieces.length / 20,
    pieceHashes: pieces,
    content,
    files,
    magnet: (own = trackers) =>
      `magnet:?xt=urn:btih:${infoHash}&dn=${encodeURIComponent(name)}` +
      own.map((tracker) => `&tr=${encodeURIComponent(tracker)}`).join(''),
  };
}
