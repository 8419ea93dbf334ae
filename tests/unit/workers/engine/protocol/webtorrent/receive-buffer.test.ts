/** The same bytes in the same cuts into a wire as it comes and into one with our receive buffer: the same is heard. */
import Wire from 'bittorrent-protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reuseReceiveBuffer } from '../../../../../../workers/engine/protocol/webtorrent/receive-buffer.ts';
import { settled } from '../../../../../support/fake-clock.ts';
import { bencode } from '../../../../../support/torrents.ts';

const BLOCK = 16_384;
const HANDSHAKE = Buffer.concat([
  Buffer.from('\u0013BitTorrent protocol'),
  Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 0x04]),
  Buffer.alloc(20, 1),
  Buffer.alloc(20, 2),
]);

function message(id: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + body.length);
  head[4] = id;
  return Buffer.concat([head, body]);
}

function piece(index: number, offset: number, fill: number, length = BLOCK): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(index);
  head.writeUInt32BE(offset, 4);
  return message(7, Buffer.concat([head, Buffer.alloc(length, fill)]));
}

const MESSAGES: readonly Buffer[] = [
  Buffer.alloc(4),
  message(1, Buffer.alloc(0)),
  message(4, Buffer.from([0, 0, 0, 9])),
  message(5, Buffer.from([0xf0, 0x0f])),
  message(20, Buffer.concat([Buffer.from([0]), bencode({ m: { ut_metadata: 3 }, reqq: 250 })])),
  piece(3, 0, 7),
  piece(3, BLOCK, 8),
  piece(4, 0, 9, 100),
];

/** Copies, since a receive buffer that is used again may overwrite what was only borrowed. */
async function hear(chunks: readonly Uint8Array[], isOurs: boolean): Promise<string[]> {
  const wire = new Wire();
  const heard: string[] = [];
  if (isOurs) wire.on('handshake', () => reuseReceiveBuffer(wire));
  wire.on('keep-alive', () => heard.push('keep-alive'));
  wire.on('unchoke', () => heard.push('unchoke'));
  wire.on('have', (index: number) => heard.push(`have ${index}`));
  wire.on('piece', (index: number, offset: number, bytes: Uint8Array) => {
    const isWhole = bytes.every((byte) => byte === bytes[0]);
    heard.push(`piece ${index} ${offset} ${bytes.length} ${isWhole ? bytes[0] : 'mixed'}`);
  });
  for (const chunk of chunks) {
    // A buffer of its own, as each message of a data channel has.
    wire.write(new Uint8Array(chunk));
    await settled();
  }
  heard.push(`claims ${[...wire.peerPieces.buffer.subarray(0, 2)].join()}`);
  heard.push(`reqq ${String(wire.peerExtendedHandshake['reqq'])}`);
  return heard;
}

test.each<[string, readonly number[]]>([
  ['apart', [13, BLOCK, 13, BLOCK, 13, 100]],
  ['its payload in two', [13, 5_000, BLOCK - 5_000, 13, BLOCK, 13, 100]],
  ['a head that is cut', [4, 9, BLOCK, 13, BLOCK, 13, 100]],
  ['with more behind the payload', [13, BLOCK + 13, BLOCK, 13, 100]],
  ['two heads at once, with all between', [13 + BLOCK + 13, BLOCK, 13 + 100]],
])('blocks whose head and payload come %s', async (_, cuts) => {
  const stream = Buffer.concat(MESSAGES.slice(5));
  let at = 0;
  const chunks = cuts.map((length) => stream.subarray(at, (at += length)));
  expect(at).toBe(stream.length);
  // Parsed whole before and after it, so that nothing is left over of it.
  const around = [MESSAGES[2]!, ...chunks, MESSAGES[1]!, ...chunks];
  const heard = await hear([HANDSHAKE, ...around], true);
  expect(heard).toEqual(await hear([HANDSHAKE, ...around], false));
  expect(heard.filter((line) => line.startsWith('piece'))).toHaveLength(6);
});

test('however the bytes are cut, the same messages are heard', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: MESSAGES.length - 1 }), { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 20 }),
      async (order, cuts) => {
        const stream = Buffer.concat([HANDSHAKE, ...order.map((i) => MESSAGES[i]!)]);
        const chunks: Buffer[] = [];
        for (let at = 0, n = 0; at < stream.length; n++) {
          const end = at + cuts[n % cuts.length]!;
          chunks.push(stream.subarray(at, end));
          at = end;
        }
        expect(await hear(chunks, true)).toEqual(await hear(chunks, false));
      },
    ),
    { numRuns: 60 },
  );
});
