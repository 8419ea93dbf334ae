import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockCutter } from '../../../../../workers/engine/protocol/block-cutter.ts';
import { seededBytes } from '../../../../support/torrents.ts';

test('whatever chunks bytes come in, the blocks are the same, each in a buffer of its own', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(sizes, sizes, (lengths, chunks) => {
      const total = lengths.reduce((sum, length) => sum + length, 0);
      const content = seededBytes(total + 10, 1);
      const blocks: Uint8Array[] = [];
      const cutter = new BlockCutter(lengths, (index, bytes) => {
        expect(index).toBe(blocks.length);
        blocks.push(bytes);
      });
      let at = 0;
      for (let i = 0; at < content.length; i++) {
        const chunk = content.slice(at, at + chunks[i % chunks.length]!);
        cutter.take(chunk);
        at += chunk.length;
        chunk.fill(0);
      }
      expect(blocks.map(({ length }) => length)).toEqual(lengths);
      expect(new Set(blocks.map(({ buffer }) => buffer)).size).toBe(blocks.length);
      expect(Buffer.concat(blocks)).toEqual(Buffer.from(content.subarray(0, total)));
    }),
  );
});

test('padding is zeros, however long, and ends where it ends', () => {
  const blocks: Uint8Array[] = [];
  const cutter = new BlockCutter([40_000, 10], (_, bytes) => blocks.push(bytes));
  cutter.takeZeros(40_005);
  cutter.take(Uint8Array.of(1, 2, 3, 4, 5));
  expect(blocks[0]).toEqual(new Uint8Array(40_000));
  expect([...blocks[1]!]).toEqual([0, 0, 0, 0, 0, 1, 2, 3, 4, 5]);
});
