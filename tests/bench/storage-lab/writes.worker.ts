/**
 * How fast pieces get into the origin-private file system: through the engine's write queue and store, and without any of
 * it, in turns. Speeds are in MB/s of what was asked to be stored, from the first write to the last acknowledgement.
 *
 * Every round writes over the files of the first: giving a new file its memory costs the system three times what the
 * writing costs, or nothing, from one moment to the next, and would be all that is measured.
 */
import { pieceIndex, toInfoHash } from '../../../workers/contract/ids.ts';
import { createDeps } from '../../../workers/engine/browser-deps.ts';
import { MAX_EXTENT_BYTES, PieceMap } from '../../../workers/engine/model/piece-map.ts';
import { CachedStore } from '../../../workers/engine/storage/cached-store.ts';
import { OpfsBackend } from '../../../workers/engine/storage/opfs/opfs-backend.ts';
import type { SyncHandle } from '../../../workers/engine/storage/opfs/sync-handle.ts';
import { openSync } from '../../../workers/engine/storage/opfs/torrent-folders.ts';
import { WriteBudget } from '../../../workers/engine/storage/queue/write-budget.ts';
import { WriteQueue } from '../../../workers/engine/storage/queue/write-queue.ts';
import { ReadCache } from '../../../workers/engine/storage/read-cache.ts';
import { answerInput } from '../answer-input.ts';

export interface WritesInput {
  readonly pieceLength: number;
  /** A whole number of extents. */
  readonly totalBytes: number;
  /** The first round is the warm-up and is not told of. */
  readonly rounds: number;
}

/** One speed for each round, in MB/s. */
export interface WriteSpeeds {
  readonly raw: readonly number[];
  readonly sequential: readonly number[];
  readonly random: readonly number[];
}

const MIB = 1024 * 1024;
const INFO_HASH = toInfoHash('5'.repeat(40))!;
const QUEUE_BYTES = 32 * MIB;
const deps = createDeps();
const backend = new OpfsBackend(deps.clock);

answerInput(async ({ pieceLength, totalBytes, rounds }: WritesInput): Promise<WriteSpeeds> => {
  const map = new PieceMap(totalBytes, pieceLength);
  const inOrder = Array.from({ length: map.pieceCount }, (_, index) => index);
  const speeds = { raw: [] as number[], sequential: [] as number[], random: [] as number[] };
  const ways: readonly [keyof WriteSpeeds, (round: number) => Promise<number>][] = [
    ['raw', () => writeRaw(totalBytes)],
    ['sequential', () => writePieces(map, inOrder)],
    ['random', (round) => writePieces(map, shuffled(inOrder, round))],
  ];
  for (let round = 0; round <= rounds; round++) {
    for (const [way, write] of ways) {
      const speed = await write(round);
      if (round > 0) speeds[way].push(speed);
    }
  }
  return speeds;
});

/** Writes of 1 MiB into extents that have their length. */
async function writeRaw(totalBytes: number): Promise<number> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('raw', { create: true });
  const handles: SyncHandle[] = [];
  for (let extent = 0; extent < totalBytes / MAX_EXTENT_BYTES; extent++) {
    const handle = await openSync(await folder.getFileHandle(String(extent), { create: true }));
    handle.truncate(MAX_EXTENT_BYTES);
    handles.push(handle);
  }
  // As many bytes as the queue holds: one buffer would stay in the processor's cache, which pieces never do.
  const ring = buffers(MIB);
  const speed = await megabytesPerSecond(totalBytes, async () => {
    for (const handle of handles) {
      for (let at = 0; at < MAX_EXTENT_BYTES; at += MIB)
        handle.write(ring[(at / MIB) % ring.length]!, { at });
    }
  });
  for (const handle of handles) {
    handle.flush();
    handle.close();
  }
  return speed;
}

/** As the engine has them: each piece in a buffer of its own, started when the queue has room for it. */
async function writePieces(map: PieceMap, order: readonly number[]): Promise<number> {
  const store = new CachedStore(
    backend.openStore(INFO_HASH, map, () => {}),
    map,
    new ReadCache(0),
  );
  const budget = new WriteBudget(QUEUE_BYTES);
  const queue = new WriteQueue(store, { map, budget, clock: deps.clock });
  const spare = buffers(map.pieceLength);
  const waiting = new Set<Promise<void>>();
  let wake = () => {};
  const speed = await megabytesPerSecond(map.lengthBytes, async () => {
    for (const index of order) {
      const lengthBytes = map.pieceLengthOf(index);
      while (!queue.hasRoomFor(lengthBytes, 0))
        await new Promise<void>((resolve) => (wake = resolve));
      const bytes = spare.pop()!;
      const writing = queue.write(pieceIndex(index), bytes).then(() => {
        spare.push(bytes);
        waiting.delete(writing);
        wake();
      });
      waiting.add(writing);
    }
    await Promise.all(waiting);
  });
  await queue.flush();
  await queue.close();
  return speed;
}

async function megabytesPerSecond(totalBytes: number, run: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await run();
  return totalBytes / 1e3 / (performance.now() - beganMs);
}

/** What the queue can hold, so that none is made within a measurement. */
function buffers(lengthBytes: number): Uint8Array[] {
  return Array.from({ length: QUEUE_BYTES / lengthBytes }, () => filled(lengthBytes));
}

function filled(lengthBytes: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  for (let at = 0; at < lengthBytes; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}

/** The same order for the same seed. */
function shuffled(indexes: readonly number[], seed: number): number[] {
  const result = [...indexes];
  let state = (seed + 1) * 0x9e3779b9;
  for (let i = result.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = state % (i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
