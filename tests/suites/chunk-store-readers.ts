/** Many readers at once, and writes between them: a part of the suite of chunk stores. */
import { describe, expect, it } from 'vitest';
import { pieceIndex } from '../../workers/contract/ids.ts';
import { PieceMap } from '../../workers/engine/model/piece-map.ts';
import {
  allOf,
  isSame,
  openFresh,
  pieceBytes,
  type ChunkStoreHarness,
} from './chunk-store-harness.ts';

export function chunkStoreReaders(harness: ChunkStoreHarness): void {
  /** Twelve pieces of more than one chunk each, and no round number of bytes; four to an extent. */
  const map = new PieceMap(12 * 300_001, 300_001, 4 * 300_001);

  describe('concurrent readers', () => {
    it('each get their own part, whoever else reads', async () => {
      const { store, write } = await openFresh(harness.open, map);
      for (const index of allOf(map)) await write(index);
      // Parts within a chunk, over the edge of one, and at the end of the piece.
      const parts = [0, 100_000, 262_100, 284_000].map((offset) => ({ offset, length: 16_000 }));
      const reads = allOf(map).flatMap((index) => parts.map((part) => ({ index, ...part })));
      const read = await Promise.all(
        reads.map(({ index, offset, length }) => store.read(pieceIndex(index), offset, length)),
      );
      const wanted = allOf(map).map((index) => pieceBytes(map, index));
      reads.forEach(({ index, offset, length }, i) => {
        expect(isSame(read[i]!, wanted[index]!.slice(offset, offset + length))).toBe(true);
      });
      await store.destroy();
    });

    it('see a piece as it was or as it is while it is written, never a mixture', async () => {
      const { store, write, readPiece } = await openFresh(harness.open, map);
      for (const index of allOf(map)) await write(index, 0);
      const written = [1, 2, 3].flatMap((version) =>
        [1, 6, 7].map((index) => write(index, version)),
      );
      const reads = Array.from({ length: 4 }, () => [0, 1, 5, 6, 7, 8]).flat();
      const read = await Promise.all(reads.map(readPiece));
      await Promise.all(written);
      reads.forEach((index, i) => {
        const versions = [1, 6, 7].includes(index) ? [0, 1, 2, 3] : [0];
        const isWhole = versions.some((version) =>
          isSame(read[i]!, pieceBytes(map, index, version)),
        );
        expect(isWhole, `piece ${index}`).toBe(true);
      });
      for (const index of [1, 6, 7]) {
        expect(isSame(await readPiece(index), pieceBytes(map, index, 3))).toBe(true);
      }
      await store.destroy();
    });
  });
}
