/** What is freed and what is not: Node 20, where the rest of it is tested, has no `ArrayBuffer.prototype.transfer`. */
import '../../../../../workers/engine/protocol/webtorrent/polyfills.ts';
import Wire from 'bittorrent-protocol';
import { expect, test } from 'vitest';
import { reuseReceiveBuffer } from '../../../../../workers/engine/protocol/webtorrent/receive-buffer.ts';

const BLOCK = 16_384;

function handshake(): Uint8Array {
  const bytes = new Uint8Array(68);
  bytes.set(new TextEncoder().encode('\u0013BitTorrent protocol'));
  return bytes;
}

/** The head of a PIECE message for a whole block: length, id, index, offset. */
function pieceHead(): Uint8Array {
  const head = new Uint8Array(13);
  new DataView(head.buffer).setUint32(0, 9 + BLOCK);
  head[4] = 7;
  return head;
}

async function wireOf(type: 'webrtc' | 'webSeed'): Promise<Wire> {
  const wire = new (Wire as new (type: string) => Wire)(type);
  const shaken = new Promise<void>((resolve) => {
    wire.on('handshake', () => {
      reuseReceiveBuffer(wire);
      resolve();
    });
  });
  wire.write(handshake());
  await shaken;
  return wire;
}

function once<T>(wire: Wire, event: string, read: (...args: never[]) => T): Promise<T> {
  return new Promise((resolve) => {
    wire.once(event, (...args: never[]) => resolve(read(...args)));
  });
}

test.each(['webrtc', 'webSeed'] as const)(
  'of a %s a block that comes apart from its head is heard whole, and its buffer is freed',
  async (type) => {
    const wire = await wireOf(type);
    const payload = new Uint8Array(BLOCK).fill(5);
    const heard = once(wire, 'piece', (_index: number, _offset: number, bytes: Uint8Array) =>
      bytes.reduce((sum, byte) => sum + byte, 0),
    );
    wire.write(pieceHead());
    wire.write(payload);
    expect(await heard).toBe(5 * BLOCK);
    await Promise.resolve();
    expect(payload.byteLength).toBe(0);
  },
);

test('a view of a larger buffer is left alone: somebody else may hold the rest', async () => {
  const wire = await wireOf('webrtc');
  const larger = new Uint8Array(100);
  const heard = once(wire, 'keep-alive', () => true);
  wire.write(larger.subarray(0, 4));
  expect(await heard).toBe(true);
  await Promise.resolve();
  expect(larger.byteLength).toBe(100);
});

test('what a web seed hands over beside payload is left alone: other wires send the same constants', async () => {
  const first = await wireOf('webSeed');
  const second = await wireOf('webrtc');
  const sent: number[] = [];
  first.on('data', (bytes: Uint8Array) => sent.push(bytes.length));
  second.on('data', (bytes: Uint8Array) => sent.push(bytes.length));
  // An UNCHOKE of one wire, written into another of this process as a web seed's is.
  const unchoke = once(first, 'data', (bytes: Uint8Array) => bytes);
  first.unchoke();
  const constant = await unchoke;
  const heard = once(first, 'unchoke', () => true);
  first.write(constant);
  expect(await heard).toBe(true);
  await Promise.resolve();
  second.unchoke();
  await once(second, 'data', () => true).catch(() => false);
  expect(sent).toEqual([5, 5]);
});
