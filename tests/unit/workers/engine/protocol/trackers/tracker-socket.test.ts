import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  TrackerSockets,
  type TrackerListener,
  type TrackerLoss,
} from '../../../../../../workers/engine/protocol/trackers/tracker-socket.ts';
import { Reachability } from '../../../../../../workers/engine/protocol/partition.ts';
import { hexToBinary } from '../../../../../../workers/engine/protocol/trackers/tracker-message.ts';
import { fakeDeps, settled } from '../../../../../support/fake-clock.ts';
import { FakeWebSocket } from '../../../../../support/fake-web-socket.ts';

const URL = 'wss://tracker.test/';
const announced = { action: 'announce', info_hash: hexToBinary('ab'.repeat(20)), interval: 60 };

beforeEach(() => {
  FakeWebSocket.reset();
  vi.stubGlobal('WebSocket', FakeWebSocket);
});
afterEach(() => vi.unstubAllGlobals());

function listener(): TrackerListener & {
  readonly heard: string[];
  readonly retriesAt: (number | null)[];
} {
  const heard: string[] = [];
  const retriesAt: (number | null)[] = [];
  return {
    heard,
    retriesAt,
    onOpen: () => heard.push('open'),
    onMessage: ({ kind }) => heard.push(kind),
    onLost: ({ reason, retryAtMs }) => {
      heard.push(reason);
      retriesAt.push(retryAtMs);
    },
    onRenewed: () => heard.push('renewed'),
  };
}

/** Breaks each new connection and notes how long it took to be tried again. */
function retryDelays(deps: ReturnType<typeof fakeDeps>, count: number): number[] {
  const delays: number[] = [];
  for (let i = 0; i < count; i++) {
    const made = FakeWebSocket.made.length;
    FakeWebSocket.newest(URL).break();
    const since = deps.clock.now();
    while (FakeWebSocket.made.length === made) deps.clock.advance(500);
    delays.push(deps.clock.now() - since);
  }
  return delays;
}

test('retries come after 2 s, then twice as long each time up to 5 minutes', () => {
  const deps = fakeDeps(0);
  new TrackerSockets(deps).join(URL, listener());
  expect(retryDelays(deps, 10)).toEqual([
    2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
  ]);
});

test('chance makes a retry up to half as long again', () => {
  const deps = fakeDeps(0.5, 1);
  const client = listener();
  new TrackerSockets(deps).join(URL, client);
  expect(retryDelays(deps, 2)).toEqual([2_500, 6_000]);
});

test('a message that makes sense ends the back-off, an open connection alone does not', () => {
  const deps = fakeDeps(0);
  new TrackerSockets(deps).join(URL, listener());
  retryDelays(deps, 3);
  FakeWebSocket.newest(URL).open();
  expect(retryDelays(deps, 1)).toEqual([16_000]);
  FakeWebSocket.newest(URL).open();
  FakeWebSocket.newest(URL).say(announced);
  expect(retryDelays(deps, 1)).toEqual([2_000]);
});

test('a tracker that hangs while connecting is given up after 10 s and tried again', () => {
  const deps = fakeDeps(0);
  const client = listener();
  new TrackerSockets(deps).join(URL, client);
  deps.clock.advance(9_999);
  expect(client.heard).toEqual([]);
  deps.clock.advance(1);
  expect(client.heard).toEqual(['it did not answer in time']);
  expect(client.retriesAt).toEqual([deps.clock.now() + 2_000]);
  expect(FakeWebSocket.made[0]!.isClosed).toBe(true);
  deps.clock.advance(2_000);
  expect(FakeWebSocket.made).toHaveLength(2);
});

test('a tracker that opened is never given up for being quiet', () => {
  const deps = fakeDeps(0);
  const client = listener();
  new TrackerSockets(deps).join(URL, client);
  FakeWebSocket.newest(URL).open();
  deps.clock.advance(3_600_000);
  expect(client.heard).toEqual(['open']);
});

test('a browser that refuses to connect is a failure like any other', () => {
  const deps = fakeDeps(0);
  const client = listener();
  FakeWebSocket.refused.add(URL);
  new TrackerSockets(deps).join(URL, client);
  expect(client.heard).toEqual(['refused']);
  FakeWebSocket.refused.clear();
  deps.clock.advance(2_000);
  FakeWebSocket.newest(URL).open();
  expect(client.heard).toEqual(['refused', 'open']);
});

test('garbage costs only the tracker that talks it', () => {
  const deps = fakeDeps(0);
  const sockets = new TrackerSockets(deps);
  const [bad, good] = [listener(), listener()];
  sockets.join(URL, bad);
  sockets.join('wss://good.test/', good);
  for (const socket of FakeWebSocket.made) socket.open();
  for (let i = 0; i < 10; i++) FakeWebSocket.newest(URL).say('garbage');
  expect(bad.heard).toEqual(['open']);
  FakeWebSocket.newest(URL).say('garbage');
  FakeWebSocket.newest('wss://good.test/').say(announced);
  expect(bad.heard).toEqual(['open', 'it sent garbage: not JSON']);
  expect(good.heard).toEqual(['open', 'announced']);
});

