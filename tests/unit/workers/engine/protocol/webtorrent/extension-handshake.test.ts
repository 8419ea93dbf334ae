/** Extension handshakes (BEP 10), and what of them is left for others to read. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rewriteHandshake } from '../../../../../../workers/engine/protocol/webtorrent/extension-handshake.ts';
import { decodeBencode } from '../../../../../../workers/engine/readers/bencode.ts';
import { bencode, type Bencodable } from '../../../../../support/torrents.ts';

const rewritten = (handshake: Bencodable) => {
  const bytes = rewriteHandshake(bencode(handshake));
  return bytes && Buffer.from(bytes);
};
const nothing = bencode({ m: {} });

test('what somebody reads is kept', () => {
  const handshake = {
    m: { lt_donthave: 7, ut_metadata: 3 },
    metadata_size: 31_235,
    reqq: 250,
    upload_only: 1,
    v: 'libtorrent 2.0',
  };
  expect(rewritten(handshake)).toEqual(bencode(handshake));
});

test.each<[string, Bencodable]>([
  ['other fields', { ipv4: 'abcd', p: 6881, yourip: 'abcd', __proto__x: { a: 1 } }],
  ['other extensions', { m: { ut_pex: 2, toString: 1, constructor: 2 } }],
  ['numbers that no extension has', { m: { ut_metadata: 256, lt_donthave: -1 } }],
  ['what is no number', { m: { ut_metadata: { toString: 1 } }, reqq: 'x', metadata_size: [1] }],
  ['a list of extensions', { m: [1, 2] }],
  ['a number of extensions', { m: 5 }],
  ['a client that is no text', { v: 5 }],
])('%s are left out', (_, handshake) => {
  expect(rewritten(handshake)).toEqual(nothing);
});

test('a later handshake changes what it names and leaves the rest, as it was passed on', () => {
  const first = bencode({ m: { lt_donthave: 7, ut_metadata: 3 }, reqq: 250, v: 'libtorrent 2.0' });
  const passed = rewriteHandshake(first);
  const later = rewriteHandshake(bencode({ upload_only: 1, m: { ut_metadata: 0 } }), passed);
  expect(Buffer.from(later!)).toEqual(
    bencode({
      m: { lt_donthave: 7, ut_metadata: 0 },
      reqq: 250,
      upload_only: 1,
      v: 'libtorrent 2.0',
    }),
  );
  expect(rewriteHandshake(Buffer.from('le'), passed)).toBeNull();
});

test('a number beyond what a number can be is left out', () => {
  const bytes = Buffer.from('d13:metadata_sizei9007199254740993e4:reqqi-1ee');
  expect(Buffer.from(rewriteHandshake(bytes)!)).toEqual(bencode({ m: {}, reqq: -1 }));
});

test('a long name is cut, byte for byte', () => {
  const name = Buffer.alloc(300, 0xfe);
  expect(rewritten({ v: name })).toEqual(bencode({ m: {}, v: name.subarray(0, 64) }));
});

test.each<[string, string]>([
  ['empty', ''],
  ['a number', 'i5e'],
  ['a list', 'le'],
  ['cut off', 'd1:m'],
  ['followed by something', 'de1:x'],
  ['of a negative length', 'd1:ml-3:ee'],
  ['of a negative key', 'd-3:e'],
  ['too deep', 'l'.repeat(60_000)],
  ['too long', `d1:v70000:${'x'.repeat(70_000)}e`],
])('a handshake that is %s is none', (_, text) => {
  expect(rewriteHandshake(Buffer.from(text))).toBeNull();
});

test('whatever comes, what is passed on is well-formed and short', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
      const bytes = Buffer.concat([Buffer.from('d1:v'), bencode(noise), Buffer.from('e')]);
      for (const input of [bytes, noise]) {
        const passed = rewriteHandshake(input);
        if (passed) expect(decodeBencode(passed).ok && passed.length < 200).toBe(true);
      }
    }),
  );
});
