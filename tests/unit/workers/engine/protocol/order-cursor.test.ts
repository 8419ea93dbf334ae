/** That what comes first is found is the picker's property test; here, that finding it does not begin at 0 each time. */
import { expect, test } from 'vitest';
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';
import { OrderCursor } from '../../../../../workers/engine/protocol/order-cursor.ts';

const PIECES = 20_000;

/** All pieces, and a count of the bytes that were looked at. */
function counted(): { readonly pieces: Bitfield; looks: number } {
  const pieces = new Bitfield(PIECES, new Uint8Array(PIECES / 8).fill(0xff));
  const scene = { pieces, looks: 0 };
  const bytes = new Proxy(pieces.bytes, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) scene.looks++;
      return Reflect.get(target, key) as unknown;
    },
  });
  Object.defineProperty(pieces, 'bytes', { value: bytes });
  return scene;
}

const everything = () => new Bitfield(PIECES, new Uint8Array(PIECES / 8).fill(0xff));

test('over a whole download the bytes of a bitfield are looked at a few times each, not once for each piece', () => {
  const scene = counted();
  const left = everything();
  const cursor = new OrderCursor();
  for (let index = 0; index < PIECES; index++) {
    expect(cursor.first(1, scene.pieces, left)).toBe(index);
    left.clear(index);
  }
  expect(cursor.first(1, scene.pieces, left)).toBe(-1);
  // One look for each piece that is found, and one for each byte that is passed.
  expect(scene.looks).toBeLessThanOrEqual(PIECES + PIECES / 8 + 1);
});

test('what may be found again is, and the search then goes on from there', () => {
  const left = everything();
  const cursor = new OrderCursor();
  const all = everything();
  for (let index = 0; index < 1_000; index++) left.clear(index);
  expect(cursor.first(2, all, left)).toBe(1_000);
  left.set(17);
  expect(cursor.first(2, all, left)).toBe(1_000);
  cursor.rewind(17);
  expect(cursor.first(2, all, left)).toBe(17);
  left.clear(17);
  expect(cursor.first(2, all, left)).toBe(1_000);
});

test('each rank has a place of its own', () => {
  const cursor = new OrderCursor();
  const [high, low] = [new Bitfield(16), new Bitfield(16)];
  high.set(9);
  low.set(3);
  const all = new Bitfield(16, Uint8Array.of(0xff, 0xff));
  expect([cursor.first(3, high, all), cursor.first(1, low, all)]).toEqual([9, 3]);
  low.clear(3);
  low.set(12);
  expect([cursor.first(3, high, all), cursor.first(1, low, all)]).toEqual([9, 12]);
});
