import { toBrokerMessage } from '../../../../workers/contract/broker.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Broker, PORT_TIMEOUT_MS, type PageLike } from '../../../../workers/service/broker.ts';
import { receiveMessage } from '../../../../workers/service/receive-message.ts';

interface Posted {
  kind: string;
  requestId: string;
  port?: MessagePort;
}

class FakePage implements PageLike {
  readonly posted: Posted[] = [];
  onPost = (_message: Posted) => {};
  postMessage(message: unknown): void {
    this.posted.push(message as Posted);
    this.onPost(message as Posted);
  }
}

function brokerOver(
  pages: FakePage[],
  held: LockInfo[] = [{ name: 'rill-engine', clientId: 'a' }],
) {
  return new Broker({
    locks: { query: async () => ({ held, pending: [] }) },
    pages: async () => pages,
    aliveLock: 'mine',
  });
}

const opened: MessageChannel[] = [];
function newPort(): MessagePort {
  const channel = new MessageChannel();
  opened.push(channel);
  return channel.port1;
}
afterEach(() => {
  for (const { port1 } of opened.splice(0)) port1.close();
});

describe('a request for a port', () => {
  it('asks every page and takes the answer of the one that leads', async () => {
    const [silent, leading] = [new FakePage(), new FakePage()];
    const broker = brokerOver([silent, leading]);
    const port = newPort();
    leading.onPost = ({ requestId }) => broker.deliver(requestId, port);

    expect(await broker.requestPort()).toEqual({ ok: true, value: port });
    expect(silent.posted).toEqual(leading.posted);
    expect(silent.posted).toEqual([
      {
        kind: 'engine-port-wanted',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        aliveLock: 'mine',
        // The local API's commands are a script's (contract/cooldown.ts).
        origin: 'script',
      },
    ]);
  });

  it('fails at once when no page leads, and asks nobody', async () => {
    const page = new FakePage();
    const broker = brokerOver([page], [{ name: 'another-lock', clientId: 'a' }]);
    const result = await broker.requestPort();
    expect(result).toMatchObject({ ok: false, error: { kind: 'engine-starting', retryAfterS: 2 } });
    expect(page.posted).toEqual([]);
  });

  // Seen in the two-tabs story: the old leader still held the lock when it was asked, and the answer took 4 s to miss.
  it('is asked again when a new leader comes, since the old one may have gone without an answer', async () => {
    const [dying, next] = [new FakePage(), new FakePage()];
    const broker = brokerOver([dying, next]);
    const request = broker.requestPort();
    await vi.waitUntil(() => next.posted.length === 1);
    const port = newPort();
    next.onPost = ({ requestId }) => broker.deliver(requestId, port);
    await broker.askAgain();
    expect(await request).toEqual({ ok: true, value: port });
    expect(next.posted[1]).toEqual(next.posted[0]);
  });

  it('closes a port nobody asked for', () => {
    const port = newPort();
    const close = vi.spyOn(port, 'close');
    brokerOver([]).deliver('unknown', port);
    expect(close).toHaveBeenCalledOnce();
  });

  it('takes the first of two answers and closes the other', async () => {
    const page = new FakePage();
    const broker = brokerOver([page]);
    const [first, second] = [newPort(), newPort()];
    const close = vi.spyOn(second, 'close');
    page.onPost = ({ requestId }) => {
      broker.deliver(requestId, first);
      broker.deliver(requestId, second);
    };
    expect(await broker.requestPort()).toEqual({ ok: true, value: first });
    expect(close).toHaveBeenCalledOnce();
  });
});

describe('a leader whose engine could not start', () => {
  const error = { kind: 'storage-unavailable', message: 'Leave private browsing.' } as const;

  it('fails the request with its reason, without waiting', async () => {
    const page = new FakePage();
    const broker = brokerOver([page]);
    page.onPost = ({ requestId }) => broker.refuse(requestId, error);
    expect(await broker.requestPort()).toEqual({ ok: false, error });
  });

  it('is heard by nobody when nobody asked', () => {
    expect(() => brokerOver([]).refuse('unknown', error)).not.toThrow();
  });

  it('closes a port that comes after its refusal', async () => {
    const page = new FakePage();
    const broker = brokerOver([page]);
    const port = newPort();
    const close = vi.spyOn(port, 'close');
    page.onPost = ({ requestId }) => {
      broker.refuse(requestId, error);
      broker.deliver(requestId, port);
    };
    expect(await broker.requestPort()).toEqual({ ok: false, error });
    expect(close).toHaveBeenCalledOnce();
  });
});

