import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_EXTENT_BYTES, PieceMap } from '../../../../../workers/engine/model/piece-map.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Torrents of 1 to about 200 pieces, small enough to be walked byte by byte. */
const maps = fc
  .record({
    lengthBytes: fc.integer({ min: 1, max: 2000 }),
    pieceLength: fc.integer({ min: 10, max: 300 }),
    maxExtentBytes: fc.integer({ min: 1, max: 900 }),
  })
  .map((at) => new PieceMap(at.lengthBytes, at.pieceLength, at.maxExtentBytes));

const indexes = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('piece map', () => {
  it.each([
    // pieceLength, pieces in an extent, extent length
    [16 * KIB, 4096, 64 * MIB],
    [MIB, 64, 64 * MIB],
    [3 * MIB, 21, 63 * MIB],
    [64 * MIB, 1, 64 * MIB],
    [96 * MIB, 1, 96 * MIB],
  ])('pieces of %i bytes go %i to an extent of %i bytes', (pieceLength, pieces, bytes) => {
    const map = new PieceMap(1000 * MIB, pieceLength);
    expect(map.piecesPerExtent).toBe(pieces);
    expect(map.extentLengthBytes).toBe(bytes);
    expect(bytes <= MAX_EXTENT_BYTES || pieces === 1).toBe(true);
  });

  it('knows the last piece and the last extent to be shorter', () => {
    const map = new PieceMap(10 * KIB + 1, 4 * KIB, 8 * KIB);
    expect([map.pieceCount, map.extentCount]).toEqual([3, 2]);
    expect([0, 1, 2].map((i) => map.pieceLengthOf(i))).toEqual([4 * KIB, 4 * KIB, 2 * KIB + 1]);
    expect([0, 1].map((k) => map.extentLengthOf(k))).toEqual([8 * KIB, 2 * KIB + 1]);
    expect([0, 1].map((k) => map.piecesOfExtent(k))).toEqual([
      { first: 0, last: 1 },
      { first: 2, last: 2 },
    ]);
  });

  it('gives a length that divides evenly a full last piece', () => {
    const map = new PieceMap(8 * KIB, 4 * KIB);
    expect([map.pieceCount, map.pieceLengthOf(1)]).toEqual([2, 4 * KIB]);
  });

  it('has no pieces for an empty torrent', () => {
    const map = new PieceMap(0, 4 * KIB);
    expect([map.pieceCount, map.extentCount]).toEqual([0, 0]);
  });

  it('keeps its numbers exact for the largest torrents', () => {
    const map = new PieceMap(2_097_152 * 16 * MIB - 5, 16 * MIB);
    expect(map.pieceCount).toBe(2_097_152);
    expect(map.pieceLengthOf(2_097_151)).toBe(16 * MIB - 5);
    expect(map.pieceAt(map.lengthBytes - 1)).toBe(2_097_151);
  });

  it('cuts the line into pieces and into extents without gap or overlap', () => {
    fc.assert(
      fc.property(maps, (map) => {
        const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0);
        expect(sum(indexes(map.pieceCount).map((i) => map.pieceLengthOf(i)))).toBe(map.lengthBytes);
        expect(sum(indexes(map.extentCount).map((k) => map.extentLengthOf(k)))).toBe(
          map.lengthBytes,
        );
        for (const k of indexes(map.extentCount)) {
          const { first, last } = map.piecesOfExtent(k);
          expect([map.extentOf(first), map.extentOf(last)]).toEqual([k, k]);
          expect(map.offsetInExtent(first)).toBe(0);
          expect(map.offsetInExtent(last) + map.pieceLengthOf(last)).toBe(map.extentLengthOf(k));
        }
      }),
    );
  });

  it('finds a piece where its bytes are', () => {
    fc.assert(
      fc.property(maps, (map) => {
        for (const i of indexes(map.pieceCount)) {
          expect(map.extentOf(i) * map.extentLengthBytes + map.offsetInExtent(i)).toBe(
            map.pieceOffset(i),
          );
          expect(map.pieceAt(map.pieceOffset(i))).toBe(i);
          expect(map.pieceAt(map.pieceOffset(i) + map.pieceLengthOf(i) - 1)).toBe(i);
        }
      }),
    );
  });

  it('counts each byte of a span in exactly one of its pieces', () => {
    const spans = maps.chain((map) =>
      fc.record({
        map: fc.constant(map),
        from: fc.integer({ min: 0, max: map.lengthBytes - 1 }),
        to: fc.integer({ min: 0, max: map.lengthBytes - 1 }),
      }),
    );
    fc.assert(
      fc.property(spans, ({ map, from, to }) => {
        const span = {
          offsetBytes: Math.min(from, to),
          lengthBytes: Math.abs(to - from) + 1,
        };
        const range = map.piecesOf(span)!;
        const overlaps = indexes(map.pieceCount).map((i) => map.overlapBytes(i, span));
        expect(overlaps.reduce((total, n) => total + n, 0)).toBe(span.lengthBytes);
        expect(overlaps.findIndex((n) => n > 0)).toBe(range.first);
        expect(overlaps.findLastIndex((n) => n > 0)).toBe(range.last);
      }),
    );
  });

  it('has no pieces for an empty span', () => {
    const map = new PieceMap(100, 10);
    expect(map.piecesOf({ offsetBytes: 20, lengthBytes: 0 })).toBeNull();
    expect(map.overlapBytes(2, { offsetBytes: 20, lengthBytes: 0 })).toBe(0);
  });
});
