import { expect, test } from 'vitest';
import { InFlightLimits } from '../../../../../workers/engine/protocol/in-flight-limits.ts';

const MIB = 1024 * 1024;

function started(limits: InFlightLimits, lengthBytes: number, extra = 0): number {
  let count = 0;
  for (; count < 1_000 && limits.mayStart(lengthBytes, extra); count++) limits.began(lengthBytes);
  return count;
}

test.each([
  ['small pieces are bounded by their number', 16 * 1024, 20],
  ['large pieces are bounded by their bytes', 4 * MIB, 6],
  ['of huge pieces two may still overlap', 64 * MIB, 2],
])('%s', (_, lengthBytes, expected) => {
  expect(started(new InFlightLimits(20), lengthBytes)).toBe(expected);
});

test('a waiting reader gets one piece more, however full it is', () => {
  for (const lengthBytes of [16 * 1024, 4 * MIB, 64 * MIB]) {
    const limits = new InFlightLimits(20);
    started(limits, lengthBytes);
    expect(started(limits, lengthBytes, 1)).toBe(1);
  }
});

test('what has ended makes room again', () => {
  const limits = new InFlightLimits(3);
  started(limits, MIB);
  limits.ended(MIB);
  expect(limits).toMatchObject({ inFlightPieces: 2, inFlightBytes: 2 * MIB });
  expect(limits.mayStart(MIB, 0)).toBe(true);
});

test('the buffers of pieces under way count, and those kept for the next', () => {
  const limits = new InFlightLimits(20);
  limits.began(2 * MIB);
  limits.buffers.give(new Uint8Array(MIB));
  expect(limits.bufferBytes).toBe(3 * MIB);
  limits.buffers.take(MIB);
  expect(limits.bufferBytes).toBe(2 * MIB);
});

test('who waits is told at once when the limits are raised, though nothing has ended', () => {
  const limits = new InFlightLimits(1);
  limits.began(MIB);
  let told = 0;
  limits.wait({ inFlightPieces: 0, onRoom: () => told++, giveUpIdle: () => {} });
  const shares = { maxInFlightBytes: 24 * MIB, maxSpareBytes: 0 };
  limits.configure(2, shares);
  expect([told, limits.mayStart(MIB, 0)]).toEqual([1, true]);
  limits.configure(1, shares);
  expect(limits.mayStart(MIB, 0)).toBe(false);
});
