import { expect, test } from 'vitest';
import { fail } from '../../../../../workers/contract/errors.ts';
import { PieceWaiters } from '../../../../../workers/engine/application/piece-waiters.ts';

const paused = fail('no-peers', 'paused').error;
const later = fail('unexpected', 'later').error;
const signal = () => new AbortController().signal;

test('everyone who waits for a piece is told when it arrives, and nobody else', async () => {
  const waiters = new PieceWaiters();
  const both = Promise.all([waiters.wait(1, signal()), waiters.wait(1, signal())]);
  const other = waiters.wait(2, signal());
  waiters.arrived(1);
  expect(await both).toEqual([null, null]);
  waiters.failAll(paused);
  expect(await other).toEqual(paused);
});

test('each is told once: what happens later changes nothing', async () => {
  const waiters = new PieceWaiters();
  const first = waiters.wait(1, signal());
  waiters.failAll(paused);
  waiters.arrived(1);
  waiters.failAll(later);
  expect(await first).toEqual(paused);
});

test('who gives up is let go, and the others wait on', async () => {
  const waiters = new PieceWaiters();
  const abort = new AbortController();
  const gone = waiters.wait(1, abort.signal);
  const other = waiters.wait(1, signal());
  abort.abort();
  expect(await gone).toBeNull();
  waiters.failAll(paused);
  expect(await other).toEqual(paused);
});

test('who had given up before waiting is let go at once', async () => {
  expect(await new PieceWaiters().wait(1, AbortSignal.abort())).toBeNull();
});
