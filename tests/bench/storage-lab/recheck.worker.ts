/**
 * How fast a stored torrent is hashed again: by the engine's own check over its own storage, and by a bare loop that reads
 * 1 MiB and hashes it, over the same extents, in turns. Speeds are in MB/s of stored bytes.
 */
import { toInfoHash, type InfoHash } from '../../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS } from '../../../workers/contract/settings.ts';
import { StoredTorrent } from '../../../workers/engine/application/stored-torrent.ts';
import { createDeps } from '../../../workers/engine/browser-deps.ts';
import { PieceMap } from '../../../workers/engine/model/piece-map.ts';
import type { TorrentMeta } from '../../../workers/engine/model/torrent-meta.ts';
import { MemoryCatalogue } from '../../../workers/engine/storage/catalogue/memory-catalogue.ts';
import { MemoryCooldowns } from '../../../workers/engine/storage/catalogue/memory-cooldowns.ts';
import { MemoryMetadata } from '../../../workers/engine/storage/catalogue/memory-metadata.ts';
import { OpfsBackend } from '../../../workers/engine/storage/opfs/opfs-backend.ts';
import type { SyncHandle } from '../../../workers/engine/storage/opfs/sync-handle.ts';
import { openSync } from '../../../workers/engine/storage/opfs/torrent-folders.ts';
import { TorrentStorage } from '../../../workers/engine/storage/torrent-storage.ts';
import { answerInput } from '../answer-input.ts';

export interface RecheckInput {
  readonly pieceLength: number;
  /** A whole number of extents. */
  readonly totalBytes: number;
  /** The first round is the warm-up and is not told of. */
  readonly rounds: number;
}

/** One speed for each round, in MB/s. */
export interface RecheckSpeeds {
  readonly bare: readonly number[];
  readonly engine: readonly number[];
}

const MIB = 1024 * 1024;
const INFO_HASH = toInfoHash('5'.repeat(40))!;
const { clock } = createDeps();

answerInput(async ({ pieceLength, totalBytes, rounds }: RecheckInput): Promise<RecheckSpeeds> => {
  const map = new PieceMap(totalBytes, pieceLength);
  const meta = metaOf(map, await fill(INFO_HASH, map));
  const speeds = { bare: [] as number[], engine: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const bare = await megabytesPerSecond(totalBytes, () => readAndHash(map));
    const engine = await megabytesPerSecond(totalBytes, () => recheck(meta));
    if (round === 0) continue;
    speeds.bare.push(bare);
    speeds.engine.push(engine);
  }
  return speeds;
});

/** No checkpoint speaks of the extents, so opening hashes all that is there, as a recheck does. */
async function recheck(meta: TorrentMeta): Promise<void> {
  const backend = new OpfsBackend(clock);
  const catalogue = new MemoryCatalogue();
  const cooldowns = new MemoryCooldowns();
  const metadata = new MemoryMetadata();
  const storage = new TorrentStorage(
    { clock, backend, catalogue, cooldowns, metadata },
    DEFAULT_SETTINGS,
  );
  const ended = Promise.withResolvers<void>();
  const stored = await StoredTorrent.open(storage, meta, null, () => '', {
    gained: () => {},
    lost: (index) => ended.reject(new Error(`piece ${index} was lost`)),
    checkEnded: (error) => (error ? ended.reject(error) : ended.resolve()),
  });
  await ended.promise;
  if (!stored.plan.have.isFull) throw new Error(`only ${stored.plan.have.count} pieces are right`);
  await stored.end(false);
}

async function readAndHash(map: PieceMap): Promise<void> {
  const bytes = new Uint8Array(MIB);
  await forEachExtent(map, async (handle, extent) => {
    for (let at = 0; at < map.extentLengthOf(extent); at += MIB) {
      handle.read(bytes, { at });
      await crypto.subtle.digest('SHA-1', bytes);
    }
  });
}

/** Writes pieces of noise and returns their hashes, one after the other. */
async function fill(infoHash: InfoHash, map: PieceMap): Promise<Uint8Array> {
  const hashes = new Uint8Array(map.pieceCount * 20);
  const bytes = new Uint8Array(map.pieceLength);
  for (let at = 0; at < bytes.length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  const root = await navigator.storage.getDirectory();
  const torrents = await root.getDirectoryHandle('torrents', { create: true });
  await torrents.getDirectoryHandle(infoHash, { create: true });
  await forEachExtent(map, async (handle, extent) => {
    handle.truncate(map.extentLengthOf(extent));
    const { first, last } = map.piecesOfExtent(extent);
    for (let i = first; i <= last; i++) {
      new DataView(bytes.buffer).setUint32(0, i);
      handle.write(bytes, { at: map.offsetInExtent(i) });
      hashes.set(new Uint8Array(await crypto.subtle.digest('SHA-1', bytes)), i * 20);
    }
    handle.flush();
  });
  return hashes;
}

async function forEachExtent(
  map: PieceMap,
  run: (handle: SyncHandle, extent: number) => Promise<void>,
): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const folder = await (await root.getDirectoryHandle('torrents')).getDirectoryHandle(INFO_HASH);
  for (let extent = 0; extent < map.extentCount; extent++) {
    const handle = await openSync(await folder.getFileHandle(String(extent), { create: true }));
    try {
      await run(handle, extent);
    } finally {
      handle.close();
    }
  }
}

function metaOf({ lengthBytes, pieceLength }: PieceMap, pieceHashes: Uint8Array): TorrentMeta {
  const name = 'recheck.bin';
  return {
    infoHash: INFO_HASH,
    name,
    rawName: name,
    isPrivate: true,
    isMultiFile: false,
    pieceLength,
    lengthBytes,
    pieceHashes,
    files: [{ path: name, rawPath: [name], lengthBytes, offsetBytes: 0, isPad: false }],
    infoBytes: new Uint8Array(0),
  };
}

async function megabytesPerSecond(totalBytes: number, run: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await run();
  return totalBytes / 1e3 / (performance.now() - beganMs);
}
