import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import material from '../../../../fixtures/material/sanitize-paths.json' with { type: 'json' };
import { resolveDuplicates } from '../../../../../workers/engine/readers/resolve-duplicates.ts';

// A busy machine may be slow; time is asserted where it is the point.
vi.setConfig({ testTimeout: 120_000 });

function resolve(...paths: string[]): string[] {
  return resolveDuplicates(paths.map((path) => ({ path, lengthBytes: 1, isPad: false })));
}

describe('the table of duplicate names', () => {
  expect(material.resolve_duplicates).toHaveLength(material.counts.duplicate_groups);
  test.each(material.resolve_duplicates.map((row, index) => ({ ...row, index })))(
    'group $index: $comments',
    ({ files }) => {
      const resolved = resolveDuplicates(
        files.map((file) => ({
          path: file.path,
          lengthBytes: file.size,
          isPad: file.pad_file,
        })),
      );
      expect(resolved).toEqual(files.map((file) => file.expected_path));
    },
  );
});

describe('own rows', () => {
  test('a number that is taken is passed over', () => {
    expect(resolve('a.txt', 'a.1.txt', 'a.txt')).toEqual(['a.txt', 'a.1.txt', 'a.2.txt']);
  });
  test('a number that is given out is taken', () => {
    expect(resolve('a.txt', 'a.txt', 'a.1.txt')).toEqual(['a.txt', 'a.1.txt', 'a.1.1.txt']);
  });
  test('two spellings of an accent are one name', () => {
    expect(resolve('caf\u00e9', 'cafe\u0301')).toEqual(['caf\u00e9', 'cafe\u0301.1']);
  });
  test('both Greek small sigmas are one letter', () => {
    expect(resolve('\u03c3', '\u03c2')).toEqual(['\u03c3', '\u03c2.1']);
  });
  test('a dot in a directory is no extension', () => {
    expect(resolve('v1.0/file', 'v1.0/file')).toEqual(['v1.0/file', 'v1.0/file.1']);
  });
  test('many files of one name take linear time', () => {
    const start = performance.now();
    const resolved = resolve(...Array<string>(100_000).fill('folder/a.txt'));
    expect(new Set(resolved).size).toBe(100_000);
    expect(performance.now() - start).toBeLessThan(60_000);
  });
});

test('whatever the names, no file has the name of another file or of a directory', () => {
  const name = fc.constantFrom('a', 'A', 'b', 'a.1', 'A.2', 'a.1.1', '.x', 'é', 'e\u0301');
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(fc.array(path, { maxLength: 30 }), (paths) => {
      const folded = resolve(...paths).map((item) => item.normalize('NFC').toUpperCase());
      expect(new Set(folded).size).toBe(paths.length);
      for (const file of folded) {
        expect(folded.some((other) => other.startsWith(`${file}/`))).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});
