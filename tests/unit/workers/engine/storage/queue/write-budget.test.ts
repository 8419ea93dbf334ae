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

  it('throws when more leaves than came', () => {
    const budget = new WriteBudget(10);
    budget.add(5);
    expect(() => budget.remove(6)).toThrow(RangeError);
  });
});
