import { expect, test } from 'vitest';
import type { ExtentStamp } from '../../../../../workers/contract/shelf.ts';
import { restoreHave } from '../../../../../workers/engine/application/restore.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { FakeStorage } from '../../../../support/fake-storage.ts';
import { bitsOf, HASH, indexesOf } from './meta-of.ts';

/** Ten pieces of 10 bytes, the last of 5, in extents of three pieces. */
const map = new PieceMap(95, 10, 30);
const stamp = (extent: number, sizeBytes: number, modifiedMs = 100): ExtentStamp => ({
  extent,
  sizeBytes,
  modifiedMs,
});
const FULL = [stamp(0, 30), stamp(1, 30), stamp(2, 30), stamp(3, 5)] as const;
const CLAIM = bitsOf(10, [0, 2, 3, 8, 9]).bytes;

async function restored(
  extents: readonly ExtentStamp[],
  recorded: readonly ExtentStamp[] | null = FULL,
  have: Uint8Array = CLAIM,
  padding: readonly number[] = [],
) {
  const storage = new FakeStorage();
  const record = { version: 2, infoHash: HASH, generation: 7, have, at: '' } as const;
  storage.disk.resumes.set(HASH, { ...record, extents: recorded });
  storage.disk.extents.set(HASH, new Map(extents.map((of) => [of.extent, of])));
  const { have: found, ...rest } = await restoreHave(storage, HASH, map, bitsOf(10, padding));
  return { have: indexesOf(found), ...rest };
}

test.each<[string, readonly ExtentStamp[], number[], number[], number]>([
  ['every extent as it was', FULL, [0, 2, 3, 8, 9], [], 0],
  ['an extent that is gone', [FULL[0], FULL[2], FULL[3]], [0, 2, 8, 9], [], 10],
  ['an extent that is too short', [stamp(0, 29), ...FULL.slice(1)], [3, 8, 9], [0], 0],
  [
    'an extent written to since',
    [FULL[0], stamp(1, 30, 101), FULL[2], FULL[3]],
    [0, 2, 8, 9],
    [1],
    0,
  ],
  ['nothing there', [], [], [], 45],
])('of a checkpoint with stamps is believed: %s', async (_, extents, have, doubtful, evicted) => {
  expect(await restored(extents)).toMatchObject({
    have,
    doubtful,
    evictedBytes: evicted,
    generation: 7,
  });
});

test.each<[string, Parameters<typeof restored>, boolean]>([
  ['every extent is as it was', [FULL], true],
  [
    'nothing was ever stored, and that is what the checkpoint says',
    [[], [], bitsOf(10, []).bytes],
    true,
  ],
  ['an extent is gone', [FULL.slice(1)], false],
  ['an extent was written to since', [[stamp(0, 30, 101), ...FULL.slice(1)]], false],
  ['an extent was made since', [FULL, FULL.slice(0, 3)], false],
  ['the checkpoint is from before there were stamps', [FULL, null], false],
  ['the checkpoint is of another number of pieces', [FULL, FULL, new Uint8Array(3)], false],
])('all is as recorded or not, when %s', async (_, given, isAsRecorded) => {
  expect(await restored(...given)).toMatchObject({ isAsRecorded });
});

test('padding is here wherever its extents are, and its loss is none', async () => {
  expect(await restored(FULL, FULL, CLAIM, [3, 7])).toMatchObject({
    have: [0, 2, 3, 7, 8, 9],
    evictedBytes: 0,
  });
  expect(await restored([FULL[0]], FULL, CLAIM, [3, 7])).toMatchObject({
    have: [0, 2, 3, 7],
    evictedBytes: 15,
  });
});

test('an extent made after the checkpoint is hashed: what is in it need not be fetched again', async () => {
  expect(await restored(FULL, FULL.slice(0, 3))).toMatchObject({
    have: [0, 2, 3, 8],
    doubtful: [3],
    evictedBytes: 0,
  });
});

test('a checkpoint from before there were stamps is believed where sizes are right', async () => {
  expect(await restored([...FULL.slice(0, 3), stamp(3, 4)], null)).toMatchObject({
    have: [0, 2, 3, 8],
    doubtful: [3],
  });
});

test.each([1, 3, 0])(
  'a checkpoint of %i bytes instead of 2 is not believed: what exists is hashed, and its generation counts',
  async (length) => {
    const have = new Uint8Array(length).fill(255);
    expect(await restored(FULL, FULL, have)).toMatchObject({
      have: [],
      doubtful: [0, 1, 2, 3],
      evictedBytes: 0,
      generation: 7,
    });
  },
);

test('bits past the last piece mean nothing', async () => {
  const { have } = await restored(FULL, FULL, Uint8Array.of(255, 255));
  expect(have).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('without a checkpoint and without extents nothing is here', async () => {
  const { have, doubtful, generation } = await restoreHave(
    new FakeStorage(),
    HASH,
    map,
    bitsOf(10, []),
  );
  expect([have.count, have.length, doubtful, generation]).toEqual([0, 10, [], 0]);
});
