import { expect, test } from 'vitest';
import { PieceCheck } from '../../../../../workers/engine/application/piece-check.ts';
import { settled } from '../../../../support/fake-clock.ts';

/** A check of these pieces whose hashes end when the test says so. */
function scene(pieces: readonly number[]) {
  const asked: number[] = [];
  const answers = new Map<number, { good: (isGood: boolean) => void; fail: (e: Error) => void }>();
  const checked: [number, boolean][] = [];
  const ended: unknown[] = [];
  const check = new PieceCheck(
    pieces,
    (index) => {
      asked.push(index);
      return new Promise((resolve, reject) => {
        answers.set(index, { good: resolve, fail: reject });
      });
    },
    { checked: (index, good) => checked.push([index, good]), ended: (error) => ended.push(error) },
  );
  const answer = async (index: number, isGood = true) => {
    answers.get(index)!.good(isGood);
    await settled();
  };
  return { check, asked, answers, answer, checked, ended };
}

test('hashes two pieces at a time, in order, and reports each once', async () => {
  const { check, asked, answer, checked, ended } = scene([3, 4, 5]);
  await settled();
  expect(asked).toEqual([3, 4]);
  await answer(4, false);
  expect(asked).toEqual([3, 4, 5]);
  expect(check.progress).toBeCloseTo(1 / 3);
  await answer(3);
  expect(ended).toEqual([]);
  await answer(5);
  expect(checked).toEqual([
    [4, false],
    [3, true],
    [5, true],
  ]);
  expect(ended).toEqual([null]);
  expect(check.progress).toBe(1);
});

test('paused, it starts nothing and reports nothing; resumed, it goes on where it was', async () => {
  const { check, asked, answer, checked, ended } = scene([0, 1, 2]);
  await settled();
  check.pause();
  check.pause();
  expect(check.isPaused).toBe(true);
  await answer(0);
  await answer(1);
  expect([asked, checked]).toEqual([[0, 1], []]);
  check.resume();
  await settled();
  expect(check.isPaused).toBe(false);
  expect(checked).toEqual([
    [0, true],
    [1, true],
  ]);
  await answer(2);
  expect(ended).toEqual([null]);
});

test('paused before its first piece, it asks for none', async () => {
  const { check, asked } = scene([0]);
  check.pause();
  await settled();
  expect(asked).toEqual([]);
  check.resume();
  await settled();
  expect(asked).toEqual([0]);
});

test.each([false, true])('cancelled (while paused: %s), it reports no more', async (isPaused) => {
  const { check, asked, answer, checked, ended } = scene([0, 1, 2]);
  await settled();
  if (isPaused) check.pause();
  check.cancel();
  await answer(0);
  await answer(1);
  expect([asked, checked, ended]).toEqual([[0, 1], [], []]);
});

test('when storage fails it ends once, with the error', async () => {
  const { answers, answer, checked, ended } = scene([0, 1, 2]);
  await settled();
  const error = new Error('the disk is gone');
  answers.get(0)!.fail(error);
  await settled();
  await answer(1);
  expect([checked, ended]).toEqual([[], [error]]);
});

test('with nothing to hash it ends at once', async () => {
  const { check, ended } = scene([]);
  await settled();
  expect([check.progress, ended]).toEqual([1, [null]]);
});
