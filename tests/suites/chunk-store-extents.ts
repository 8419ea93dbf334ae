/** Extents and the stamps by which a checkpoint is believed: a part of the suite of chunk stores. */
import { describe, expect, it } from 'vitest';
import {
  allOf,
  openFresh,
  pieceBytes,
  whereAble,
  type ChunkStoreHarness,
} from './chunk-store-harness.ts';

export function chunkStoreExtents(harness: ChunkStoreHarness): void {
  describe('extents', () => {
    it('are told by their bytes, and only those that are there', async () => {
      const { infoHash, map, store, write } = await openFresh(harness.open);
      expect(await harness.extentStamps(infoHash, map)).toEqual(new Map());
      for (const index of [0, 1, 2, 3, 8, 9, 10]) await write(index);
      await store.flush();
      const sizeOf = (sizeBytes: number) => expect.objectContaining({ sizeBytes });
      expect(await harness.extentStamps(infoHash, map)).toEqual(
        new Map([
          [0, sizeOf(400)],
          [2, sizeOf(250)],
        ]),
      );
      expect([...(await harness.extentStamps(infoHash, map, [1, 2, 3])).keys()]).toEqual([2]);
      await store.destroy();
      expect(await harness.extentStamps(infoHash, map)).toEqual(new Map());
    });

    it('keep their stamps when the torrent is closed and opened again', async () => {
      const { infoHash, map, store, write } = await openFresh(harness.open);
      for (const index of [0, 1, 5, 10]) await write(index);
      await store.flush();
      const before = await harness.extentStamps(infoHash, map);
      await store.close();
      const again = await harness.open(infoHash, map);
      expect(await harness.extentStamps(infoHash, map)).toEqual(before);
      await again.destroy();
    });

    it('that are sealed are not changed by writes to others', async () => {
      const { infoHash, map, store, write, readPiece } = await openFresh(harness.open);
      for (const index of [4, 5, 6, 7]) await write(index);
      await store.flush();
      const sealed = (await harness.extentStamps(infoHash, map)).get(1);
      expect(sealed).toMatchObject({ extent: 1, sizeBytes: 400 });
      for (const index of [3, 0, 8, 10]) await write(index);
      await store.flush();
      expect((await harness.extentStamps(infoHash, map)).get(1)).toEqual(sealed);
      for (const index of [4, 5, 6, 7]) {
        expect(await readPiece(index)).toEqual(pieceBytes(map, index));
      }
      await store.destroy();
    });

    whereAble('seen by the service worker', harness.viewExtent, (viewExtent) => {
      it('can be read to the end while others are written, once they are sealed', async () => {
        const { infoHash, map, store, write } = await openFresh(harness.open);
        for (const index of [4, 5, 6, 7]) await write(index);
        await store.flush();
        const view = await viewExtent(infoHash, 1);
        const first = new Uint8Array(await view.slice(0, 100).arrayBuffer());
        for (const index of [0, 3, 8, 10]) await write(index);
        await store.flush();
        const rest = new Uint8Array(await view.slice(100).arrayBuffer());
        const wanted = [4, 5, 6, 7].flatMap((index) => [...pieceBytes(map, index)]);
        expect([...first, ...rest]).toEqual(wanted);
        await store.destroy();
      });
    });

    whereAble('cut short from outside', harness.cutShort, (cutShort) => {
      it('give what is left, and call what is gone missing until it is written again', async () => {
        const { infoHash, map, store, write } = await openFresh(harness.open);
        for (const index of allOf(map)) await write(index);
        await store.close();
        await cutShort(infoHash, map, 1);
        const again = await openFresh(() => harness.open(infoHash, map));
        for (const index of [0, 4, 5, 6, 8, 10]) {
          expect(await again.readPiece(index)).toEqual(pieceBytes(map, index));
        }
        await expect(again.readPiece(7)).rejects.toMatchObject({
          isMissing: true,
          reason: {
            kind: 'storage-unavailable',
            message: expect.stringContaining('Check the torrent'),
          },
        });
        await again.write(7, 1);
        expect(await again.readPiece(7)).toEqual(pieceBytes(map, 7, 1));
        await again.store.destroy();
      });
    });
  });
}