test('garbage of an earlier connection is forgiven', () => {
  const deps = fakeDeps(0);
  const client = listener();
  new TrackerSockets(deps).join(URL, client);
  FakeWebSocket.newest(URL).open();
  for (let i = 0; i < 10; i++) FakeWebSocket.newest(URL).say('garbage');
  retryDelays(deps, 1);
  FakeWebSocket.newest(URL).open();
  FakeWebSocket.newest(URL).say('garbage');
  FakeWebSocket.newest(URL).say(announced);
  expect(client.heard.at(-1)).toBe('announced');
});

test('nonsense with some sense in it is come back to ever less often', () => {
  const deps = fakeDeps(0);
  const client = listener();
  new TrackerSockets(deps).join(URL, client);
  const delays = [0, 1, 2].map(() => {
    const socket = FakeWebSocket.newest(URL);
    socket.open();
    for (let i = 0; i < 11; i++) {
      socket.say('garbage');
      socket.say(announced);
    }
    const delayMs = client.retriesAt.at(-1)! - deps.clock.now();
    deps.clock.advance(delayMs);
    return delayMs;
  });
  expect(delays).toEqual([2_000, 4_000, 8_000]);
});

test('two torrents share one connection, which closes when the second leaves', async () => {
  const sockets = new TrackerSockets(fakeDeps(0));
  const [first, second] = [listener(), listener()];
  const socket = sockets.join(URL, first);
  FakeWebSocket.newest(URL).open();
  expect(sockets.join(URL, second)).toBe(socket);
  await settled();
  FakeWebSocket.newest(URL).say(announced);
  expect([first.heard, second.heard]).toEqual([
    ['open', 'announced'],
    ['open', 'announced'],
  ]);
  sockets.leave(URL, first);
  FakeWebSocket.newest(URL).say(announced);
  expect([first.heard.length, second.heard.length]).toEqual([2, 3]);
  expect(FakeWebSocket.newest(URL).isClosed).toBe(false);
  sockets.leave(URL, second);
  expect(FakeWebSocket.newest(URL).isClosed).toBe(true);
  expect(FakeWebSocket.made).toHaveLength(1);
});

test('a tracker that nobody uses is not tried again', () => {
  const deps = fakeDeps(0);
  const sockets = new TrackerSockets(deps);
  const client = listener();
  sockets.join(URL, client);
  FakeWebSocket.newest(URL).break();
  sockets.leave(URL, client);
  expect(deps.clock.pendingTimers).toBe(0);
  sockets.join(URL, client);
  sockets.leave(URL, client);
  expect(deps.clock.pendingTimers).toBe(0);
  expect(client.heard).toEqual(['it could not be reached']);
});

test('a socket says whether a message was sent', () => {
  const socket = new TrackerSockets(fakeDeps(0)).join(URL, listener());
  expect(socket.send({ action: 'announce' })).toBe(false);
  FakeWebSocket.newest(URL).open();
  expect(socket.send({ action: 'announce' })).toBe(true);
  expect(FakeWebSocket.newest(URL).sent).toEqual([{ action: 'announce' }]);
});

test('waking connects anew where it waits, without waiting on, and counts failures from the start', () => {
  const deps = fakeDeps(0);
  const sockets = new TrackerSockets(deps);
  sockets.join(URL, listener());
  retryDelays(deps, 3);
  FakeWebSocket.newest(URL).break();
  const made = FakeWebSocket.made.length;
  sockets.wake();
  expect(FakeWebSocket.made).toHaveLength(made + 1);
  expect(retryDelays(deps, 1)).toEqual([2_000]);
});

test('without a network a tracker is not tried, and is at once when everything is woken with it', async () => {
  const deps = fakeDeps(0);
  const reach = new Reachability(deps.clock, () => true);
  const sockets = new TrackerSockets(deps, reach);
  const client = listener();
  sockets.join(URL, client);
  FakeWebSocket.newest(URL).open();
  reach.isOnline = false;
  FakeWebSocket.newest(URL).break();
  deps.clock.advance(3_600_000);
  sockets.wake();
  expect(FakeWebSocket.made).toHaveLength(1);
  expect(client.retriesAt).toEqual([null, null]);
  expect(deps.clock.pendingTimers).toBe(0);
  const late = listener();
  sockets.join(URL, late);
  await settled();
  expect(late.heard).toEqual(['there is no network']);
  reach.isOnline = true;
  sockets.wake();
  expect(FakeWebSocket.made).toHaveLength(2);
});

test('a retry that falls due without a network waits for it', () => {
  const deps = fakeDeps(0);
  const reach = new Reachability(deps.clock, () => true);
  const client = listener();
  new TrackerSockets(deps, reach).join(URL, client);
  FakeWebSocket.newest(URL).break();
  reach.isOnline = false;
  deps.clock.advance(60_000);
  expect(FakeWebSocket.made).toHaveLength(1);
  expect(client.heard.at(-1)).toBe('there is no network');
});

