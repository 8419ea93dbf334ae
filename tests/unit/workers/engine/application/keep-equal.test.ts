import { expect, test } from 'vitest';
import { keepEqual } from '../../../../../workers/engine/application/keep-equal.ts';

const known = {
  name: 'a',
  etaS: 9 as number | null,
  at: { seeds: [1, 2] },
  check: null as unknown,
};

test('what is equal stays the object it was', () => {
  expect(keepEqual(known, structuredClone(known))).toBe(known);
});

test.each([
  ['a figure', { etaS: 8 }],
  ['a figure inside', { at: { seeds: [1, 3] } }],
  ['one more inside', { at: { seeds: [1, 2, 3] } }],
  ['one less inside', { at: { seeds: [1] } }],
  ['what was nothing', { check: { progress: 0.5 } }],
  ['a figure that is not known any more', { etaS: null }],
  ['a field that was not there', { more: undefined }],
])('with %s changed it is the new one', (_, change) => {
  const now = { ...known, ...change };
  expect(keepEqual(known, now)).toBe(now);
});

test('with a field less it is the new one, and the first is as it came', () => {
  const { check: _, ...now } = known;
  expect(keepEqual<object>(known, now)).toBe(now);
  expect(keepEqual(undefined, now)).toBe(now);
});
