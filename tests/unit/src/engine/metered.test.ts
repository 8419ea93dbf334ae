import { expect, test } from 'vitest';
import { followMetered } from '../../../../src/engine/metered.ts';

test.each([
  ['says nothing', undefined, null],
  ['knows of no data saver and no type', {}, false],
  ['is on a phone network', { type: 'cellular' }, true],
  ['saves data', { type: 'wifi', saveData: true }, true],
  ['is on Wi-Fi', { type: 'wifi', saveData: false }, false],
])('a browser that %s', (_, facts, expected) => {
  const heard: (boolean | null)[] = [];
  const connection = facts && Object.assign(new EventTarget(), facts);
  const { signal } = new AbortController();
  followMetered((isMetered) => heard.push(isMetered), signal, connection ? { connection } : {});
  expect(heard).toEqual([expected]);
});

test('each change is told, until it is of no interest any more', () => {
  const end = new AbortController();
  const heard: (boolean | null)[] = [];
  const connection = Object.assign(new EventTarget(), { type: 'wifi' });
  followMetered((isMetered) => heard.push(isMetered), end.signal, { connection });
  connection.type = 'cellular';
  connection.dispatchEvent(new Event('change'));
  expect(heard).toEqual([false, true]);
  end.abort();
  connection.dispatchEvent(new Event('change'));
  expect(heard).toEqual([false, true]);
});
