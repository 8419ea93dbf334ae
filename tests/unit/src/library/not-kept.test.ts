import { expect, test } from 'vitest';
import { notKeptText } from '../../../../src/library/not-kept.ts';

test.each([
  [0, 'Not kept: stays until you remove it'],
  [60, 'Not kept: removed 1 min after you stop watching'],
  [1_800, 'Not kept: removed 30 min after you stop watching'],
  [7_200, 'Not kept: removed 2 hours after you stop watching'],
  [2_592_000, 'Not kept: removed 30 days after you stop watching'],
])('with a time of %i s: %s', (idleS, text) => {
  expect(notKeptText(idleS)).toBe(text);
});
