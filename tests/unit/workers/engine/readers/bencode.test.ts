import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import material from '../../../../fixtures/material/bencode.json' with { type: 'json' };
import type { Result } from '../../../../../workers/contract/errors.ts';
import {
  asBytes,
  asDictionary,
  asInteger,
  asList,
  decodeBencode,
  scanBencode,
  splitDictionary,
  type BencodeDocument,
} from '../../../../../workers/engine/readers/bencode.ts';
import { bencodeOf, concat, text } from './bencode-of.ts';

// A busy machine may be slow; time is asserted where it is the point.
vi.setConfig({ testTimeout: 120_000 });

/** Generous: each bomb takes about a second; a quadratic reader would take hours. */
const BOMB_TIME_MS = 60_000;

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

function valueOf(result: Result<BencodeDocument>) {
  if (!result.ok) throw new Error(result.error.message);
  return result.value.value;
}

function flawsOf(result: Result<BencodeDocument>) {
  return result.ok ? [...result.value.flaws.keys()] : null;
}

describe('the table of vectors', () => {
  test.each(material.vectors)('$source: $text $note is $expect', (row) => {
    const bytes = bytesOf(row.hex);
    const result = decodeBencode(bytes);
    expect(result.ok).toBe(row.expect !== 'error');
    if (result.ok) {
      expect(scanBencode(bytes)).toEqual({ ok: true, value: bytes.length });
    } else {
      expect(result.error.kind).toBe('bad-torrent');
      expect(result.error.message).toMatch(/^Bad bencoding at byte \d+: .+\.$/);
    }
    // Some rows that libtorrent's tests call good have unsorted keys: only there is `unsorted-key` expected as well.
    const flaws = flawsOf(result) ?? [];
    if (row.expect === 'soft-error') {
      expect(row.error).toContain(flaws[0]?.replace('-', ' ').replace(/ key$/, ' dictionary key'));
    } else {
      expect(flaws.filter((flaw) => flaw !== 'unsorted-key')).toEqual([]);
    }
  });

  const integers = material.vectors.filter((row) => row.text?.startsWith('i') && row.value);
  test.each(integers)('$text is not rounded', (row) => {
    expect(`i${valueOf(decodeBencode(bytesOf(row.hex)))}e`).toBe(row.text);
  });
});

describe('bombs end soon and with an error', () => {
  const bombs: Readonly<Record<string, () => Uint8Array>> = {
    'token bomb': () => text(`l${'i0e'.repeat(3_000_001)}e`),
    'empty-dict bomb': () => text(`l${'de'.repeat(1_000_000)}e`),
    'deep list': () => text('l'.repeat(1_000_000)),
    'digit bomb': () => text(`${'1'.repeat(9_999_999)}:`),
    'colon-less list': () => text(`l${'1'.repeat(1_000_000)}`),
  };

  test('every generator of the table is run', () => {
    expect(Object.keys(bombs)).toEqual(material.generators.map(({ name }) => name));
  });

  test.each(Object.entries(bombs))('%s', (_, make) => {
    const bytes = make();
    const start = performance.now();
    expect(decodeBencode(bytes).ok).toBe(false);
    expect(scanBencode(bytes).ok).toBe(false);
    expect(splitDictionary(bytes).ok).toBe(false);
    expect(performance.now() - start).toBeLessThan(BOMB_TIME_MS);
  });

  test.each([
    ['strings', `l${'0:'.repeat(1_000_000)}e`],
    ['dictionaries', `l${'de'.repeat(300_000)}e`],
    ['keys', `d${'0:0:'.repeat(500_000)}e`],
    ['long strings', `9999990:${'x'.repeat(9_999_990)}`],
    ['long keys', `d9999980:${'x'.repeat(9_999_980)}0:e`],
  ])('%s, within the limits, are linear too', (_, source) => {
    const bytes = text(source);
    const start = performance.now();
    expect(decodeBencode(bytes).ok).toBe(true);
    expect(performance.now() - start).toBeLessThan(BOMB_TIME_MS);
  });
});

describe('limits', () => {
  test('bytes', () => {
    expect(decodeBencode(text('4:spam'), { maxBytes: 6 }).ok).toBe(true);
    expect(decodeBencode(text('4:spam'), { maxBytes: 5 })).toMatchObject({
      error: { kind: 'too-large' },
    });
  });
  test('depth', () => {
    const nested = (depth: number) => text('l'.repeat(depth) + 'e'.repeat(depth));
    expect(decodeBencode(nested(100)).ok).toBe(true);
    expect(decodeBencode(nested(101)).ok).toBe(false);
    expect(decodeBencode(nested(3), { maxDepth: 2 }).ok).toBe(false);
    expect(decodeBencode(text('i1e'), { maxDepth: 0 }).ok).toBe(true);
  });
  test('tokens', () => {
    expect(scanBencode(text('li1ei2ee'), { maxTokens: 4 }).ok).toBe(true);
    expect(scanBencode(text('li1ei2ee'), { maxTokens: 3 })).toMatchObject({
      error: { kind: 'too-large' },
    });
  });
  test('containers', () => {
    expect(scanBencode(text('lledee'), { maxContainers: 3 }).ok).toBe(true);
    expect(scanBencode(text('lledee'), { maxContainers: 2 }).ok).toBe(false);
  });
  test.each([
    ['i18446744073709551615e', true],
    ['i18446744073709551616e', false],
    ['i-9223372036854775808e', true],
    ['i-9223372036854775809e', false],
    ['i000000000000000000001e', false],
    ['i-00e', false],
    ['000000000000000000001:a', false],
  ])('digits of %s', (source, isOk) => {
    expect(decodeBencode(text(source)).ok).toBe(isOk);
  });
});

