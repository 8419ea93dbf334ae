import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Padding } from '../../../../../workers/engine/model/padding.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { indexesOf, metaOf } from '../application/meta-of.ts';

const file = (lengthBytes: number) => ({ lengthBytes });
const pad = (lengthBytes: number) => ({ lengthBytes, isPad: true });

function padding(files: Parameters<typeof metaOf>[0], pieceLength: number) {
  const { files: placed, lengthBytes } = metaOf(files, pieceLength);
  const map = new PieceMap(lengthBytes, pieceLength);
  return { map, padding: new Padding(placed, map) };
}

function hashes(map: PieceMap, content: (index: number) => Uint8Array): Uint8Array {
  const pieces = Array.from({ length: map.pieceCount }, (_, i) => i);
  return Buffer.concat(pieces.map((i) => createHash('sha1').update(content(i)).digest()));
}

/** Ten bytes a piece: 0 is a file's, 1 half padding, 2 and 3 padding, 4 half, 5 padding, the last and short. */
const FILES = [file(15), pad(5), pad(20), pad(3), file(7), file(0), pad(4)];

test.each([
  [0, 0, 10, false],
  [1, 0, 5, false],
  [1, 4, 2, false],
  [1, 5, 5, true],
  [2, 0, 10, true],
  [3, 9, 1, true],
  [4, 0, 3, true],
  [4, 0, 4, false],
  [4, 3, 7, false],
  [5, 0, 4, true],
])('piece %i from %i, %i bytes, is padding: %s', (index, at, length, isPadding) => {
  expect(padding(FILES, 10).padding.covers(index, at, length)).toBe(isPadding);
});

test('pieces of padding alone are known by it', async () => {
  const { map, padding: found } = padding(FILES, 10);
  const zeros = hashes(map, (i) => new Uint8Array(map.pieceLengthOf(i)));
  expect(indexesOf(await found.wholePieces(zeros))).toEqual([2, 3, 5]);
});

test('padding that is not of zeros is fetched like anything else', async () => {
  const { map, padding: found } = padding(FILES, 10);
  const odd = hashes(map, (i) => new Uint8Array(map.pieceLengthOf(i)).fill(i === 2 ? 1 : 0));
  expect(indexesOf(await found.wholePieces(odd))).toEqual([3, 5]);
});

test('a stretch is padding when each of its bytes is', () => {
  const files = fc.array(fc.record({ lengthBytes: fc.nat({ max: 12 }), isPad: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(files, fc.integer({ min: 1, max: 9 }), fc.nat(), fc.nat(), (list, size, a, b) => {
      const { map, padding: found } = padding(list, size);
      fc.pre(map.pieceCount > 0);
      const isPad = list.flatMap((one) => new Array<boolean>(one.lengthBytes).fill(one.isPad));
      const index = a % map.pieceCount;
      const at = b % map.pieceLengthOf(index);
      for (let length = 1; length <= map.pieceLengthOf(index) - at; length++) {
        const start = map.pieceOffset(index) + at;
        const expected = isPad.slice(start, start + length).every(Boolean);
        expect(found.covers(index, at, length)).toBe(expected);
      }
    }),
  );
});
