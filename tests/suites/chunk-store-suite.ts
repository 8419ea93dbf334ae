/**
 * What every chunk store must do, whatever keeps its bytes. Each backend runs this suite through a harness of its own.
 * Nothing here looks behind the port, except for how much is kept.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pieceIndex } from '../../workers/contract/ids.ts';
import { PieceMap } from '../../workers/engine/model/piece-map.ts';
import { chunkStoreExtents } from './chunk-store-extents.ts';
import { chunkStoreFaults } from './chunk-store-faults.ts';
import {
  MISSING,
  SMALL,
  UNAVAILABLE,
  allOf,
  freshHash,
  openFresh as openFreshOf,
  pieceBytes,
  type ChunkStoreHarness,
} from './chunk-store-harness.ts';
import { chunkStoreReaders } from './chunk-store-readers.ts';
import { chunkStoreRuns } from './chunk-store-runs.ts';

const at = pieceIndex;

export function chunkStoreSuite(backend: string, harness: ChunkStoreHarness): void {
  const openFresh = (map?: PieceMap) => openFreshOf(harness.open, map);

  describe(`chunk store: ${backend}`, () => {
    it('gives back the pieces it was given, in any order', async () => {
      const { map, store, write, readPiece } = await openFresh();
      for (const index of [10, 0, 5, 3, 4]) await write(index);
      for (const index of [0, 3, 4, 5, 10]) {
        expect(await readPiece(index)).toEqual(pieceBytes(map, index));
      }
      await store.close();
    });

    it('gives back any part of a piece', async () => {
      const { map, store, write } = await openFresh();
      await write(5);
      const whole = pieceBytes(map, 5);
      expect(await store.read(at(5), 0, 1)).toEqual(whole.slice(0, 1));
      expect(await store.read(at(5), 99, 1)).toEqual(whole.slice(99));
      expect(await store.read(at(5), 17, 40)).toEqual(whole.slice(17, 57));
      expect(await store.read(at(5), 50, 0)).toEqual(new Uint8Array(0));
      await store.close();
    });

    it('keeps the last piece as short as it is', async () => {
      const { map, store, write, readPiece } = await openFresh();
      await write(10);
      expect(await readPiece(10)).toEqual(pieceBytes(map, 10));
      await expect(store.read(at(10), 0, 51)).rejects.toMatchObject({ name: 'RangeError' });
      await store.close();
    });

    it('replaces a piece that is written again, and no byte beside it', async () => {
      const { map, store, write, readPiece } = await openFresh();
      for (const index of allOf(map)) await write(index);
      await write(5, 1);
      await write(10, 1);
      for (const index of allOf(map)) {
        const version = index === 5 || index === 10 ? 1 : 0;
        expect(await readPiece(index)).toEqual(pieceBytes(map, index, version));
      }
      await store.close();
    });

    it('rejects a read where nothing was ever written', async () => {
      const { store, write } = await openFresh();
      await expect(store.read(at(0), 0, 100)).rejects.toMatchObject(MISSING);
      await write(0);
      await expect(store.read(at(4), 0, 100)).rejects.toMatchObject(MISSING);
      await store.close();
    });

    it.each([
      [0, 50, 51],
      [0, -1, 10],
      [0, 0, -1],
      [11, 0, 1],
    ])('refuses to read outside a piece: %i, %i + %i', async (index, offset, length) => {
      const { store, write } = await openFresh();
      await write(0);
      const reading = store.read(at(index), offset, length);
      await expect(reading).rejects.toMatchObject({ name: 'RangeError' });
      await store.close();
    });

    it.each([
      [0, 99],
      [0, 101],
      [10, 100],
      [11, 100],
    ])('refuses piece %i with %i bytes and keeps what it has', async (index, length) => {
      const { map, store, write, readPiece } = await openFresh();
      for (const i of allOf(map)) await write(i);
      const writing = store.write(at(index), new Uint8Array(length).fill(255));
      await expect(writing).rejects.toMatchObject({ name: 'RangeError' });
      for (const i of allOf(map)) expect(await readPiece(i)).toEqual(pieceBytes(map, i));
      await store.close();
    });

    it('keeps torrents apart', async () => {
      const [a, b] = [await openFresh(), await openFresh()];
      await a.write(1, 1);
      await b.write(1, 2);
      expect(await a.readPiece(1)).toEqual(pieceBytes(SMALL, 1, 1));
      expect(await b.readPiece(1)).toEqual(pieceBytes(SMALL, 1, 2));
      await a.store.destroy();
      expect(await b.readPiece(1)).toEqual(pieceBytes(SMALL, 1, 2));
      await b.store.close();
    });

    it('takes writes all at once, also of more extents than it holds open', async () => {
      const map = new PieceMap(150 * 3 * 64 - 7, 64, 3 * 64);
      expect(map.extentCount).toBe(150);
      const { store, write, readPiece } = await openFresh(map);
      await Promise.all(allOf(map).map((index) => write(index)));
      const read = await Promise.all(allOf(map).map(readPiece));
      expect(read).toEqual(allOf(map).map((index) => pieceBytes(map, index)));
      await store.flush();
      await store.close();
    });

    it('ends with the last of many writes of one piece', async () => {
      const { map, store, write, readPiece } = await openFresh();
      await Promise.all([1, 2, 3, 4, 5].map((version) => write(7, version)));
      expect(await readPiece(7)).toEqual(pieceBytes(map, 7, 5));
      await store.close();
    });

    it('is found again after it was closed', async () => {
      const { infoHash, map, store, write } = await openFresh();
      for (const index of [0, 6, 10]) await write(index);
      await store.close();
      const again = await harness.open(infoHash, map);
      for (const index of [0, 6, 10]) {
        const read = await again.read(at(index), 0, map.pieceLengthOf(index));
        expect(read).toEqual(pieceBytes(map, index));
      }
      await again.close();
    });

    it('takes nothing more once it is closed', async () => {
      const { store, write, readPiece } = await openFresh();
      await write(0);
      await store.close();
      await expect(write(1)).rejects.toMatchObject(UNAVAILABLE);
      await expect(readPiece(0)).rejects.toMatchObject(UNAVAILABLE);
    });

    it('frees its space when it is destroyed, and begins empty after that', async () => {
      const { infoHash, map, store, write } = await openFresh();
      for (const index of allOf(map)) await write(index);
      expect(await harness.storedBytes(infoHash, map)).toBeGreaterThanOrEqual(map.lengthBytes);
      await store.destroy();
      expect(await harness.storedBytes(infoHash, map)).toBe(0);
      const again = await harness.open(infoHash, map);
      await expect(again.read(at(0), 0, 1)).rejects.toMatchObject(MISSING);
      await again.write(at(0), pieceBytes(map, 0, 3));
      expect(await again.read(at(0), 0, 100)).toEqual(pieceBytes(map, 0, 3));
      await again.destroy();
    });

    it('can be destroyed when nothing was written, and after it was closed', async () => {
      const empty = await openFresh();
      await empty.store.destroy();
      expect(await harness.storedBytes(empty.infoHash, SMALL)).toBe(0);
      const closed = await openFresh();
      await closed.write(0);
      await closed.store.close();
      await closed.store.destroy();
      expect(await harness.storedBytes(closed.infoHash, SMALL)).toBe(0);
    });

    it('leaves nothing behind when it is destroyed while it writes', async () => {
      const { infoHash, map, store, write } = await openFresh();
      const writing = Promise.allSettled(allOf(map).map((index) => write(index)));
      const destroying = store.destroy();
      for (const outcome of await writing) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(UNAVAILABLE);
      }
      await destroying;
      expect(await harness.storedBytes(infoHash, map)).toBe(0);
    });

    it('agrees with a plain map of pieces through any writes, reads and reopenings', async () => {
      const act = (weight: number, name: 'write' | 'read' | 'reopen' | 'flush') => ({
        weight,
        arbitrary: fc.record({ act: fc.constant(name), index: fc.nat(10) }),
      });
      const step = fc.oneof(act(5, 'write'), act(3, 'read'), act(1, 'reopen'), act(1, 'flush'));
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const infoHash = freshHash();
          let store = await harness.open(infoHash, SMALL);
          const model = new Map<number, number>();
          for (const [version, { act, index }] of steps.entries()) {
            if (act === 'write') {
              await store.write(at(index), pieceBytes(SMALL, index, version));
              model.set(index, version);
            } else if (act === 'flush') {
              await store.flush();
            } else if (act === 'reopen') {
              await store.close();
              store = await harness.open(infoHash, SMALL);
            } else if (model.has(index)) {
              const read = await store.read(at(index), 0, SMALL.pieceLengthOf(index));
              expect(read).toEqual(pieceBytes(SMALL, index, model.get(index)));
            }
          }
          await store.destroy();
        }),
        { numRuns: 15 },
      );
    });

    chunkStoreReaders(harness);
    chunkStoreExtents(harness);
    chunkStoreRuns(harness);
    chunkStoreFaults(harness);
  });
}
