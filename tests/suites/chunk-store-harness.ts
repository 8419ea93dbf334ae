/** What the suite of chunk stores asks of a backend, what a backend may lack, and the torrents it is tried with. */
import { describe, it } from 'vitest';
import { pieceIndex, type InfoHash } from '../../workers/contract/ids.ts';
import type { ExtentStamp } from '../../workers/contract/shelf.ts';
import type { ChunkStore } from '../../workers/engine/model/chunk-store.ts';
import { PieceMap } from '../../workers/engine/model/piece-map.ts';
import type { RunStore } from '../../workers/engine/storage/run-store.ts';

export interface ChunkStoreHarness {
  /** Opens the store of a torrent; what an earlier store of it kept is found again. */
  open(infoHash: InfoHash, map: PieceMap): Promise<ChunkStore>;
  /** Bytes that are kept for the torrent, counted where they are kept. */
  storedBytes(infoHash: InfoHash, map: PieceMap): Promise<number>;
  /** As StorageBackend.extentStamps. */
  extentStamps(
    infoHash: InfoHash,
    map: PieceMap,
    only?: readonly number[],
  ): Promise<ReadonlyMap<number, ExtentStamp>>;
  /** Calls `act` while there is room for about `roomBytes` more, and no more than that. */
  withRoom(roomBytes: number, act: () => Promise<void>): Promise<void>;
  /** The next write that reaches the browser takes a part of its bytes and throws. */
  tearNextWrite(): Promise<void>;
  /** The same as `open`, for a store that takes runs of pieces. */
  readonly openRuns: Capability<(infoHash: InfoHash, map: PieceMap) => Promise<RunStore>>;
  /** Takes away the end of the last piece of an extent behind the back of the store, which is closed. */
  readonly cutShort: Capability<
    (infoHash: InfoHash, map: PieceMap, extent: number) => Promise<void>
  >;
  /** An extent as the service worker sees it, taken now and read later. */
  readonly viewExtent: Capability<(infoHash: InfoHash, extent: number) => Promise<Blob>>;
}

/** Something that not every backend can do or suffer; the reason is shown where its tests would be. */
export type Capability<T> = T | Lack;
interface Lack {
  readonly lacks: string;
}

/** Declares the tests of a capability, or one skipped test that says why they are not there. */
export function whereAble<T extends object>(
  what: string,
  capability: Capability<T>,
  tests: (able: T) => void,
): void {
  if ('lacks' in capability) it.skip(`${what}: not here, for ${capability.lacks}`, () => {});
  else describe(what, () => tests(capability));
}

export const MISSING = {
  name: 'StorageError',
  isMissing: true,
  reason: { kind: 'storage-unavailable' },
};
export const UNAVAILABLE = { name: 'StorageError', reason: { kind: 'storage-unavailable' } };

/** 11 pieces, 4 to an extent; the last piece is short and so is the last extent. */
export const SMALL = new PieceMap(1050, 100, 400);

let torrents = 0;

/** An info hash no other test uses. */
export function freshHash(): InfoHash {
  const text = `${Date.now().toString(16)}${(++torrents).toString(16).padStart(6, '0')}`;
  return text.padStart(40, '0') as InfoHash;
}

/**
 * Bytes that differ from piece to piece, and from one `version` of a piece to the next. They look random (xorshift), so
 * that no browser can store them in less room than they have.
 */
export function pieceBytes(map: PieceMap, index: number, version = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(map.pieceLengthOf(index));
  let state = (index * 7919 + version * 104_729 + 1) | 0;
  for (let i = 0; i < bytes.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** For long pieces: `toEqual` takes seconds over a few MiB. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The index of every piece. */
export function allOf(map: PieceMap): number[] {
  return Array.from({ length: map.pieceCount }, (_, index) => index);
}

/** A torrent no other test uses, and short ways to write and read its pieces. */
export async function openFresh<S extends ChunkStore>(
  open: (infoHash: InfoHash, map: PieceMap) => Promise<S>,
  map = SMALL,
) {
  const infoHash = freshHash();
  const store = await open(infoHash, map);
  return {
    infoHash,
    map,
    store,
    write: (index: number, version?: number) =>
      store.write(pieceIndex(index), pieceBytes(map, index, version)),
    readPiece: (index: number) => store.read(pieceIndex(index), 0, map.pieceLengthOf(index)),
  };
}
