/** Several pieces in one write: a part of the suite of chunk stores. */
import { expect, it } from 'vitest';
import { pieceIndex } from '../../workers/contract/ids.ts';
import {
  SMALL,
  allOf,
  openFresh,
  pieceBytes,
  whereAble,
  type ChunkStoreHarness,
} from './chunk-store-harness.ts';

export function chunkStoreRuns(harness: ChunkStoreHarness): void {
  whereAble('runs of pieces', harness.openRuns, (open) => {
    async function openFreshRuns() {
      const fresh = await openFresh(open);
      const writeRun = (first: number, count: number, version?: number) => {
        const pieces = Array.from({ length: count }, (_, i) =>
          pieceBytes(SMALL, first + i, version),
        );
        return fresh.store.writeRun(pieceIndex(first), pieces);
      };
      return { ...fresh, writeRun };
    }

    it('are found piece by piece', async () => {
      const { store, writeRun, readPiece } = await openFreshRuns();
      await writeRun(0, 4);
      await writeRun(8, 3);
      for (const i of [0, 1, 2, 3, 8, 9, 10]) {
        expect(await readPiece(i)).toEqual(pieceBytes(SMALL, i));
      }
      await store.close();
    });

    it.each([
      ['that leaves its extent', 3, [100, 100]],
      ['that leaves the torrent', 10, [50, 50]],
      ['of nothing', 0, []],
      ['with a piece that is too long', 4, [100, 101]],
    ])('are refused whole: one %s', async (_, first, lengths) => {
      const { store, write, readPiece } = await openFreshRuns();
      for (const i of allOf(SMALL)) await write(i);
      const run = lengths.map((length) => new Uint8Array(length).fill(255));
      const writing = store.writeRun(pieceIndex(first), run);
      await expect(writing).rejects.toMatchObject({ name: 'RangeError' });
      for (const i of allOf(SMALL)) expect(await readPiece(i)).toEqual(pieceBytes(SMALL, i));
      await store.close();
    });

    it('that are torn are not written, harm no other piece and can be written again', async () => {
      const { store, write, writeRun, readPiece } = await openFreshRuns();
      for (const i of [4, 7, 8]) await write(i);
      await harness.tearNextWrite();
      await expect(writeRun(5, 2)).rejects.toMatchObject({ name: 'StorageError' });
      for (const i of [4, 7, 8]) expect(await readPiece(i)).toEqual(pieceBytes(SMALL, i));
      await writeRun(5, 2, 1);
      for (const i of [5, 6]) expect(await readPiece(i)).toEqual(pieceBytes(SMALL, i, 1));
      await store.destroy();
    });
  });
}
