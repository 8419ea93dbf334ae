/** Torrents too large to hold: their bytes are made from the piece index whenever somebody asks, and kept nowhere. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bencode, seededBytes, sha1 } from './torrents.ts';

export interface SyntheticSpec {
  readonly name: string;
  readonly lengthBytes: number;
  readonly pieceLength: number;
}

export interface TorrentFile {
  readonly torrentBytes: Buffer;
  /** Lower-case hex. */
  readonly infoHash: string;
}

/** A block of a request: each begins with where it belongs, so none can stand in for another. */
const BLOCK_BYTES = 16_384;

/** Makes the pieces of one torrent. What it returns is good until the next call. */
export function pieceMaker({ lengthBytes, pieceLength }: SyntheticSpec): (index: number) => Buffer {
  const noise = Buffer.from(seededBytes(pieceLength, 8).buffer);
  return (index) => {
    for (let at = 0; at < pieceLength; at += BLOCK_BYTES) {
      noise.writeUInt32LE(index, at);
      noise.writeUInt32LE(at, at + 4);
    }
    return noise.subarray(0, Math.min(pieceLength, lengthBytes - index * pieceLength));
  };
}

/** The SHA-1 of every piece, one after the other: hashed piece by piece, never more than one in memory. */
export function syntheticHashes(spec: SyntheticSpec): Buffer {
  const piece = pieceMaker(spec);
  const count = Math.ceil(spec.lengthBytes / spec.pieceLength);
  const hashes = Buffer.alloc(count * 20);
  for (let i = 0; i < count; i++)
    createHash('sha1')
      .update(piece(i))
      .digest()
      .copy(hashes, i * 20);
  return hashes;
}

/** A .torrent of one file with these piece hashes, whatever they are the hashes of. */
export function torrentFileOf(
  { name, lengthBytes, pieceLength }: SyntheticSpec,
  pieceHashes: Uint8Array,
  webSeeds: readonly string[] = [],
): TorrentFile {
  const info = bencode({
    name,
    length: lengthBytes,
    'piece length': pieceLength,
    pieces: pieceHashes,
  });
  const torrentBytes = Buffer.concat([
    // `info` as it was hashed, not encoded a second time.
    Buffer.from('d4:info'),
    info,
    bencode('url-list'),
    bencode(webSeeds),
    Buffer.from('e'),
  ]);
  return { torrentBytes, infoHash: sha1(info).toString('hex') };
}

export interface SyntheticSeed {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the bytes of a torrent as a web seed, in ranges, to any page, as fast as they are taken. */
export async function startSyntheticSeed(spec: SyntheticSpec): Promise<SyntheticSeed> {
  const piece = pieceMaker(spec);
  const server = createServer((request, response) => void answer(spec, piece, request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { lengthBytes, pieceLength }: SyntheticSpec,
  piece: (index: number) => Buffer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Allow-Headers', 'range');
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (!from || !to) {
    response.writeHead(request.method === 'OPTIONS' ? 204 : 416).end();
    return;
  }
  const end = Math.min(Number(to) + 1, lengthBytes);
  response.writeHead(206, {
    'Content-Length': end - Number(from),
    'Content-Range': `bytes ${from}-${end - 1}/${lengthBytes}`,
  });
  for (let at = Number(from); at < end && !response.destroyed;) {
    const index = Math.floor(at / pieceLength);
    const until = Math.min(end, (index + 1) * pieceLength);
    const bytes = piece(index).subarray(at - index * pieceLength, until - index * pieceLength);
    at = until;
    // A copy: the next request changes the piece before this socket has taken it.
    const isTaken = response.write(Buffer.from(bytes));
    if (!isTaken)
      await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}