describe('when the leader says nothing', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('gives up after its time, and closes the port that comes too late', async () => {
    const page = new FakePage();
    const broker = brokerOver([page]);
    const result = broker.requestPort();
    await vi.advanceTimersByTimeAsync(PORT_TIMEOUT_MS);
    expect(await result).toMatchObject({ ok: false, error: { kind: 'engine-starting' } });

    const late = newPort();
    const close = vi.spyOn(late, 'close');
    broker.deliver(page.posted[0]!.requestId, late);
    expect(close).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the leader', () => {
  it.each([
    [[{ name: 'rill-engine', clientId: 'tab-1' }], 'tab-1'],
    [[{ name: 'rill-engine' }], 'unnamed'],
    [[{ name: 'other', clientId: 'tab-1' }], null],
    [[], null],
  ])('of %j is %j', async (held, leader) => {
    expect(await brokerOver([], held).leader()).toBe(leader);
  });
});

describe('a message from a page', () => {
  const skipWaiting = vi.fn(async () => {});
  const receive = (broker: Broker, data: unknown, source: PageLike | null = null) => {
    const work: Promise<unknown>[] = [];
    receiveMessage(
      { data, source, waitUntil: (promise) => work.push(promise) },
      broker,
      skipWaiting,
    );
    return Promise.all(work);
  };
  beforeEach(() => skipWaiting.mockClear());

  it('that wants the engine gets a fresh port under its own request id', async () => {
    const [asker, leading] = [new FakePage(), new FakePage()];
    const broker = brokerOver([leading]);
    const port = newPort();
    leading.onPost = ({ requestId }) =>
      void receive(broker, { kind: 'engine-port', requestId, port });

    await receive(broker, { kind: 'engine-wanted', requestId: 'mine' }, asker);
    expect(asker.posted).toEqual([{ kind: 'engine-port', requestId: 'mine', port }]);
    expect(leading.posted[0]?.requestId).not.toBe('mine');
  });

  it.each([
    [{ aliveLock: 'theirs' }, { aliveLock: 'theirs' }],
    [{}, {}],
    [{ aliveLock: 7 }, {}],
  ])('that wants the engine with %j passes on the lock of its sender', async (sent, passedOn) => {
    const leading = new FakePage();
    const broker = brokerOver([leading]);
    leading.onPost = ({ requestId }) => broker.deliver(requestId, newPort());
    await receive(broker, { kind: 'engine-wanted', requestId: 'r', ...sent }, new FakePage());
    const { kind, requestId } = leading.posted[0]!;
    expect(leading.posted).toEqual([{ kind, requestId, ...passedOn }]);
  });

  it('that wants an engine that cannot start gets the reason under its own request id', async () => {
    const [asker, leading] = [new FakePage(), new FakePage()];
    const broker = brokerOver([leading]);
    const error = { kind: 'storage-unavailable', message: 'Leave private browsing.' };
    leading.onPost = ({ requestId }) =>
      void receive(broker, { kind: 'engine-failed', requestId, error });

    await receive(broker, { kind: 'engine-wanted', requestId: 'mine' }, asker);
    expect(asker.posted).toEqual([{ kind: 'engine-failed', requestId: 'mine', error }]);
  });

  it.each([
    [
      { kind: 'storage-full', message: 'Full.', stack: 'x' },
      { kind: 'storage-full', message: 'Full.' },
    ],
    [
      { kind: 'engine-starting', message: 'Ask again for ever.' },
      { kind: 'unexpected', message: 'Ask again for ever.' },
    ],
    [{ message: 'x'.repeat(9_999) }, { kind: 'unexpected', message: 'x'.repeat(2_000) }],
  ])('that tells of a failure %# is cut to what a failure to start is', (error, read) => {
    expect(toBrokerMessage({ kind: 'engine-failed', requestId: 'r', error })).toEqual({
      kind: 'engine-failed',
      requestId: 'r',
      error: read,
    });
  });

  it('that wants the engine gets no answer when there is none', async () => {
    const asker = new FakePage();
    await receive(brokerOver([], []), { kind: 'engine-wanted', requestId: 'mine' }, asker);
    expect(asker.posted).toEqual([]);
  });

  it('lets a waiting version take over', async () => {
    await receive(brokerOver([]), { kind: 'skip-waiting' });
    expect(skipWaiting).toHaveBeenCalledOnce();
  });

  it.each([
    null,
    undefined,
    7,
    'skip-waiting',
    {},
    { kind: 'unknown', requestId: 'x' },
    { kind: 'engine-wanted' },
    { kind: 'engine-wanted', requestId: 7 },
    { kind: 'engine-port', requestId: 'x' },
    { kind: 'engine-port', requestId: 'x', port: {} },
    { kind: 'engine-failed', requestId: 'x' },
    { kind: 'engine-failed', requestId: 'x', error: 'no' },
    { kind: 'engine-failed', requestId: 'x', error: { kind: 'unexpected', message: '' } },
    { kind: 'engine-failed', error: { kind: 'unexpected', message: 'no request' } },
  ])('%j is ignored', async (data) => {
    expect(toBrokerMessage(data)).toBeNull();
    const asker = new FakePage();
    await receive(brokerOver([]), data, asker);
    expect(asker.posted).toEqual([]);
    expect(skipWaiting).not.toHaveBeenCalled();
  });
});
