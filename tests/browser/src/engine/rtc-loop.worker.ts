/** Both ends of a peer connection in one worker: what a torrent on each side would do with the two rtc ports. */
import '../../../../workers/engine/protocol/webtorrent/polyfills.ts';
import type { RtcConnection } from '../../../../workers/engine/protocol/rtc-peer/rtc-connection.ts';
import { RtcPool } from '../../../../workers/engine/protocol/rtc-peer/rtc-pool.ts';

export interface LoopRequest {
  readonly left: MessagePort;
  readonly right: MessagePort;
  readonly payloadBytes: number;
}

export interface LoopReport {
  readonly receivedBytes: number;
  readonly isEqual: boolean;
  readonly largestWrite: number;
}

addEventListener('message', async ({ data }: MessageEvent<LoopRequest>) => {
  const left = new RtcPool(data.left);
  const right = new RtcPool(data.right);
  const offer = (await left.offer())!;
  const answer = (await right.answer(offer.sdp))!;
  const connected = [offer.connection, answer.connection].map(whenConnected);
  offer.accept(answer.sdp);
  await Promise.all(connected);

  const payload = new Uint8Array(data.payloadBytes);
  for (let i = 0; i < payload.length; i++) payload[i] = (i * 31 + (i >> 8)) & 255;
  const received = receive(answer.connection, payload.length);
  for (let at = 0; at < payload.length; at += 100_000) {
    offer.connection.write(payload.slice(at, at + 100_000));
  }
  const { bytes, largest } = await received;
  const isEqual = bytes.every((byte, i) => byte === payload[i]);
  offer.connection.destroy();
  answer.connection.destroy();
  postMessage({ receivedBytes: bytes.length, isEqual, largestWrite: largest } satisfies LoopReport);
});

function whenConnected(connection: RtcConnection): Promise<void> {
  return new Promise((resolve) => {
    if (connection.isOpen) resolve();
    else connection.once('open', () => resolve());
  });
}

function receive(connection: RtcConnection, length: number) {
  const bytes = new Uint8Array(length);
  let at = 0;
  let largest = 0;
  return new Promise<{ bytes: Uint8Array; largest: number }>((resolve) => {
    connection.on('data', (chunk: Uint8Array) => {
      bytes.set(chunk, at);
      at += chunk.length;
      largest = Math.max(largest, chunk.length);
      if (at === length) resolve({ bytes, largest });
    });
  });
}
