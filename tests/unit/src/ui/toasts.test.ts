import { expect, test } from 'vitest';
import { Toasts } from '../../../../src/ui/toasts.svelte.ts';

test('news goes away by itself; errors and questions stay', () => {
  const timers: (() => void)[] = [];
  const toasts = new Toasts((_, callback) => void timers.push(callback));
  toasts.show({ tone: 'info', message: 'news' });
  toasts.error({ kind: 'unexpected', message: 'trouble' });
  toasts.show({ tone: 'info', message: 'ask', action: { label: 'Yes', run: () => {} } });
  for (const run of timers) run();
  expect(toasts.items.map((item) => item.message)).toEqual(['trouble', 'ask']);
});

test('the same message twice is one, and four are enough', () => {
  const toasts = new Toasts(() => {});
  for (const message of ['a', 'b', 'a', 'c', 'd', 'e']) toasts.show({ tone: 'bad', message });
  expect(toasts.items.map((item) => item.message)).toEqual(['a', 'c', 'd', 'e']);
});
