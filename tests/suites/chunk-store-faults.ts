/** A disk that is full, and a write that stops half-way: a part of the suite of chunk stores. */
import { describe, expect, it } from 'vitest';
import { PieceMap } from '../../workers/engine/model/piece-map.ts';
import {
  allOf,
  isSame,
  openFresh,
  pieceBytes,
  type ChunkStoreHarness,
} from './chunk-store-harness.ts';

const MIB = 1024 * 1024;

export function chunkStoreFaults(harness: ChunkStoreHarness): void {
  describe('when there is no room', () => {
    /** Up to 40 MiB into the room that `roomBytes` leave; says which pieces went in and how the next was refused. */
    async function fill(map: PieceMap, roomBytes: number) {
      const fresh = await openFresh(harness.open, map);
      const written: number[] = [];
      let refusal: unknown = null;
      await harness.withRoom(roomBytes, async () => {
        for (const index of allOf(map)) {
          refusal = await fresh.write(index).then(
            () => null,
            (error: unknown) => error,
          );
          if (refusal) break;
          written.push(index);
        }
      });
      return { ...fresh, written, refusal, refused: written.length };
    }

    it('says so and how much was asked for, and keeps all it has', async () => {
      const map = new PieceMap(40 * MIB, MIB, 4 * MIB);
      const { store, written, refusal, refused, readPiece } = await fill(map, 10 * MIB);
      expect(refusal).toMatchObject({ name: 'StorageError', reason: { kind: 'storage-full' } });
      const { neededBytes, message } = (refusal as { reason: Record<string, unknown> }).reason;
      expect(neededBytes).toBeGreaterThanOrEqual(MIB);
      expect(message).toMatch(/no room for \d+ MiB more.*remove/is);
      expect(written.length).toBeGreaterThan(0);
      for (const index of written) {
        expect(isSame(await readPiece(index), pieceBytes(map, index))).toBe(true);
      }
      await expect(readPiece(refused)).rejects.toMatchObject({ isMissing: true });
      await store.destroy();
    });

    it('takes the refused piece once there is room again', async () => {
      const map = new PieceMap(40 * MIB, MIB, 4 * MIB);
      const { store, refused, write, readPiece } = await fill(map, 6 * MIB);
      expect(refused).toBeLessThan(map.pieceCount);
      await write(refused);
      expect(isSame(await readPiece(refused), pieceBytes(map, refused))).toBe(true);
      await store.flush();
      await store.destroy();
    });
  });

  describe('a torn write', () => {
    it('is not called written, harms no neighbour and can be done again', async () => {
      const { map, store, write, readPiece } = await openFresh(harness.open);
      for (const index of [4, 6, 8]) await write(index);
      await harness.tearNextWrite();
      await expect(write(5)).rejects.toMatchObject({ name: 'StorageError' });
      for (const index of [4, 6, 8]) expect(await readPiece(index)).toEqual(pieceBytes(map, index));
      await write(5, 1);
      expect(await readPiece(5)).toEqual(pieceBytes(map, 5, 1));
      await store.close();
    });

    it('that is the first of an extent leaves the store able to go on', async () => {
      const { infoHash, map, store, write, readPiece } = await openFresh(harness.open);
      await harness.tearNextWrite();
      await expect(write(0)).rejects.toMatchObject({ name: 'StorageError' });
      await write(1);
      await store.flush();
      expect(await readPiece(1)).toEqual(pieceBytes(map, 1));
      await store.destroy();
      expect(await harness.storedBytes(infoHash, map)).toBe(0);
    });
  });
}
