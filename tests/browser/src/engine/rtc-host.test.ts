import { expect, test } from 'vitest';
import { RtcHost } from '../../../../src/engine/rtc-host.ts';
import type { LoopReport, LoopRequest } from './rtc-loop.worker.ts';

const PAYLOAD_BYTES = 3 * 1024 * 1024;

/** Bytes and kinds of everything that crosses the page, in both directions, of one rtc port. */
interface Crossing {
  readonly kinds: Set<string>;
  bytes: number;
}

function tap(port: MessagePort, crossing: Crossing): MessagePort {
  const count = (message: { kind: string; bytes?: ArrayBuffer }) => {
    crossing.kinds.add(message.kind);
    crossing.bytes += message.bytes?.byteLength ?? 0;
  };
  const post = port.postMessage.bind(port) as (message: unknown, transfer: Transferable[]) => void;
  port.postMessage = (message: { kind: string }, transfer: unknown) => {
    count(message);
    post(message, transfer as Transferable[]);
  };
  port.addEventListener('message', ({ data }) => count(data));
  return port;
}

async function loop(canTransfer: boolean): Promise<{ report: LoopReport; crossing: Crossing }> {
  const crossing: Crossing = { kinds: new Set(), bytes: 0 };
  const worker = new Worker(new URL('./rtc-loop.worker.ts', import.meta.url), { type: 'module' });
  const left = new MessageChannel();
  const right = new MessageChannel();
  const hosts = [left, right].map(
    ({ port1 }) => new RtcHost(tap(port1, crossing), { canTransfer }),
  );
  const request: LoopRequest = {
    left: left.port2,
    right: right.port2,
    payloadBytes: PAYLOAD_BYTES,
  };
  const report = await new Promise<LoopReport>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<LoopReport>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(request, [left.port2, right.port2]);
  });
  worker.terminate();
  for (const host of hosts) host.close();
  return { report, crossing };
}

test('a transferred channel carries every byte and none of them crosses the page', async () => {
  const { report, crossing } = await loop(true);
  expect(report).toMatchObject({ receivedBytes: PAYLOAD_BYTES, isEqual: true });
  expect(report.largestWrite).toBeLessThanOrEqual(64 * 1024);
  expect(crossing.kinds).toContain('channel');
  expect([...crossing.kinds].filter((kind) => kind.startsWith('pump'))).toEqual([]);
  expect(crossing.bytes).toBe(0);
});

test('with transfer switched off the page pumps every byte, both ways through its own hands', async () => {
  const { report, crossing } = await loop(false);
  expect(report).toMatchObject({ receivedBytes: PAYLOAD_BYTES, isEqual: true });
  expect(crossing.kinds).toContain('pump-data');
  expect(crossing.kinds).not.toContain('channel');
  expect(crossing.bytes).toBe(2 * PAYLOAD_BYTES);
});
