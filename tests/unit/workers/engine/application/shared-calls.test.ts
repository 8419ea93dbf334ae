import { expect, it } from 'vitest';
import { SharedCalls } from '../../../../../workers/engine/application/shared-calls.ts';
import { settled } from '../../../../support/fake-clock.ts';
import { gate } from './session-scene.ts';

it('makes one call of what is asked for twice at once, and another one later', async () => {
  const calls = new SharedCalls();
  let made = 0;
  const call = async () => ++made;
  expect(await Promise.all([calls.share('a', call), calls.share('a', call)])).toEqual([1, 1]);
  expect(await calls.share('b', call)).toBe(2);
  expect(await calls.share('a', call)).toBe(3);
});

it('gives a failure to all who asked, and tries again for the next', async () => {
  const calls = new SharedCalls();
  const failing = () => Promise.reject(new Error('no'));
  const both = [calls.share('a', failing), calls.share('a', failing)];
  await expect(Promise.allSettled(both)).resolves.toMatchObject([
    { status: 'rejected' },
    { status: 'rejected' },
  ]);
  expect(await calls.share('a', async () => 'yes')).toBe('yes');
});

it('runs calls of one key one after the other, also after one that failed', async () => {
  const calls = new SharedCalls();
  const journal: string[] = [];
  const { promise, resolve } = gate();
  const first = calls.inTurn('a', async () => {
    journal.push('first begins');
    await promise;
    throw new Error('first fails');
  });
  const second = calls.inTurn('a', async () => void journal.push('second'));
  const third = calls.inTurn('a', async () => void journal.push('third'));
  await calls.inTurn('b', async () => void journal.push('another key'));
  await settled();
  expect(journal).toEqual(['first begins', 'another key']);
  resolve();
  await expect(first).rejects.toThrow('first fails');
  await Promise.all([second, third]);
  expect(journal.slice(2)).toEqual(['second', 'third']);
});
