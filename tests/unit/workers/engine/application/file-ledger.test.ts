import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FileLedger } from '../../../../../workers/engine/application/file-ledger.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { bitsOf, indexesOf, metaOf } from './meta-of.ts';

/** Files of 15, 0, 5 (padding) and 22 bytes in pieces of 10. */
function ledger(have: readonly number[] = [], files: readonly number[] | null = null): FileLedger {
  const meta = metaOf(
    [{ lengthBytes: 15 }, { lengthBytes: 0 }, { lengthBytes: 5, isPad: true }, { lengthBytes: 22 }],
    10,
  );
  return new FileLedger(meta, new PieceMap(42, 10), bitsOf(5, have), files);
}

test('without a choice every file is selected but padding', () => {
  const all = ledger();
  expect(all.selection).toEqual([0, 1, 3]);
  expect(all.selectedBytes).toBe(37);
  expect(indexesOf(all.wantedPieces())).toEqual([0, 1, 2, 3, 4]);
});

test('indexes of padding and of no file are left out', () => {
  const chosen = ledger([], [2, 3, 4, -1, 99, 1.5]);
  expect(chosen.selection).toEqual([3]);
  expect(indexesOf(chosen.wantedPieces())).toEqual([2, 3, 4]);
});

test('no selection wants nothing and is never complete', () => {
  const none = ledger([0, 1, 2, 3, 4], []);
  expect(none.wantedPieces().count).toBe(0);
  expect(none.isComplete).toBe(false);
});

test('a piece tells which files it finished, once', () => {
  const growing = ledger([0]);
  expect(growing.addPiece(3)).toEqual([]);
  // The padding in piece 1 is full as well; its index says so.
  expect(growing.addPiece(1)).toEqual([0, 2]);
  expect(growing.isFinished(0)).toBe(true);
  expect(growing.isFinished(3)).toBe(false);
});

test('an empty file is finished from the start', () => {
  expect(ledger().isFinished(1)).toBe(true);
});

test('a new selection counts what is here already', () => {
  const changed = ledger([0, 1]);
  expect([changed.selectedHaveBytes, changed.isComplete]).toEqual([15, false]);
  changed.select([0]);
  expect([changed.selectedBytes, changed.selectedHaveBytes, changed.isComplete]).toEqual([
    15,
    15,
    true,
  ]);
  changed.select(null);
  expect(changed.isComplete).toBe(false);
});

test('whatever pieces come in whatever order, every figure equals a recount', () => {
  const file = fc.record({ lengthBytes: fc.nat({ max: 30 }), isPad: fc.boolean() });
  const scene = fc.record({
    files: fc.array(file, { minLength: 1, maxLength: 8 }),
    pieceLength: fc.integer({ min: 1, max: 12 }),
    early: fc.array(fc.nat({ max: 200 })),
    late: fc.array(fc.nat({ max: 200 })),
    selection: fc.option(fc.array(fc.nat({ max: 9 })), { nil: null }),
    isSelectedLate: fc.boolean(),
  });
  fc.assert(
    fc.property(scene, ({ files, pieceLength, early, late, selection, isSelectedLate }) => {
      const meta = metaOf(files, pieceLength);
      fc.pre(meta.lengthBytes > 0);
      const map = new PieceMap(meta.lengthBytes, pieceLength);
      const have = bitsOf(
        map.pieceCount,
        early.map((i) => i % map.pieceCount),
      );
      const counted = new FileLedger(meta, map, have, isSelectedLate ? null : selection);
      for (const i of late.map((n) => n % map.pieceCount)) {
        if (have.has(i)) continue;
        have.set(i);
        counted.addPiece(i);
      }
      if (isSelectedLate) counted.select(selection);

      const isHere = (byte: number) => have.has(Math.floor(byte / pieceLength));
      const bytes = meta.files.map(
        ({ offsetBytes, lengthBytes }) =>
          Array.from({ length: lengthBytes }, (_, n) => offsetBytes + n).filter(isHere).length,
      );
      const chosen = meta.files.map(({ isPad }, i) => !isPad && (selection?.includes(i) ?? true));
      const sum = (values: readonly number[]) =>
        values.reduce((total, value, i) => total + (chosen[i] ? value : 0), 0);
      expect([...counted.haveBytes]).toEqual(bytes);
      expect(counted.selectedHaveBytes).toBe(sum(bytes));
      expect(counted.selectedBytes).toBe(sum(meta.files.map(({ lengthBytes }) => lengthBytes)));
    }),
  );
});

test('a piece is as urgent as the most urgent wanted file in it', () => {
  const ranked = ledger();
  expect(ranked.piecePriorities()).toBeUndefined();
  ranked.prioritize({ 0: 'high', 3: 'low' });
  const of = () => [0, 1, 2, 3, 4].map((i) => ranked.piecePriorities()!(i));
  // Piece 1 ends with padding, which is not wanted; pieces 2 to 4 hold the last file.
  expect(of()).toEqual(['high', 'high', 'low', 'low', 'low']);
  ranked.prioritize({ 0: 'low', 3: 'high' });
  ranked.select([0]);
  expect(of().slice(0, 2)).toEqual(['low', 'low']);
});
