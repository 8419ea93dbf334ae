import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';

describe('bitfield', () => {
  it('has piece 0 at the highest bit of the first byte (BEP 3)', () => {
    const field = new Bitfield(10);
    field.set(0);
    field.set(9);
    expect([...field.bytes]).toEqual([0b1000_0000, 0b0100_0000]);
  });

  it('copies what it is made of and clears the bits past its length', () => {
    const bytes = Uint8Array.of(0xff, 0xff);
    const field = new Bitfield(10, bytes);
    bytes.fill(0);
    expect([...field.bytes]).toEqual([0xff, 0b1100_0000]);
    expect([field.count, field.isFull]).toEqual([10, true]);
  });

  it.each([
    [8, 2],
    [9, 1],
    [0, 1],
  ])('refuses %i pieces in %i bytes', (pieces, bytes) => {
    expect(() => new Bitfield(pieces, new Uint8Array(bytes))).toThrow(RangeError);
  });

  it('counts a piece once, however often it is set or cleared', () => {
    const field = new Bitfield(8);
    field.set(3);
    field.set(3);
    expect(field.count).toBe(1);
    field.clear(3);
    field.clear(3);
    expect(field.count).toBe(0);
  });

  it('has nothing outside its length and takes nothing there', () => {
    const field = new Bitfield(4);
    for (const index of [-1, 4, 7, 8, 1000]) {
      field.set(index);
      field.clear(index);
      expect(field.has(index)).toBe(false);
    }
    expect([field.count, ...field.bytes]).toEqual([0, 0]);
  });

  it('is full when there is nothing to have', () => {
    expect(new Bitfield(0).isFull).toBe(true);
  });

  it('agrees with a set of numbers through any sets and clears', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -3, max: 40 })));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 37 }), steps, (length, all) => {
        const field = new Bitfield(length);
        const model = new Set<number>();
        for (const [isSet, index] of all) {
          if (isSet) field.set(index);
          else field.clear(index);
          if (isSet && index >= 0 && index < length) model.add(index);
          if (!isSet) model.delete(index);
        }
        const found = Array.from({ length: 50 }, (_, i) => i).filter((i) => field.has(i));
        expect(found).toEqual([...model].sort((a, b) => a - b));
        expect(field.count).toBe(model.size);
        expect(new Bitfield(length, field.bytes).count).toBe(model.size);
      }),
    );
  });

  it('counts what it has in common with another', () => {
    const indexes = fc.uniqueArray(fc.nat({ max: 29 }));
    fc.assert(
      fc.property(indexes, indexes, (ours, theirs) => {
        const [a, b] = [new Bitfield(30), new Bitfield(30)];
        for (const index of ours) a.set(index);
        for (const index of theirs) b.set(index);
        expect(a.overlap(b)).toBe(ours.filter((index) => theirs.includes(index)).length);
      }),
    );
  });
});
