import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { base32ToBytes, bytesToHex } from '../../../../../workers/engine/readers/encoding.ts';

describe('base32', () => {
  // RFC 4648, section 10.
  test.each([
    ['', ''],
    ['MY', 'f'],
    ['MZXQ', 'fo'],
    ['MZXW6', 'foo'],
    ['MZXW6YQ', 'foob'],
    ['MZXW6YTB', 'fooba'],
    ['mzxw6ytboi', 'foobar'],
  ])('%s is %j', (encoded, expected) => {
    expect(Buffer.from(base32ToBytes(encoded) ?? []).toString()).toBe(expected);
  });
  test.each(['0', '1', '8', '9', '=', 'ä', ' ', 'A\u0000'])('%j is none', (text) => {
    expect(base32ToBytes(text)).toBeNull();
  });
});

test('hex is what Node makes of it', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(bytesToHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
    }),
  );
});
