import { expect, it } from 'vitest';
import { safeElement, safePaths, withNumber } from '../../../../workers/contract/safe-paths.ts';

it.each([
  ['Sintel (2010) ü 漢字.mkv', 'Sintel (2010) ü 漢字.mkv'],
  ['.hidden', '.hidden'],
  ['', '_'],
  ['.', '_'],
  ['..', '_'],
  ['a/b\\c', 'a_b_c'],
  ['what? <"*|:>', 'what_ ______'],
  ['photo\u202egpj.exe', 'photo_gpj.exe'],
  ['line\nbreak\u0000', 'line_break_'],
  ['lone \ud800', 'lone _'],
  ['dots and spaces. . ', 'dots and spaces'],
  ['CON', '_CON'],
  ['nul.txt', '_nul.txt'],
  ['com1 .txt', '_com1 .txt'],
  ['console', 'console'],
])('%j is saved as %j', (element, safe) => {
  expect(safeElement(element)).toBe(safe);
});

it('paths that were different stay different where case is ignored', () => {
  const paths = ['a/x:y', 'a/x_y', 'A/X?Y', 'a/é.txt', 'a/e\u0301.txt'];
  expect(safePaths(paths)).toEqual([
    'a/x_y',
    'a/x_y (2)',
    'A/X_Y (3)',
    'a/é.txt',
    'a/e\u0301 (2).txt',
  ]);
});

it('a file never takes the place of a folder', () => {
  expect(safePaths(['a', 'a/b', 'A/c/d', 'a/C'])).toEqual(['a (2)', 'a/b', 'A/c/d', 'a/C (2)']);
});

it('an element that climbs out stays inside', () => {
  expect(safePaths(['../../etc/passwd', '/root'])).toEqual(['_/_/etc/passwd', '_/root']);
});

it.each([
  ['a.tar.gz', 'a.tar (2).gz'],
  ['folder.d/name', 'folder.d/name (2)'],
  ['x/.hidden', 'x/.hidden (2)'],
])('%j with a number is %j', (path, numbered) => {
  expect(withNumber(path, 2)).toBe(numbered);
});
