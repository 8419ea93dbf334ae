import { expect, test } from 'vitest';
import { PieceRetries } from '../../../../../workers/engine/application/piece-retries.ts';

const RULES = { intervalMs: 30_000, maxRetries: 3, backoffFactor: 2 };

test('a piece rests after so many failures in a row, longer each time', () => {
  const retries = new PieceRetries();
  const rests = Array.from({ length: 9 }, () => retries.failed(7, 0, RULES));
  expect(rests).toEqual([null, null, 30_000, null, null, 60_000, null, null, 120_000]);
});

test('it is fetched again when its rest is over, and no other piece rests with it', () => {
  const retries = new PieceRetries();
  for (let n = 0; n < 3; n++) retries.failed(7, 1_000, RULES);
  retries.failed(8, 1_000, RULES);
  expect(retries.resting).toEqual([7]);
  expect(retries.wake(30_999)).toBe(false);
  expect(retries.wake(31_000)).toBe(true);
  expect(retries.resting).toEqual([]);
  expect(retries.wake(99_000)).toBe(false);
});

test('one that came out right begins anew', () => {
  const retries = new PieceRetries();
  for (let n = 0; n < 3; n++) retries.failed(7, 0, RULES);
  retries.succeeded(7);
  expect(retries.resting).toEqual([]);
  expect([0, 0, 0].map(() => retries.failed(7, 0, RULES))).toEqual([null, null, 30_000]);
});

test('when somebody was banned nothing rests, and all begin anew', () => {
  const retries = new PieceRetries();
  expect(retries.forgive()).toBe(false);
  for (let n = 0; n < 3; n++) retries.failed(7, 0, RULES);
  expect(retries.forgive()).toBe(true);
  expect(retries.resting).toEqual([]);
  expect([0, 0, 0].map(() => retries.failed(7, 0, RULES))).toEqual([null, null, 30_000]);
});
