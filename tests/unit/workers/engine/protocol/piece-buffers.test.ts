import { expect, test } from 'vitest';
import { PieceBuffers } from '../../../../../workers/engine/protocol/piece-buffers.ts';

const MIB = 1024 * 1024;

test('a buffer that was given back is used again for a piece of its length only', () => {
  const buffers = new PieceBuffers();
  const first = buffers.take(MIB);
  buffers.give(first);
  // Compared as booleans: a matcher would print a million bytes.
  expect(buffers.take(MIB / 2) === first).toBe(false);
  expect(buffers.take(MIB) === first).toBe(true);
  expect(buffers.take(MIB) === first).toBe(false);
});

test('spare buffers are kept up to a bound', () => {
  const buffers = new PieceBuffers();
  const given = Array.from({ length: 20 }, () => new Uint8Array(MIB));
  for (const bytes of given) buffers.give(bytes);
  const reused = given.map(() => buffers.take(MIB)).filter((bytes) => given.includes(bytes));
  expect(reused).toHaveLength(8);
});

test('a smaller bound holds at once, and lets go of the oldest', () => {
  const buffers = new PieceBuffers();
  const given = [1, 2, 3].map(() => new Uint8Array(MIB));
  for (const bytes of given) buffers.give(bytes);
  buffers.keepAtMost(2 * MIB);
  expect([buffers.take(MIB), buffers.take(MIB)].map((bytes) => given.indexOf(bytes))).toEqual([
    1, 2,
  ]);
  expect(given.includes(buffers.take(MIB))).toBe(false);
});

test('the newest are kept: a torrent of other pieces does not find the place taken', () => {
  const buffers = new PieceBuffers();
  for (let n = 0; n < 8; n++) buffers.give(new Uint8Array(MIB));
  const given = Array.from({ length: 4 }, () => new Uint8Array(MIB / 4));
  for (const bytes of given) buffers.give(bytes);
  expect(given.every(() => given.includes(buffers.take(MIB / 4)))).toBe(true);
  // Longer than all that may be kept.
  buffers.give(new Uint8Array(9 * MIB));
  expect(buffers.take(MIB).length).toBe(MIB);
});
