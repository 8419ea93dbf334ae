import { expect, test } from 'vitest';
import { METADATA_PIECE_BYTES as PIECE } from '../../../../../workers/engine/protocol/metadata-collection.ts';
import {
  MetadataExchange,
  type MetadataPeer,
} from '../../../../../workers/engine/protocol/metadata-exchange.ts';
import { FakeClock, settled, until } from '../../../../support/fake-clock.ts';
import { seededBytes, sha1 } from '../../../../support/torrents.ts';

const info = seededBytes(20 * PIECE + 5, 1);
const MIB = 1024 * 1024;

class Peer implements MetadataPeer {
  readonly asked: number[] = [];
  isClosed = false;

  constructor(readonly exchange: () => MetadataExchange<Peer>) {}

  ask(piece: number): void {
    this.asked.push(piece);
  }

  close(): void {
    this.isClosed = true;
    this.exchange().leave(this);
  }

  /** Gives what it was asked for, of these bytes, until nothing is asked. */
  give(bytes: Uint8Array): void {
    for (let piece = this.asked.shift(); piece !== undefined; piece = this.asked.shift()) {
      this.exchange().put(this, piece, bytes.subarray(piece * PIECE, (piece + 1) * PIECE));
    }
  }
}

function scene() {
  const clock = new FakeClock();
  const learned: Uint8Array[] = [];
  const liars: Peer[] = [];
  const exchange = new MetadataExchange<Peer>({
    infoHash: sha1(info).toString('hex'),
    clock,
    onMetadata: (bytes) => learned.push(bytes),
    onLiar: (peer) => liars.push(peer),
  });
  const join = (sizeBytes = info.length) => {
    const peer = new Peer(() => exchange);
    exchange.join(peer, sizeBytes);
    return peer;
  };
  return { clock, exchange, learned, liars, join };
}

test.each([0, -1, 1.5, Number.NaN, Infinity, 4 * MIB + 1, 2 ** 53])(
  'a size of %d is nobody to ask',
  (size) => {
    const { exchange, join, clock } = scene();
    expect(join(size).asked).toEqual([]);
    expect(exchange.progress).toBeNull();
    expect(clock.pendingTimers).toBe(0);
  },
);

test('a peer says its size once', () => {
  const { exchange, join } = scene();
  const peer = join();
  exchange.join(peer, PIECE);
  expect(exchange.progress).toEqual({ receivedBytes: 0, sizeBytes: info.length });
  expect(peer.asked).toHaveLength(8);
});

test('how far it is: of those who agree and are furthest', async () => {
  const { exchange, join, learned } = scene();
  expect(exchange.progress).toBeNull();
  const peer = join();
  join(MIB);
  exchange.put(peer, 0, info.subarray(0, PIECE));
  expect(exchange.progress).toEqual({ receivedBytes: PIECE, sizeBytes: info.length });
  exchange.leave(peer);
  expect(exchange.progress).toEqual({ receivedBytes: 0, sizeBytes: MIB });
  // What has come is there for the next who says the same.
  const next = join();
  expect(exchange.progress).toEqual({ receivedBytes: PIECE, sizeBytes: info.length });
  next.give(info);
  await until(() => learned.length > 0, 'the hash');
  expect(exchange.progress).toBeNull();
});

test('whose pieces were wrong is told although another gave the right ones', async () => {
  const { exchange, join, learned, liars, clock } = scene();
  const [honest, liar] = [join(), join()];
  liar.give(seededBytes(info.length, 2));
  honest.give(info);
  liar.give(seededBytes(info.length, 2));
  await until(() => honest.asked.length > 0, 'the second round');
  exchange.leave(liar);
  honest.give(info);
  await until(() => learned.length > 0, 'the hash');
  expect(Buffer.compare(learned[0]!, info)).toBe(0);
  expect(liars).toEqual([liar]);
  expect(clock.pendingTimers).toBe(0);
});

test('of many sizes at once the one that brings nothing new gives way', () => {
  const { join } = scene();
  const almost = (peer: Peer, sizeBytes: number) => {
    for (let piece = peer.asked.shift(); piece !== undefined; piece = peer.asked.shift()) {
      if ((piece + 1) * PIECE < sizeBytes) {
        peer.exchange().put(peer, piece, new Uint8Array(PIECE));
      }
    }
  };
  const peers = Array.from({ length: 7 }, (_, i) => {
    const peer = join(4 * MIB - i);
    almost(peer, 4 * MIB - i);
    return peer;
  });
  expect(peers.map(({ isClosed }) => isClosed)).toEqual([
    ...[true, true, true],
    ...[false, false, false, false],
  ]);
});

test('nothing runs once nobody is there, or it is over', async () => {
  const { clock, exchange, join, learned } = scene();
  const peer = join();
  expect(clock.pendingTimers).toBe(1);
  exchange.leave(peer);
  expect(clock.pendingTimers).toBe(0);
  const other = join();
  exchange.end();
  expect(clock.pendingTimers).toBe(0);
  other.give(info);
  expect(join().asked).toEqual([]);
  await settled();
  expect(learned).toEqual([]);
});
