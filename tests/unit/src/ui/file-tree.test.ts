import { expect, test } from 'vitest';
import { buildFileTree, visibleRows } from '../../../../src/ui/file-tree.ts';

const files = (...paths: string[]) =>
  paths.map((path, index) => ({ index, path, lengthBytes: index + 1 }));
const namesOf = (...paths: string[]) =>
  visibleRows(buildFileTree(files(...paths)), () => true).map(
    ({ node, depth }) => '  '.repeat(depth) + node.name,
  );

test('folders come first and names count as a person does', () => {
  expect(namesOf('T/e10.mp4', 'T/e9.mp4', 'T/z/a.txt')).toEqual([
    'z',
    '  a.txt',
    'e9.mp4',
    'e10.mp4',
  ]);
});

test('the one folder around everything is left out', () => {
  expect(namesOf('T/a', 'T/b')).toEqual(['a', 'b']);
  expect(namesOf('T/a', 'b')).toEqual(['T', '  a', 'b']);
  expect(namesOf('only.mp4')).toEqual(['only.mp4']);
});

test('a folder knows its size and every file in it', () => {
  const [folder] = buildFileTree(files('a/b/c', 'a/d', 'e'));
  expect(folder).toMatchObject({ kind: 'folder', name: 'a', lengthBytes: 3 });
  expect(folder?.kind === 'folder' && folder.files.map((file) => file.index)).toEqual([0, 1]);
});

test('what is folded is not drawn', () => {
  const rows = visibleRows(buildFileTree(files('a/b', 'c')), () => false);
  expect(rows.map(({ node }) => node.name)).toEqual(['a', 'c']);
});

test('hostile names are only names', () => {
  expect(namesOf('__proto__/constructor', 'toString')).toEqual([
    '__proto__',
    '  constructor',
    'toString',
  ]);
});