describe('values', () => {
  test('byte strings are views of the input', () => {
    const bytes = text('4:spam');
    const value = asBytes(valueOf(decodeBencode(bytes)));
    expect(value).toEqual(text('spam'));
    expect(value?.buffer).toBe(bytes.buffer);
  });
  test('a safe integer is a number, a larger one a bigint', () => {
    const max = Number.MAX_SAFE_INTEGER;
    const list = asList(valueOf(decodeBencode(bencodeOf([max, -max, BigInt(max) + 1n]))));
    expect(list).toEqual([max, -max, 9007199254740992n]);
  });
  test('nesting comes out as it went in', () => {
    const bytes = bencodeOf({ a: [1, [2, {}], 'x'], b: { c: { d: 5 } }, e: [] });
    const root = asDictionary(valueOf(decodeBencode(bytes)));
    expect(root?.get('a')).toEqual([1, [2, new Map()], text('x')]);
    expect(root?.get('b')).toEqual(new Map([['c', new Map([['d', 5]])]]));
    expect(root?.get('e')).toEqual([]);
  });
  test('keys of every byte are kept apart', () => {
    const keys = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    const bytes = concat([
      text('d'),
      ...keys.flatMap((key) => [text('1:'), key, text('0:')]),
      text('e'),
    ]);
    const result = decodeBencode(bytes);
    const root = asDictionary(valueOf(result));
    expect([...(root?.keys() ?? [])].map((key) => key.charCodeAt(0))).toEqual([
      ...Array(256).keys(),
    ]);
    expect(flawsOf(result)).toEqual([]);
  });
  test('`__proto__` is a key like any other and changes no prototype', () => {
    const root = asDictionary(valueOf(decodeBencode(text('d9:__proto__d6:lengthi1eee'))));
    expect([...(root?.keys() ?? [])]).toEqual(['__proto__']);
    expect(root).not.toHaveProperty('length');
    expect(({} as Record<string, unknown>)['length']).toBeUndefined();
  });
  test('the first of duplicate keys is kept, wherever the second stands', () => {
    const result = decodeBencode(text('d1:ai1e1:bi2e1:ali3eee'));
    expect(asInteger(asDictionary(valueOf(result))?.get('a'))).toBe(1);
    expect(flawsOf(result)).toEqual(['duplicate-key']);
  });
  test('accessors give null for another type', () => {
    expect([asBytes(1), asInteger([]), asList(new Map()), asDictionary([])]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('scanning and splitting', () => {
  test('a scan stops at the end of the value: what follows is the payload of BEP 9', () => {
    const message = text('d8:msg_typei1e5:piecei0ee');
    expect(scanBencode(concat([message, new Uint8Array(16_384)]))).toEqual({
      ok: true,
      value: message.length,
    });
  });
  test('a split gives the raw bytes of each value, however they are written', () => {
    const result = splitDictionary(text('d1:bd1:zi01e1:ai2ee1:ali1el0:ee1:b0:e'));
    if (!result.ok) throw new Error(result.error.message);
    const entries = [...result.value.entries].map(([key, raw]) => [
      key,
      Buffer.from(raw).toString(),
    ]);
    expect(entries).toEqual([
      ['b', 'd1:zi01e1:ai2ee'],
      ['a', 'li1el0:ee'],
    ]);
    expect([...result.value.flaws.keys()]).toEqual(['unsorted-key', 'duplicate-key']);
  });
  test.each(['', 'le', 'i1e', '1:a', 'd1:ae', 'dee', 'de '])('%j is no dictionary', (source) => {
    expect(splitDictionary(text(source)).ok).toBe(false);
  });
});

describe('whatever the bytes', () => {
  const bencodeLike = fc
    .array(fc.constantFrom('i', 'l', 'd', 'e', '-', ':', '0', '1', '2', '3:abc', '1:a', 'i5e', 'x'))
    .map((parts) => text(parts.join('')));

  test('decoder, scanner and splitter agree and never throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), bencodeLike), (bytes) => {
        const scanned = scanBencode(bytes);
        const decoded = decodeBencode(bytes);
        expect(decoded.ok).toBe(scanned.ok && scanned.value === bytes.length);
        const isDictionary = decoded.ok && asDictionary(decoded.value.value) !== null;
        expect(splitDictionary(bytes).ok).toBe(isDictionary);
      }),
      { numRuns: 1000 },
    );
  });

  test('what is written is read back, and no shorter or longer copy of it is', () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.maxSafeInteger(),
        fc.uint8Array({ maxLength: 20 }),
        fc.array(tie('value'), { maxLength: 4 }),
      ),
    }));
    fc.assert(
      fc.property(value, (written) => {
        const bytes = bencodeOf(written as Parameters<typeof bencodeOf>[0]);
        expect(valueOf(decodeBencode(bytes))).toEqual(written);
        expect(decodeBencode(bytes.subarray(0, -1)).ok).toBe(false);
        expect(decodeBencode(concat([bytes, text('e')])).ok).toBe(false);
      }),
    );
  });
});
