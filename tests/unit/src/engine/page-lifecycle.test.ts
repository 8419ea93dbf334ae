import { beforeEach, expect, test, vi } from 'vitest';
import { watchLifecycle } from '../../../../src/engine/page-lifecycle.ts';

class FakeDocument extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';
}

const handlers = { checkpoint: vi.fn(), wake: vi.fn() };
let document: FakeDocument;
let window: EventTarget;
let nowMs: number;

beforeEach(() => {
  vi.clearAllMocks();
  document = new FakeDocument();
  window = new EventTarget();
  nowMs = 0;
  watchLifecycle(handlers, { document, window, now: () => nowMs });
});

function become(state: DocumentVisibilityState): void {
  document.visibilityState = state;
  document.dispatchEvent(new Event('visibilitychange'));
}

test.each([
  ['hiding', () => become('hidden')],
  ['freezing', () => document.dispatchEvent(new Event('freeze'))],
  ['leaving', () => window.dispatchEvent(new Event('pagehide'))],
])('%s writes down what is verified', (_, leave) => {
  leave();
  expect(handlers.checkpoint).toHaveBeenCalledOnce();
  expect(handlers.wake).not.toHaveBeenCalled();
});

test('coming back from a freeze, or from the cache of the back button, wakes the engine', () => {
  document.dispatchEvent(new Event('resume'));
  window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  expect(handlers.wake).toHaveBeenCalledTimes(2);
});

test('a network that is back wakes the engine', () => {
  window.dispatchEvent(new Event('offline'));
  expect(handlers.wake).not.toHaveBeenCalled();
  window.dispatchEvent(new Event('online'));
  expect(handlers.wake).toHaveBeenCalledOnce();
});

test('a page that is shown for the first time wakes nobody', () => {
  window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }));
  become('visible');
  expect(handlers.wake).not.toHaveBeenCalled();
});

test('only a long absence wakes the engine', () => {
  become('hidden');
  nowMs += 59_999;
  become('visible');
  expect(handlers.wake).not.toHaveBeenCalled();
  become('hidden');
  nowMs += 60_000;
  become('visible');
  expect(handlers.wake).toHaveBeenCalledOnce();
});
