import { expect, test } from 'vitest';
import { restoreHave } from '../../../../../workers/engine/application/restore.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { FakeStorage } from '../../../../support/fake-storage.ts';
import { bitsOf, HASH, indexesOf } from './meta-of.ts';

/** Ten pieces of 10 bytes, the last of 5, in extents of three pieces. */
const map = new PieceMap(95, 10, 30);
const FULL = [
  [0, 30],
  [1, 30],
  [2, 30],
  [3, 5],
] as const;

async function restored(have: Uint8Array, extents: readonly (readonly [number, number])[]) {
  const storage = new FakeStorage();
  storage.disk.resumes.set(HASH, { version: 1, infoHash: HASH, generation: 7, have, at: '' });
  storage.disk.extentSizes.set(HASH, new Map(extents));
  const { have: found, generation } = await restoreHave(storage, HASH, map);
  return { have: indexesOf(found), generation };
}

const claim = bitsOf(10, [0, 2, 3, 8, 9]).bytes;

test.each<[string, readonly (readonly [number, number])[], number[]]>([
  ['every extent in full size', FULL, [0, 2, 3, 8, 9]],
  ['an extent that is gone', [FULL[0], FULL[2], FULL[3]], [0, 2, 8, 9]],
  ['an extent that is too short', [[0, 29], FULL[1], FULL[2], FULL[3]], [3, 8, 9]],
  ['an extent that is too long', [FULL[0], FULL[1], FULL[2], [3, 30]], [0, 2, 3, 8]],
  ['nothing there', [], []],
])(
  'of a checkpoint is believed what lies in extents of the right size: %s',
  async (_, extents, have) => {
    expect(await restored(claim, extents)).toEqual({ have, generation: 7 });
  },
);

test.each([1, 3, 0])(
  'a checkpoint of %i bytes instead of 2 is not believed, but its generation counts',
  async (length) => {
    expect(await restored(new Uint8Array(length).fill(255), FULL)).toEqual({
      have: [],
      generation: 7,
    });
  },
);

test('bits past the last piece mean nothing', async () => {
  const { have } = await restored(Uint8Array.of(255, 255), FULL);
  expect(have).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('without a checkpoint nothing is here', async () => {
  const { have, generation } = await restoreHave(new FakeStorage(), HASH, map);
  expect([have.count, have.length, generation]).toEqual([0, 10, 0]);
});
