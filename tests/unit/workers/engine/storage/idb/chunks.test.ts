import { describe, expect, it } from 'vitest';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import {
  CHUNK_BYTES,
  chunkKeys,
  storedUnder,
  toChunks,
} from '../../../../../../workers/engine/storage/idb/chunks.ts';

const HASH = 'a'.repeat(40);
const C = CHUNK_BYTES;
/** Three pieces of two and a half chunks; the last one has one chunk and a byte. */
const map = new PieceMap(2 * 2.5 * C + C + 1, 2.5 * C);

describe('chunks of a piece', () => {
  it('are at most 256 KiB, whole but for the last, and own their bytes', () => {
    const bytes = new Uint8Array(2.5 * C).map((_, i) => i / C);
    const chunks = [...toChunks(HASH, 1, bytes)];
    expect(C).toBeLessThanOrEqual(256 * 1024);
    expect(chunks.map(([key, { length }]) => [key, length])).toEqual([
      [[HASH, 1, 0], C],
      [[HASH, 1, 1], C],
      [[HASH, 1, 2], C / 2],
    ]);
    expect(chunks.map(([, chunk]) => [chunk[0], chunk.buffer.byteLength])).toEqual([
      [0, C],
      [1, C],
      [2, C / 2],
    ]);
  });

  it.each([
    ['within a chunk', 10, 20, [0]],
    ['a whole chunk', C, C, [1]],
    ['up to the edge of a chunk', 0, C, [0]],
    ['over an edge', C - 1, 2, [0, 1]],
    ['over all of them', 0, 2.5 * C, [0, 1, 2]],
    ['the last byte', 2.5 * C - 1, 1, [2]],
    ['nothing', C, 0, []],
  ])('that hold a span: %s', (_, offset, length, chunks) => {
    expect(chunkKeys(HASH, 7, offset, length)).toEqual(chunks.map((chunk) => [HASH, 7, chunk]));
  });

  it.each([
    ['a whole chunk', [HASH, 0, 1], { piece: 0, lengthBytes: C }],
    ['the last chunk of a piece', [HASH, 1, 2], { piece: 1, lengthBytes: C / 2 }],
    ['the last chunk of the torrent', [HASH, 2, 1], { piece: 2, lengthBytes: 1 }],
    ['a chunk the piece does not have', [HASH, 2, 2], null],
    ['a piece the torrent does not have', [HASH, 3, 0], null],
    ['another record', 'marker', null],
    ['a key of another shape', [HASH, 'x', 0], null],
  ])('are counted by their key: %s', (_, key, stored) => {
    expect(storedUnder(key, map)).toEqual(stored);
  });
});
