import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  binaryToHex,
  hexToBinary,
  MAX_MESSAGE_CHARS,
  readTrackerMessage,
} from '../../../../../../workers/engine/protocol/trackers/tracker-message.ts';

const HASH = '000102030405060708090a0b0c0d0e0fff101112';
const PEER = 'ff'.repeat(20);
const announce = { action: 'announce', info_hash: hexToBinary(HASH) };
const offer = {
  ...announce,
  peer_id: hexToBinary(PEER),
  offer_id: 'twenty characters ok',
  offer: { type: 'offer', sdp: 'v=0' },
};
const { offer: _, ...withoutOffer } = offer;
const answer = { ...withoutOffer, answer: { type: 'answer', sdp: 'v=0' } };
const read = (message: unknown) => readTrackerMessage(JSON.stringify(message));

test('an announce is answered with counts and an interval', () => {
  expect(read({ ...announce, interval: 120, complete: 3, incomplete: 4 })).toEqual({
    kind: 'announced',
    infoHash: HASH,
    intervalS: 120,
    seeds: 3,
    leechers: 4,
  });
});

test.each([
  ['too short', { interval: 1 }, 30],
  ['zero', { interval: 0 }, 30],
  ['at the lower bound', { interval: 30 }, 30],
  ['a fraction', { interval: 99.9 }, 99],
  ['at the upper bound', { interval: 3600 }, 3600],
  ['too long', { interval: 1e300 }, 3600],
  ['negative, so the least interval counts', { interval: -5, 'min interval': 60 }, 60],
  ['text', { interval: '60' }, 120],
  ['missing', {}, 120],
])('an interval that is %s', (_case, fields, intervalS) => {
  expect(read({ ...announce, ...fields })).toMatchObject({ kind: 'announced', intervalS });
});

test.each([
  ['negative', -1],
  ['text', '3'],
  ['null', null],
  ['a list', [3]],
])('a count that is %s is not known', (_case, count) => {
  expect(read({ ...announce, complete: count, incomplete: count })).toMatchObject({
    seeds: null,
    leechers: null,
  });
});

test('offers and answers carry the remote peer, the offer and the description', () => {
  const fields = { infoHash: HASH, peerId: PEER, offerId: 'twenty characters ok', sdp: 'v=0' };
  expect(read(offer)).toEqual({ kind: 'offer', ...fields });
  expect(read(answer)).toEqual({ kind: 'answer', ...fields });
});

test.each([
  ['no offer_id', { offer_id: undefined }],
  ['an offer_id that is a number', { offer_id: 5 }],
  ['an endless offer_id', { offer_id: 'x'.repeat(65) }],
  ['no peer_id', { peer_id: undefined }],
  ['a peer_id of 19 characters', { peer_id: 'x'.repeat(19) }],
  ['a peer_id beyond one byte', { peer_id: '\u0100'.repeat(20) }],
  ['no sdp', { offer: { type: 'offer' } }],
  ['an sdp that is no text', { offer: { type: 'offer', sdp: {} } }],
  ['an endless sdp', { offer: { type: 'offer', sdp: 'x'.repeat(65_537) } }],
  ['the wrong type', { offer: { type: 'answer', sdp: 'v=0' } }],
  ['an offer that is true', { offer: true }],
  ['an offer that is a number', { offer: 1 }],
  ['an offer that is text', { offer: 'v=0' }],
  ['an offer that is a list', { offer: [] }],
])('an offer with %s is garbage', (_case, fields) => {
  expect(read({ ...offer, ...fields })).toMatchObject({ kind: 'garbage' });
});

test.each<[string, unknown]>([
  ['null', 'null'],
  ['a number', '5'],
  ['true', 'true'],
  ['text', '"announce"'],
  ['a list', '[]'],
  ['an empty object', '{}'],
  ['not JSON', '{"action":'],
  ['empty', ''],
  ['bytes', new ArrayBuffer(4)],
  ['undefined', undefined],
  ['too long', JSON.stringify({ ...announce, x: 'x'.repeat(MAX_MESSAGE_CHARS) })],
  ['an unknown action', JSON.stringify({ ...announce, action: 'destroy' })],
  ['no info_hash', JSON.stringify({ action: 'announce' })],
  ['a hex info_hash', JSON.stringify({ ...announce, info_hash: HASH })],
  ['an info_hash beyond one byte', JSON.stringify({ ...announce, info_hash: '€'.repeat(20) })],
  ['prototype keys', '{"__proto__":{"action":"announce"},"constructor":1,"toString":2}'],
])('a message that is %s is garbage', (_case, text) => {
  expect(readTrackerMessage(text)).toMatchObject({ kind: 'garbage' });
});

test('prototype keys beside good ones change nothing', () => {
  const text = JSON.stringify(announce).replace('{', '{"__proto__":{"offer":{"sdp":"v=0"}},');
  expect(readTrackerMessage(text)).toMatchObject({ kind: 'announced', seeds: null });
});

test('deep nesting is no more than garbage', () => {
  expect(readTrackerMessage('['.repeat(200_000))).toMatchObject({ kind: 'garbage' });
});

test.each([
  ['of one torrent', hexToBinary(HASH), HASH],
  ['of nobody in particular', undefined, null],
])('a failure %s is told, cut short', (_case, info_hash, infoHash) => {
  const reason = 'x'.repeat(1000);
  expect(read({ info_hash, 'failure reason': reason })).toEqual({
    kind: 'failed',
    infoHash,
    reason: reason.slice(0, 300),
  });
});

test('a scrape says how many there are of each torrent, as far as it makes sense', () => {
  const files = {
    [hexToBinary(HASH)]: { complete: 3, incomplete: 4, downloaded: 9 },
    [hexToBinary(PEER)]: { complete: -1, incomplete: 'many' },
    short: { complete: 1, incomplete: 1 },
    ['€'.repeat(20)]: { complete: 1, incomplete: 1 },
    [hexToBinary('12'.repeat(20))]: null,
  };
  expect(read({ action: 'scrape', files })).toEqual({
    kind: 'scraped',
    swarms: [
      { infoHash: HASH, seeds: 3, leechers: 4 },
      { infoHash: PEER, seeds: null, leechers: null },
    ],
  });
});

test.each([undefined, null, 5, 'text'])(
  'a scrape of which the files are %s is garbage',
  (files) => {
    expect(read({ action: 'scrape', files })).toMatchObject({ kind: 'garbage' });
  },
);

test('a scrape that is refused is no refusal of the torrent', () => {
  const refusal = { action: 'scrape', info_hash: hexToBinary(HASH), 'failure reason': 'no' };
  expect(read(refusal)).toEqual({ kind: 'ignored' });
});

test('whatever JSON comes, reading it never throws', () => {
  const odd = fc.dictionary(
    fc.constantFrom(
      ...['action', 'info_hash', 'peer_id', 'offer_id', 'offer', 'answer', 'interval', 'files'],
    ),
    fc.oneof(fc.jsonValue(), fc.constantFrom('announce', 'scrape', announce.info_hash)),
  );
  fc.assert(
    fc.property(odd, (message) => {
      expect(['announced', 'offer', 'answer', 'failed', 'garbage', 'scraped', 'ignored']).toContain(
        read(message).kind,
      );
    }),
  );
});

test('ids turn from hex to binary and back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
      const id = Buffer.from(bytes).toString('hex');
      expect(binaryToHex(hexToBinary(id))).toBe(id);
    }),
  );
});
