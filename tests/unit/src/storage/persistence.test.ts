import { expect, test, vi } from 'vitest';
import { Persistence } from '../../../../src/storage/persistence.svelte.ts';

test.each([
  [true, 'kept'],
  [false, 'refused'],
  [null, 'unavailable'],
] as const)('the browser says %s: %s', async (said, answer) => {
  const persistence = new Persistence(async () => said);
  await persistence.ask();
  expect(persistence.answer).toBe(answer);
});

test('a browser that fails to answer has no promise to give', async () => {
  const persistence = new Persistence(() => Promise.reject(new Error('no')));
  await persistence.ask();
  expect(persistence.answer).toBe('unavailable');
});

test('adding asks once, a person may ask again', async () => {
  const askToPersist = vi.fn(async () => false);
  const persistence = new Persistence(askToPersist);
  await persistence.askOnce();
  await persistence.askOnce();
  expect(askToPersist).toHaveBeenCalledOnce();
  await persistence.ask();
  expect(askToPersist).toHaveBeenCalledTimes(2);
});

test('a question that waits is not asked twice', async () => {
  let answer = (_isKept: boolean) => {};
  const askToPersist = vi.fn(() => new Promise<boolean>((resolve) => (answer = resolve)));
  const persistence = new Persistence(askToPersist);
  const first = persistence.ask();
  expect(persistence.answer).toBe('asking');
  await persistence.ask();
  answer(true);
  await first;
  expect(askToPersist).toHaveBeenCalledOnce();
  expect(persistence.answer).toBe('kept');
});
