import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DataChannelLike } from '../../../../../../workers/engine/protocol/rtc-peer/data-channel.ts';
import {
  RtcConnection,
  toMessages,
} from '../../../../../../workers/engine/protocol/rtc-peer/rtc-connection.ts';
import { settled } from '../../../../../support/fake-clock.ts';
import { seededBytes } from '../../../../../support/torrents.ts';

class FakeChannel implements DataChannelLike {
  hasRoom = true;
  isClosed = false;
  /** Messages after which there is no room. */
  room = Infinity;
  readonly sent: Uint8Array[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((bytes: Uint8Array<ArrayBuffer>) => void) | null = null;
  ondrain: (() => void) | null = null;
  onclose: (() => void) | null = null;

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.sent.push(bytes);
    this.hasRoom = this.sent.length < this.room;
  }

  close(): void {
    this.isClosed = true;
  }
}

function open(): { connection: RtcConnection; channel: FakeChannel; released: () => number } {
  let released = 0;
  const connection = new RtcConnection(1, () => released++);
  const channel = new FakeChannel();
  connection.bind(channel);
  channel.onopen!();
  return { connection, channel, released: () => released };
}

test('messages hold the same bytes in the same order, none above 64 KiB, and all but the last are full', () => {
  const sizes = fc.array(fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 200_000 })), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const batch = lengths.map((length, seed) => seededBytes(length, seed));
      const messages = toMessages(batch);
      expect(Buffer.compare(Buffer.concat(messages), Buffer.concat(batch))).toBe(0);
      for (const message of messages.slice(0, -1)) expect(message.length).toBe(65_536);
      for (const message of messages.slice(-1)) {
        expect(message.length).toBeGreaterThan(0);
        expect(message.length).toBeLessThanOrEqual(65_536);
      }
    }),
  );
});

test('a connection says once that it is open, when its channel opens', () => {
  const connection = new RtcConnection(1, () => {});
  const channel = new FakeChannel();
  let opens = 0;
  connection.on('open', () => opens++);
  connection.bind(channel);
  expect(connection.isOpen).toBe(false);
  channel.onopen!();
  channel.onopen!();
  expect(opens).toBe(1);
});

test('what is written before the channel opens is sent when it does', async () => {
  const connection = new RtcConnection(1, () => {});
  const channel = new FakeChannel();
  connection.write(seededBytes(100, 1));
  await settled();
  connection.bind(channel);
  await settled();
  expect(channel.sent).toEqual([]);
  channel.onopen!();
  expect(channel.sent).toEqual([seededBytes(100, 1)]);
});

test('sending stops while the channel has no room and goes on where it stopped', async () => {
  const { connection, channel } = open();
  channel.room = 1;
  connection.write(seededBytes(150_000, 1));
  await settled();
  expect(channel.sent).toHaveLength(1);
  channel.room = Infinity;
  channel.hasRoom = true;
  channel.ondrain!();
  expect(Buffer.concat(channel.sent)).toEqual(Buffer.from(seededBytes(150_000, 1)));
});

test('what the channel receives comes out of the stream', async () => {
  const { connection, channel } = open();
  const received: Uint8Array[] = [];
  connection.on('data', (bytes: Uint8Array) => received.push(bytes));
  channel.onmessage!(seededBytes(10, 1));
  await settled();
  expect(received).toEqual([seededBytes(10, 1)]);
});

test('once they are delivered, messages come in the task that brings them, after those that waited', async () => {
  const { connection, channel } = open();
  const taken: number[] = [];
  for (const first of [1, 2]) channel.onmessage!(Uint8Array.of(first));
  connection.deliver(([first]) => taken.push(first!));
  channel.onmessage!(Uint8Array.of(3));
  expect(taken).toEqual([]);
  await settled();
  expect(taken).toEqual([1, 2, 3]);
  channel.onmessage!(Uint8Array.of(4));
  expect(taken).toEqual([1, 2, 3, 4]);
});

test('nothing is delivered after the end', () => {
  const { connection, channel } = open();
  let count = 0;
  connection.deliver(() => count++);
  channel.onmessage!(Uint8Array.of(1));
  connection.destroy();
  channel.onmessage!(Uint8Array.of(2));
  expect(count).toBe(1);
});

test('webtorrent hears of an open connection when it has it', () => {
  const { connection } = open();
  const heard: string[] = [];
  connection.on('connect', () => heard.push('connect'));
  connection.introduce(() => heard.push(connection.connected ? 'connected' : 'added'));
  expect([...heard, connection.connected]).toEqual(['added', 'connect', true]);
});

test('a channel that closes ends the connection and releases it once', async () => {
  const { connection, channel, released } = open();
  channel.onclose!();
  channel.onclose!();
  await settled();
  expect(connection.destroyed).toBe(true);
  expect(connection.isOpen).toBe(false);
  expect(channel.isClosed).toBe(true);
  expect(released()).toBe(1);
});

test('a peer that goes while a write waits for room is released all the same', async () => {
  const { connection, channel, released } = open();
  channel.room = 1;
  connection.write(seededBytes(150_000, 1));
  await settled();
  channel.onclose!();
  await settled();
  expect(connection.destroyed).toBe(true);
  expect(released()).toBe(1);
});

test('a channel that throws ends the connection', async () => {
  const { connection, channel, released } = open();
  channel.send = () => {
    throw new DOMException('full', 'OperationError');
  };
  connection.write(seededBytes(10, 1));
  await settled();
  expect(connection.destroyed).toBe(true);
  expect(released()).toBe(1);
});

test('a channel that comes after the end is closed', () => {
  const connection = new RtcConnection(1, () => {});
  connection.destroy();
  const channel = new FakeChannel();
  connection.bind(channel);
  expect(channel.isClosed).toBe(true);
});
