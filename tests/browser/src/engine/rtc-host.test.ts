import { afterEach, expect, test } from 'vitest';
import { RtcHost } from '../../../../src/engine/rtc-host.ts';
import type { RtcCommand, RtcConfig, RtcEvent } from '../../../../workers/contract/rtc.ts';
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

const DIRECT: RtcConfig = { iceServers: [], relayOnly: false };

/** An RtcHost, and the engine's end of its port in the hands of the test. */
class Page {
  readonly events: RtcEvent[] = [];
  readonly #port: MessagePort;
  readonly host: RtcHost;
  #onEvent = () => {};

  constructor(canTransfer = false) {
    const { port1, port2 } = new MessageChannel();
    this.host = new RtcHost(port1, { canTransfer });
    this.#port = port2;
    port2.onmessage = ({ data }: MessageEvent<RtcEvent>) => {
      this.events.push(data);
      this.#onEvent();
    };
    pages.push(this);
  }

  ask(command: RtcCommand): void {
    this.#port.postMessage(command);
  }

  /** The first event of that kind about that connection, as soon as it is there. */
  async said<Kind extends RtcEvent['kind']>(
    kind: Kind,
    id = 1,
  ): Promise<Extract<RtcEvent, { kind: Kind }>> {
    for (;;) {
      const event = this.events.find((one) => one.kind === kind && one.id === id);
      if (event) return event as Extract<RtcEvent, { kind: Kind }>;
      await new Promise<void>((resolve) => (this.#onEvent = resolve));
    }
  }
}

const pages: Page[] = [];
afterEach(() => {
  for (const { host } of pages.splice(0)) host.close();
});

async function connect(): Promise<readonly [Page, Page]> {
  const [left, right] = [new Page(), new Page()];
  left.ask({ kind: 'offer', id: 1, config: DIRECT });
  const offer = await left.said('sdp');
  right.ask({ kind: 'answer', id: 1, config: DIRECT, sdp: offer.sdp });
  const answer = await right.said('sdp');
  left.ask({ kind: 'accept', id: 1, sdp: answer.sdp });
  await Promise.all([left.said('pump-open'), right.said('pump-open')]);
  return [left, right];
}

test('a connection says where the other end is, once it is connected', async () => {
  const [left, right] = await connect();
  for (const page of [left, right]) {
    const { address, port } = await page.said('connected');
    // What a browser tells is an address of this machine; where it hides that behind a name it tells nothing.
    if (address === null) expect(port).toBeNull();
    else {
      expect(address).toMatch(/^[0-9a-f.:]+$/i);
      expect(port).toBeGreaterThan(0);
    }
  }
});

test('a connection that is closed is gone from the page at once, and the other end is told', async () => {
  const [left, right] = await connect();
  left.ask({ kind: 'close', id: 1 });
  expect(await right.said('closed')).toMatchObject({ failure: 'closed' });
  expect([left.host.size, right.host.size]).toEqual([0, 0]);
});

test('relays only with no TURN server: it fails for want of a relay, and nothing was offered', async () => {
  const page = new Page();
  page.ask({ kind: 'offer', id: 1, config: { iceServers: [], relayOnly: true } });
  expect(await page.said('closed')).toMatchObject({ failure: 'no-relay' });
  expect(page.events.map(({ kind }) => kind)).toEqual(['closed']);
  expect(page.host.size).toBe(0);
});

test('relays only with a TURN server that nobody runs: it says which one did not answer', async () => {
  const page = new Page();
  const server = {
    urls: ['turn:127.0.0.1:34790?transport=tcp'],
    username: 'me',
    credential: 'secret',
  };
  page.ask({ kind: 'offer', id: 1, config: { iceServers: [server], relayOnly: true } });
  const { failure, reason } = await page.said('closed');
  expect(failure).toBe('no-relay');
  expect(reason).toContain('turn:127.0.0.1:34790');
});

test.each([
  [
    'servers that are none',
    'bad-servers',
    {
      kind: 'offer',
      id: 1,
      config: { iceServers: [{ urls: ['turn:a:99999'] }], relayOnly: false },
    },
  ],
  [
    'a description that is none',
    'bad-description',
    { kind: 'answer', id: 1, config: DIRECT, sdp: 'nonsense' },
  ],
] as const)('%s: refused with %s', async (_, failure, command) => {
  const page = new Page();
  page.ask(command as RtcCommand);
  expect(await page.said('closed')).toMatchObject({ failure });
  expect(page.host.size).toBe(0);
});

test('a browser that makes no more connections is told from other failures', async () => {
  const page = new Page();
  const { RTCPeerConnection: real } = window;
  window.RTCPeerConnection = function refuse() {
    throw new DOMException('Cannot create so many PeerConnections', 'UnknownError');
  } as unknown as typeof RTCPeerConnection;
  try {
    page.ask({ kind: 'offer', id: 1, config: DIRECT });
    expect(await page.said('closed')).toMatchObject({ failure: 'too-many' });
  } finally {
    window.RTCPeerConnection = real;
  }
});

test(
  'a peer that cannot be reached is told from one that went: no check got through',
  { timeout: 60_000 },
  async () => {
    const [left, right] = [new Page(), new Page()];
    left.ask({ kind: 'offer', id: 1, config: DIRECT });
    const offer = await left.said('sdp');
    right.ask({ kind: 'answer', id: 1, config: DIRECT, sdp: offer.sdp });
    const answer = await right.said('sdp');
    right.ask({ kind: 'close', id: 1 });
    left.ask({ kind: 'accept', id: 1, sdp: answer.sdp });
    expect(await left.said('closed')).toMatchObject({ failure: 'checks-failed' });
    expect(left.host.size).toBe(0);
  },
);
