import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import material from '../../../../fixtures/material/sanitize-paths.json' with { type: 'json' };
import {
  sanitizeElement,
  sanitizePath,
} from '../../../../../workers/engine/readers/sanitize-path.ts';
import { decodeUtf8 } from '../../../../../workers/engine/readers/utf8.ts';

// A busy machine may be slow; time is asserted where it is the point.
vi.setConfig({ testTimeout: 120_000 });

const windows = { platform: 'windows' } as const;

function textOf(hex: string): string {
  return decodeUtf8(Uint8Array.from(Buffer.from(hex, 'hex')));
}

describe('the table of path elements', () => {
  expect(material.sanitize).toHaveLength(material.counts.sanitize);
  const rows = material.sanitize.map((row, index) => ({
    title: `${index} ${row.test}${row.force_element ? ' forced' : ''} ${row.comment ?? ''}`,
    elements: row.elements.map(({ hex }) => textOf(hex)),
    isForced: row.force_element,
    posix: textOf(row.expected_posix.hex),
    windows: textOf(row.expected_windows.hex).replaceAll('\\', '/'),
  }));

  test.each(rows)('posix $title', ({ elements, isForced, posix }) => {
    expect(sanitizePath(elements, { platform: 'posix', isForced })).toBe(posix);
  });
  test.each(rows)('windows $title', ({ elements, isForced, windows: expected }) => {
    expect(sanitizePath(elements, { platform: 'windows', isForced })).toBe(expected);
  });
  test.each(material.name_from_info_dict)('a name is one element: $expected_name', (row) => {
    expect(sanitizeElement(row['name.utf-8'], { platform: 'posix' })).toBe(row.expected_name);
  });
  test.each(material.verify_encoding)('UTF-8 $input_hex', (row) => {
    const text = textOf(row.input_hex);
    expect(Buffer.from(text).toString('hex')).toBe(row.expected_hex);
    expect(row.input_hex === row.expected_hex).toBe(row.valid);
  });
});

describe('names that mean something else on Windows', () => {
  const devices = 'con prn aux clock$ nul'.split(' ');
  const ports = [...'0123456789¹²³'].flatMap((digit) => [`com${digit}`, `lpt${digit}`]);
  test.each([...devices, ...ports])('%s', (name) => {
    expect(sanitizeElement(name, windows)).toBe(`_${name}`);
    expect(sanitizeElement(name.toUpperCase(), windows)).toBe(`_${name.toUpperCase()}`);
    expect(sanitizeElement(`${name}.tar.gz`, windows)).toBe(`_${name}.tar.gz`);
    expect(sanitizeElement(`${name} .txt`, windows)).toBe(`_${name} .txt`);
    expect(sanitizeElement(name, { platform: 'posix' })).toBe(name);
  });
  test.each([
    ['c\u200bon', '_con'],
    ['nul. ', '_nul'],
    ['console', 'console'],
    ['com10', 'com10'],
    ['a:b|c*d?e"f<g>h', 'a_b_c_d_e_f_g_h'],
  ])('%j becomes %j', (name, expected) => {
    expect(sanitizeElement(name, windows)).toBe(expected);
  });
});

describe('own rows', () => {
  test.each([
    ['.\u200b.', null],
    ['./.', null],
    ['\u202e..', null],
    ['...', null],
    ['\u0000', '_'],
    ['a\u0000b', 'a_b'],
    ['a\u2028b\u2029c', 'a_b_c'],
    ['\ud800x', '_x'],
    ['photo\u202egnp.exe', 'photognp.exe'],
    ['\u{e0041}tag', 'tag'],
    ['日本語.mkv', '日本語.mkv'],
    ['__proto__', '__proto__'],
    ['<img src=x onerror=alert(1)>', '_img src=x onerror=alert(1)_'],
  ])('%j becomes %j', (name, expected) => {
    expect(sanitizeElement(name, windows)).toBe(expected);
  });
  test('an extension that is too long for one is cut with the rest', () => {
    expect(sanitizeElement(`${'x'.repeat(250)}.${'y'.repeat(9)}`, windows)).toBe('x'.repeat(240));
    expect(sanitizeElement(`${'x'.repeat(250)}.日本語`, windows)).toBe('x'.repeat(240));
    expect(sanitizeElement(`${'x'.repeat(250)}.${'y'.repeat(8)}`, windows)).toBe(
      `${'x'.repeat(240)}.${'y'.repeat(8)}`,
    );
  });
  test.each([
    ['61c3', 'a_'],
    ['c361', '_a'],
    ['80', '_'],
    ['8080', '__'],
    ['ff41', '_A'],
    ['eda08041', '_A'],
    ['f490808041', '_A'],
    ['f48fbfbf', '\u{10ffff}'],
    ['efbbbf41', '\ufeffA'],
    ['e282e282ac', '_€'],
  ])('UTF-8 %s is %j', (hex, expected) => {
    expect(textOf(hex)).toBe(expected);
  });
});

describe('whatever the name', () => {
  const hostile = fc.constantFrom(
    '.',
    '..',
    '/',
    '\\',
    '\u202e',
    '\u0000',
    '\u200b',
    ' ',
    'con',
    ':',
  );
  const element = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(fc.oneof(hostile, fc.string({ maxLength: 3 }))).map((parts) => parts.join('')),
    fc.uint8Array({ maxLength: 400 }).map(decodeUtf8),
  );

  test('the path is relative, without traversal, controls or bidirectional characters', () => {
    fc.assert(
      fc.property(
        fc.array(element, { maxLength: 6 }),
        fc.constantFrom('posix' as const, 'windows' as const),
        fc.boolean(),
        (elements, platform, isForced) => {
          const path = sanitizePath(elements, { platform, isForced });
          expect(path).not.toMatch(
            /[\p{Cc}\\\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u,
          );
          expect(path.isWellFormed()).toBe(true);
          const parts = path === '' ? [] : path.split('/');
          expect(parts.length).toBeLessThanOrEqual(elements.length);
          for (const part of parts) {
            expect(['', '.', '..']).not.toContain(part);
            expect(Buffer.byteLength(part)).toBeLessThanOrEqual(253);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('what is safe is left alone', () => {
    fc.assert(
      fc.property(element, (name) => {
        const once = sanitizeElement(name, windows);
        if (once !== null) expect(sanitizeElement(once, windows)).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  test('valid UTF-8 is decoded as it stands, and nothing throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (name) => {
        expect(decodeUtf8(new TextEncoder().encode(name))).toBe(name);
      }),
    );
  });
});
