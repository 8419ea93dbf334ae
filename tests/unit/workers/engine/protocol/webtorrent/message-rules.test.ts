/** Each kind of message, well-formed and not, against a torrent of 10 pieces, one that is not known, and without BEP 6. */
import { expect, test } from 'vitest';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import {
  judgeMessage,
  type MessageFacts,
} from '../../../../../../workers/engine/protocol/webtorrent/message-rules.ts';
import { uint32 } from './hostile-scene.ts';

const TEN = new PieceMap(9 * 16_384 + 1_000, 16_384);
const OURS: Readonly<Record<number, string>> = { 1: 'ut_metadata', 2: 'lt_donthave' };
const known: MessageFacts = { map: TEN, hasFast: true, extensionName: (number) => OURS[number] };
const unknown: MessageFacts = { ...known, map: null };
const slow: MessageFacts = { ...known, hasFast: false };

const LAST = 2_097_151;
const END = 0xffff_ffff;
const of = (id: number, ...numbers: readonly number[]) =>
  Buffer.concat([Buffer.from([id]), uint32(...numbers)]);
const bytes = (...values: readonly number[]) => Buffer.from(values);

/** What is said of it: `read`, `ignore`, or that it ends the connection. */
function judged(message: Uint8Array, facts: MessageFacts): string {
  const verdict = judgeMessage(message, facts);
  return typeof verdict === 'string' ? verdict : 'end';
}

test.each<[string, Uint8Array, string, string]>([
  ['choke', bytes(0), 'read', 'read'],
  ['unchoke', bytes(1), 'read', 'read'],
  ['interested', bytes(2), 'read', 'read'],
  ['not interested', bytes(3), 'read', 'read'],
  ['choke with more', bytes(0, 1), 'ignore', 'ignore'],
  ['have of the last piece', of(4, 9), 'read', 'read'],
  ['have past the end', of(4, 10), 'end', 'read'],
  ['have past any torrent', of(4, LAST + 1), 'end', 'end'],
  ['have of -1', of(4, END), 'end', 'end'],
  ['have without a number', bytes(4), 'end', 'end'],
  ['have with two numbers', of(4, 1, 2), 'end', 'end'],
  ['bitfield', bytes(5, 0xff, 0xc0), 'read', 'read'],
  ['bitfield with spare bits', bytes(5, 0xff, 0xff), 'read', 'read'],
  ['short bitfield', bytes(5, 0xff), 'end', 'read'],
  ['long bitfield', bytes(5, 0xff, 0xff, 0), 'end', 'read'],
  ['bitfield of the largest torrent', Buffer.alloc(262_145, 5), 'end', 'read'],
  ['bitfield of none', Buffer.alloc(262_146, 5), 'end', 'end'],
  ['request', of(6, 0, 0, 16_384), 'read', 'read'],
  ['request of all of the last piece', of(6, 9, 0, 1_000), 'read', 'read'],
  ['request past the last piece', of(6, 9, 900, 101), 'end', 'read'],
  ['request of a piece too many', of(6, 10, 0, 16), 'end', 'read'],
  ['request of nothing', of(6, 0, 0, 0), 'end', 'end'],
  ['request of 128 KiB', of(6, 0, 0, 131_072), 'end', 'read'],
  ['request of more', of(6, 0, 0, 131_073), 'end', 'end'],
  ['request that overflows', of(6, 0, 0xffff_fff0, 32), 'end', 'read'],
  ['request of -1', of(6, END, 0, 16_384), 'end', 'end'],
  ['short request', of(6, 0, 0), 'end', 'end'],
  ['block', of(7, 0, 0, 0), 'read', 'read'],
  ['block of nothing', of(7, 0, 0), 'read', 'read'],
  ['block without its head', bytes(7, 0, 0), 'end', 'end'],
  ['cancel', of(8, 0, 0, 16_384), 'read', 'read'],
  ['short cancel', of(8, 0), 'end', 'end'],
  ['port', bytes(9, 0x1a, 0xe1), 'ignore', 'ignore'],
  ['short port', bytes(9, 0), 'ignore', 'ignore'],
  ['suggestion', of(13, 9), 'ignore', 'ignore'],
  ['suggestion past the end', of(13, 10), 'end', 'ignore'],
  ['have all', bytes(14), 'read', 'read'],
  ['have all with more', bytes(14, 1), 'end', 'end'],
  ['have none', bytes(15), 'read', 'read'],
  ['reject', of(16, 0, 0, 16_384), 'read', 'read'],
  ['short reject', of(16, 0), 'end', 'end'],
  ['allowed fast', of(17, 9), 'read', 'read'],
  ['allowed fast past the end', of(17, 10), 'end', 'read'],
  ['extension handshake', bytes(20, 0, 100, 101), 'read', 'read'],
  ['metadata', bytes(20, 1, 100, 101), 'read', 'read'],
  ['lost piece', bytes(20, 2, 0, 0, 0, 9), 'read', 'read'],
  ['lost piece past the end', bytes(20, 2, 0, 0, 0, 10), 'ignore', 'read'],
  ['lost piece that is something else', bytes(20, 2, 100, 53, 58, 97, 100), 'ignore', 'ignore'],
  ['extension that we did not offer', bytes(20, 3, 0), 'ignore', 'ignore'],
  ['extension without a number', bytes(20), 'ignore', 'ignore'],
  ['something else', bytes(254, 1, 2), 'ignore', 'ignore'],
])('%s', (_, message, inTen, inUnknown) => {
  expect([judged(message, known), judged(message, unknown)]).toEqual([inTen, inUnknown]);
  const isFast = message[0]! >= 13 && message[0]! <= 17;
  expect(judged(message, slow)).toBe(isFast ? 'end' : inTen);
});
