import { describe, expect, test } from 'vitest';
import { visibleName } from '../../../../src/ui/visible-name.ts';

describe('visibleName', () => {
  test.each([
    ['photo\u202egpj.exe', 'photo‹RLO›gpj.exe'],
    ['a\u2066b\u2069c', 'a‹LRI›b‹PDI›c'],
    ['a\u200bb', 'a‹ZWSP›b'],
    ['a\nb\u0000c\u007f', 'a␊b␀c␡'],
    ['a\u0085b', 'a‹U+0085›b'],
    ['a\u{e0041}b', 'a‹U+E0041›b'],
    ['lone \ud800 half', 'lone \ufffd half'],
  ])('shows what is hidden in %j', (name, visible) => expect(visibleName(name)).toBe(visible));

  test.each(['مكتبة الأنهار', 'می‌خواهم', '👩‍👩‍👧.mp4', '<b>bold</b>', '__proto__', 'naïve ☃️'])(
    'leaves %s alone',
    (name) => expect(visibleName(name)).toBe(name),
  );
});
