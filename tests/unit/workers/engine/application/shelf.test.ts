import { expect, test } from 'vitest';
import { shelfOf } from '../../../../../workers/engine/application/shelf.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { bitsOf, HASH, metaOf } from './meta-of.ts';

/** Files of 20, 0, 15 and 25 bytes in pieces of 10 and extents of two pieces: |a a|b b/c|c c|. */
const meta = metaOf(
  [{ lengthBytes: 20 }, { lengthBytes: 0 }, { lengthBytes: 15 }, { lengthBytes: 25 }],
  10,
);
const map = new PieceMap(60, 10, 20);
const ALL = [0, 1, 2, 3, 4, 5];
/** Every extent exists. */
const stampsOf = (...extents: readonly number[]) =>
  new Map(extents.map((extent) => [extent, { extent, sizeBytes: 20, modifiedMs: extent + 1 }]));

test.each<[string, readonly number[], readonly number[], boolean[]]>([
  ['nothing is here', [], ALL, [false, true, false, false]],
  ['all is here', ALL, ALL, [true, true, true, true]],
  ['one piece of a file is missing', [0], ALL, [false, true, false, false]],
  ['a file and its extents are here', [0, 1], ALL, [true, true, false, false]],
  [
    'a file is here, in an extent of its own and one that is whole',
    [2, 3],
    ALL,
    [false, true, true, false],
  ],
  ['all but the last piece', [0, 1, 2, 3, 4], ALL, [true, true, true, false]],
  ['only what is selected is here', [0, 1], [0, 1], [true, true, false, false]],
])('files are finished or not when %s', (_, have, wanted, finished) => {
  const shelf = shelfOf(meta, map, bitsOf(6, have), bitsOf(6, wanted), stampsOf(0, 1, 2));
  expect(shelf.files.map(({ isFinished }) => isFinished)).toEqual(finished);
});

test('a file is not finished while a wanted piece of its extent is still to be written', () => {
  const small = metaOf([{ lengthBytes: 10 }, { lengthBytes: 10 }], 10);
  const one = new PieceMap(20, 10, 20);
  const finishedWith = (wanted: readonly number[]) =>
    shelfOf(small, one, bitsOf(2, [0]), bitsOf(2, wanted), stampsOf(0)).files.map(
      ({ isFinished }) => isFinished,
    );
  expect(finishedWith([0, 1])).toEqual([false, false]);
  expect(finishedWith([0])).toEqual([true, false]);
});

test('the record says where each file lies', () => {
  expect(shelfOf(meta, map, bitsOf(6, []), bitsOf(6, []), stampsOf())).toMatchObject({
    version: 2,
    infoHash: HASH,
    name: 'things',
    lengthBytes: 60,
    extentLengthBytes: 20,
    files: [
      { path: 'things/0', offsetBytes: 0, lengthBytes: 20 },
      { path: 'things/1', offsetBytes: 20, lengthBytes: 0 },
      { path: 'things/2', offsetBytes: 20, lengthBytes: 15 },
      { path: 'things/3', offsetBytes: 35, lengthBytes: 25 },
    ],
    extents: [],
  });
});

test('the record has the stamp of every extent a finished file lies in, and of no other', () => {
  const shelf = (have: readonly number[]) =>
    shelfOf(meta, map, bitsOf(6, have), bitsOf(6, ALL), stampsOf(0, 1, 2));
  expect(shelf([0, 1, 4]).extents).toEqual([{ extent: 0, sizeBytes: 20, modifiedMs: 1 }]);
  expect(shelf(ALL).extents.map(({ extent }) => extent)).toEqual([0, 1, 2]);
});

test('a file whose extent is not there is not finished, whatever is believed of its pieces', () => {
  const shelf = shelfOf(meta, map, bitsOf(6, ALL), bitsOf(6, ALL), stampsOf(1, 2));
  expect(shelf.files.map(({ isFinished }) => isFinished)).toEqual([false, true, true, true]);
});
