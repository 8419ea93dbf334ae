import { describe, expect, it, vi } from 'vitest';
import { WriteBudget } from '../../../../../../workers/engine/storage/queue/write-budget.ts';

describe('write budget', () => {
  it('is pressed from its limit on, until half of it is left', () => {
    const budget = new WriteBudget(100);
    const seen: [number, boolean][] = [];
    const step = (bytes: number) => {
      if (bytes > 0) budget.add(bytes);
      else budget.remove(-bytes);
      seen.push([budget.usedBytes, budget.isPressed]);
    };
    [99, 1, 30, -60, -19, -1, 49, 1].forEach(step);
    expect(seen).toEqual([
      [99, false],
      [100, true],
      [130, true],
      [70, true],
      [51, true],
      [50, false],
      [99, false],
      [100, true],
    ]);
  });

  it('tells each listener once per relief, and none that stopped listening', () => {
    const budget = new WriteBudget(10);
    const [stays, goes] = [vi.fn(), vi.fn()];
    budget.onRelieved(stays);
    const stop = budget.onRelieved(goes);
    budget.add(20);
    budget.remove(16);
    budget.remove(4);
    stop();
    budget.add(10);
    budget.remove(10);
    expect([stays.mock.calls.length, goes.mock.calls.length]).toEqual([2, 1]);
  });

  it('follows its limit when that is moved', () => {
    const budget = new WriteBudget(100);
    const relieved = vi.fn();
    budget.onRelieved(relieved);
    budget.add(60);
    budget.setLimit(60);
    expect(budget.isPressed).toBe(true);
    budget.setLimit(119);
    expect(budget.isPressed).toBe(true);
    expect(relieved).not.toHaveBeenCalled();
    budget.setLimit(120);
    expect(budget.isPressed).toBe(false);
    expect(relieved).toHaveBeenCalledOnce();
  });

  it.each([
    ['beside what waits', 40, 0, 60, true],
    ['not beside a byte more', 41, 0, 60, false],
    ['not beside what is in flight', 40, 1, 60, false],
    ['alone, however large it is', 0, 0, 101, true],
    ['not beside anything when it is larger than the limit', 0, 1, 101, false],
  ])('has room for a piece %s', (_, usedBytes, inFlightBytes, lengthBytes, hasRoom) => {
    const budget = new WriteBudget(100);
    budget.add(usedBytes);
    expect(budget.hasRoomFor(lengthBytes, inFlightBytes)).toBe(hasRoom);
  });

  it.each([
    ['is pressed by a refusal while more than half waits', 51, true],
    ['is not pressed by a refusal for what is in flight', 50, false],
  ])('%s', (_, usedBytes, isPressed) => {
    const budget = new WriteBudget(100);
    budget.add(usedBytes);
    budget.hasRoomFor(10, 90);
    expect(budget.isPressed).toBe(isPressed);
    budget.remove(usedBytes);
    expect(budget.isPressed).toBe(false);
  });

  it('throws when more leaves than came', () => {
    const budget = new WriteBudget(10);
    budget.add(5);
    expect(() => budget.remove(6)).toThrow(RangeError);
  });
});
