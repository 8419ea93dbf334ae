import { expect, test } from 'vitest';
import { PUMP_CREDIT_BYTES, type RtcCommand } from '../../../../../../workers/contract/rtc.ts';
import {
  adoptChannel,
  PumpedChannel,
} from '../../../../../../workers/engine/protocol/rtc-peer/data-channel.ts';
import { settled } from '../../../../../support/fake-clock.ts';

const HALF = PUMP_CREDIT_BYTES / 2;

function pumped(): { channel: PumpedChannel; posted: RtcCommand[]; drains: () => number } {
  const posted: RtcCommand[] = [];
  const channel = new PumpedChannel(7, (command, transfer) => {
    posted.push(structuredClone(command, { transfer: transfer as ArrayBuffer[] }));
  });
  let drains = 0;
  channel.ondrain = () => drains++;
  return { channel, posted, drains: () => drains };
}

test('a pumped channel has room until its credit is spent', () => {
  const { channel } = pumped();
  channel.send(new Uint8Array(HALF));
  expect(channel.hasRoom).toBe(true);
  channel.send(new Uint8Array(HALF));
  expect(channel.hasRoom).toBe(false);
});

test('it says once that there is room again', () => {
  const { channel, drains } = pumped();
  channel.send(new Uint8Array(PUMP_CREDIT_BYTES + 10));
  channel.drained(10);
  expect([channel.hasRoom, drains()]).toEqual([false, 0]);
  channel.drained(1);
  channel.drained(1);
  expect([channel.hasRoom, drains()]).toEqual([true, 1]);
});

test('credit never grows past what one channel may have waiting', () => {
  const { channel } = pumped();
  channel.drained(10 * PUMP_CREDIT_BYTES);
  channel.send(new Uint8Array(PUMP_CREDIT_BYTES));
  expect(channel.hasRoom).toBe(false);
});

test('the bytes sent are a copy, so their owner may go on using them', () => {
  const { channel, posted } = pumped();
  const bytes = Uint8Array.of(1, 2, 3, 4).subarray(1, 3) as Uint8Array<ArrayBuffer>;
  channel.send(bytes);
  expect(posted).toEqual([{ kind: 'pump-send', id: 7, bytes: Uint8Array.of(2, 3).buffer }]);
  expect(bytes).toEqual(Uint8Array.of(2, 3));
});

test('closing asks the page to close', () => {
  const { channel, posted } = pumped();
  channel.close();
  expect(posted).toEqual([{ kind: 'close', id: 7 }]);
});

test.each([
  ['below 1 MiB', 'open', 1024 * 1024 - 1, true],
  ['from 1 MiB', 'open', 1024 * 1024, false],
  ['before it is open', 'connecting', 0, false],
])(
  'a transferred channel has room or not: %s buffered',
  (_, readyState, bufferedAmount, hasRoom) => {
    const channel = { readyState, bufferedAmount } as RTCDataChannel;
    expect(adoptChannel(channel).hasRoom).toBe(hasRoom);
    expect(channel.binaryType).toBe('arraybuffer');
    expect(channel.bufferedAmountLowThreshold).toBe(256 * 1024);
  },
);

test('a channel that was open when it came says so, and passes on bytes but no text', async () => {
  const channel = { readyState: 'open', bufferedAmount: 0 } as RTCDataChannel;
  const like = adoptChannel(channel);
  const heard: unknown[] = [];
  like.onopen = () => heard.push('open');
  like.onmessage = (bytes) => heard.push(bytes);
  like.onclose = () => heard.push('close');
  await settled();
  channel.onmessage!({ data: 'text' } as MessageEvent);
  channel.onmessage!({ data: Uint8Array.of(1).buffer } as MessageEvent);
  channel.onerror!({} as RTCErrorEvent);
  expect(heard).toEqual(['open', Uint8Array.of(1), 'close']);
});