test('who reaches nobody, and lately did, tries again every few seconds; who reaches another tracker does not', () => {
  const deps = fakeDeps(0);
  const reach = new Reachability(deps.clock, () => false);
  const sockets = new TrackerSockets(deps, reach);
  sockets.join(URL, listener());
  reach.contact();
  expect(retryDelays(deps, 5)).toEqual([2_000, 4_000, 4_000, 4_000, 4_000]);
  sockets.join('wss://other.test/', listener());
  FakeWebSocket.newest('wss://other.test/').open();
  expect(retryDelays(deps, 1)).toEqual([64_000]);
});

test('an attempt that was made into the void is not waited for when everything is woken', () => {
  const deps = fakeDeps(0);
  const sockets = new TrackerSockets(deps);
  sockets.join(URL, listener());
  deps.clock.advance(5_000);
  sockets.wake();
  expect(FakeWebSocket.made).toHaveLength(2);
});

test('waking replaces a connection that may be dead, and leaves one alone that is being made', () => {
  const client = listener();
  const sockets = new TrackerSockets(fakeDeps(0));
  sockets.join(URL, client);
  sockets.wake();
  expect(FakeWebSocket.made).toHaveLength(1);
  FakeWebSocket.newest(URL).open();
  sockets.wake();
  expect(FakeWebSocket.made).toHaveLength(2);
  FakeWebSocket.newest(URL).open();
  expect(client.heard).toEqual(['open', 'renewed', 'open']);
});

test('a connection over which nothing came since is given up, with a back-off that an open one does not end', () => {
  const deps = fakeDeps(0);
  const client = listener();
  const socket = new TrackerSockets(deps).join(URL, client);
  const delays = [0, 1, 2].map(() => {
    FakeWebSocket.newest(URL).open();
    const sentAtMs = deps.clock.now();
    deps.clock.advance(15_000);
    expect(socket.giveUpIfSilent(sentAtMs)).toBe(true);
    const delayMs = client.retriesAt.at(-1)! - deps.clock.now();
    deps.clock.advance(delayMs);
    return delayMs;
  });
  expect(delays).toEqual([2_000, 4_000, 8_000]);
  expect(client.heard.slice(0, 2)).toEqual(['open', 'it does not answer']);
});

test('a connection that carried anything since, or that is not open, is not given up for silence', () => {
  const deps = fakeDeps(0);
  const socket = new TrackerSockets(deps).join(URL, listener());
  expect(socket.giveUpIfSilent(deps.clock.now())).toBe(false);
  FakeWebSocket.newest(URL).open();
  const sentAtMs = deps.clock.now();
  deps.clock.advance(5_000);
  FakeWebSocket.newest(URL).say(announced);
  deps.clock.advance(10_000);
  expect(socket.giveUpIfSilent(sentAtMs)).toBe(false);
  expect(socket.isOpen).toBe(true);
});

test.each<[string, string, (deps: ReturnType<typeof fakeDeps>) => void]>([
  ['turned away', 'refused', () => FakeWebSocket.newest(URL).break()],
  ['left hanging', 'silent', (deps) => deps.clock.advance(10_000)],
  [
    'closed after it opened',
    'closed',
    () => {
      FakeWebSocket.newest(URL).open();
      FakeWebSocket.newest(URL).break();
    },
  ],
  [
    'full of garbage',
    'garbage',
    () => {
      FakeWebSocket.newest(URL).open();
      for (let i = 0; i < 11; i++) FakeWebSocket.newest(URL).say('garbage');
    },
  ],
])('a connection that is %s counts as %s', (_, failure, fail) => {
  const deps = fakeDeps(0);
  const failures: string[] = [];
  const client = { ...listener(), onLost: (loss: TrackerLoss) => failures.push(loss.failure) };
  new TrackerSockets(deps).join(URL, client);
  fail(deps);
  expect(failures).toEqual([failure]);
});

test('who joins just after a failure hears of it; who joins later has it tried at once', async () => {
  const deps = fakeDeps(0);
  const sockets = new TrackerSockets(deps);
  sockets.join(URL, listener());
  retryDelays(deps, 3);
  FakeWebSocket.newest(URL).break();
  const made = FakeWebSocket.made.length;
  const [soon, later] = [listener(), listener()];
  sockets.join(URL, soon);
  await settled();
  expect(soon.heard).toEqual(['it could not be reached']);
  expect(soon.retriesAt).toEqual([deps.clock.now() + 16_000]);
  expect(FakeWebSocket.made).toHaveLength(made);
  deps.clock.advance(2_000);
  sockets.join(URL, later);
  expect(FakeWebSocket.made).toHaveLength(made + 1);
  deps.clock.advance(9_000);
  expect(FakeWebSocket.made).toHaveLength(made + 1);
});
