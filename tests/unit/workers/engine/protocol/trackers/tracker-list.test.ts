/** The trackers of a torrent as they come to work and to fail (BEP 12). */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TrackerList } from '../../../../../../workers/engine/protocol/trackers/tracker-list.ts';
import { settled } from '../../../../../support/fake-clock.ts';
import { FakeWebSocket } from '../../../../../support/fake-web-socket.ts';
import { Scene } from './announcer-scene.ts';

const [A, B, C] = ['wss://a.test/', 'wss://b.test/', 'wss://c.test/'] as const;

let scene: Scene;
let allTiers: boolean;
let list: TrackerList;
beforeEach(() => {
  FakeWebSocket.reset();
  vi.stubGlobal('WebSocket', FakeWebSocket);
  scene = new Scene();
  // A shuffle that leaves every tier as it is.
  scene.deps.random = () => 0.999_999;
  scene.torrent.isWanting = false;
  allTiers = true;
  list = new TrackerList(scene.torrent, scene.sockets, scene.seat, scene.deps, () => allTiers);
});
afterEach(() => {
  scene.rtc.close();
  vi.unstubAllGlobals();
});

const contacted = () => FakeWebSocket.made.map(({ url }) => url);
const states = () => list.snapshot().map(({ url, state }) => [url, state]);
const works = async (url: string) => {
  await scene.open(url);
  await scene.say({ interval: 120 }, url);
};
const breaks = async (url: string) => {
  FakeWebSocket.newest(url).break();
  await settled();
};

test('every tier is announced to at once, with one tracker of each', async () => {
  list.announceTo([[A, B], [C]]);
  expect(contacted()).toEqual([A, C]);
  await works(A);
  await works(C);
  expect(list.snapshot().map(({ url, tier, state }) => [url, tier, state])).toEqual([
    [A, 0, 'working'],
    [B, 0, 'waiting'],
    [C, 1, 'working'],
  ]);
});

test('all can be announced to at once, and then those of the policy alone again', async () => {
  allTiers = false;
  list.announceTo([[A, B], [C]]);
  await works(A);
  list.announceTo([[A, B], [C]], 'all');
  expect(contacted()).toEqual([A, B, C]);
  await works(B);
  list.announceTo([[A, B], [C]]);
  // Of those of a tier that work, the one that came to work last is as good as any.
  expect(states()).toEqual([
    [B, 'working'],
    [A, 'waiting'],
    [C, 'waiting'],
  ]);
  expect(scene.sent(A).at(-1)).toMatchObject({ event: 'stopped' });
  expect(FakeWebSocket.newest(C).isClosed).toBe(true);
});

test('the trackers of a tier are tried in an order by chance, those of another tier after them', () => {
  scene.deps.random = () => 0;
  allTiers = false;
  list.announceTo([[A, B, C], ['wss://d.test/']]);
  expect(states().map(([url]) => url)).toEqual([B, C, A, 'wss://d.test/']);
  expect(contacted()).toEqual([B]);
});

test('in turn, a tier is asked when all before it fail, and left when one of those is back', async () => {
  allTiers = false;
  list.announceTo([[A, B], [C]]);
  expect(contacted()).toEqual([A]);
  await breaks(A);
  expect(contacted()).toEqual([A, B]);
  await breaks(B);
  expect(contacted()).toEqual([A, B, C]);
  await works(C);
  await scene.advance(3_000);
  await works(A);
  expect(states()).toEqual([
    [A, 'working'],
    [B, 'waiting'],
    [C, 'waiting'],
  ]);
  expect(scene.sent(C).at(-1)).toMatchObject({ event: 'stopped' });
  expect(FakeWebSocket.newest(C).isClosed).toBe(true);
});

test.each<[string, (url: string) => Promise<void>]>([
  ['refuses', breaks],
  ['hangs', () => scene.advance(10_000)],
  [
    'opens and never answers',
    async (url) => {
      await scene.open(url);
      await scene.advance(15_000);
    },
  ],
  [
    'talks garbage',
    async (url) => {
      await scene.open(url);
      for (let i = 0; i < 11; i++) FakeWebSocket.newest(url).say('garbage');
      await settled();
    },
  ],
  [
    'rejects the torrent',
    async (url) => {
      await scene.open(url);
      await scene.say({ 'failure reason': 'not registered' }, url);
    },
  ],
])(
  'when a tracker %s, the next of its tier is tried, and moves to the front when it works',
  async (_, fails) => {
    list.announceTo([[A, B]]);
    await fails(A);
    expect(contacted()).toContain(B);
    expect(states().map(([url]) => url)).toEqual([A, B]);
    await works(B);
    expect(states()).toEqual([
      [B, 'working'],
      [A, 'waiting'],
    ]);
    await scene.advance(600_000);
    expect(contacted().filter((url) => url === B)).toHaveLength(1);
  },
);

test('one that fails later gives way to the next, which was left before', async () => {
  list.announceTo([[A, B]]);
  await breaks(A);
  await works(B);
  const tries = contacted().filter((url) => url === A).length;
  await breaks(B);
  expect(contacted().filter((url) => url === A)).toHaveLength(tries + 1);
  await works(A);
  expect(states()).toEqual([
    [A, 'working'],
    [B, 'waiting'],
  ]);
});

test('with all of them failing, all are tried on, each by its own back-off', async () => {
  list.announceTo([[A, B, C]]);
  for (const url of [A, B, C]) await breaks(url);
  expect(states().map(([, state]) => state)).toEqual(['unreachable', 'unreachable', 'unreachable']);
  const before = contacted().length;
  await scene.advance(3_000);
  expect(contacted().slice(before).toSorted()).toEqual([A, B, C]);
});

test('a browser that refuses every tracker does not make it go round in circles', async () => {
  for (const url of [A, B, C]) FakeWebSocket.refused.add(url);
  list.announceTo([[A, B], [C]]);
  await settled();
  expect(states().map(([, state]) => state)).toEqual(['unreachable', 'unreachable', 'unreachable']);
  expect(scene.deps.clock.pendingTimers).toBe(3);
});

test('trackers are added and removed while it runs; those that stay hear nothing of it', async () => {
  list.announceTo([[A]]);
  await works(A);
  const heard = scene.sent(A).length;
  list.announceTo([[A, B], [C]]);
  await works(C);
  expect(scene.sent(A)).toHaveLength(heard);
  expect(states()).toEqual([
    [A, 'working'],
    [B, 'waiting'],
    [C, 'working'],
  ]);
  list.announceTo([[C]]);
  expect(scene.sent(A).at(-1)).toMatchObject({ event: 'stopped' });
  expect(states()).toEqual([[C, 'working']]);
});

test('one that works stays in use when trackers are added to its tier', async () => {
  list.announceTo([[B]]);
  await works(B);
  list.announceTo([[A, B]]);
  expect(contacted()).toEqual([B]);
  expect(states()[0]).toEqual([B, 'working']);
});

test('a change of the setting is followed at once', async () => {
  list.announceTo([[A], [B]]);
  await works(A);
  await works(B);
  allTiers = false;
  list.settle();
  expect(states()).toEqual([
    [A, 'working'],
    [B, 'waiting'],
  ]);
  allTiers = true;
  list.settle();
  await works(B);
  expect(states()[1]).toEqual([B, 'working']);
});

test('trackers of kinds that no page can use are shown with the reason, and never contacted', async () => {
  const [UDP, HTTP] = ['udp://u.test:6969/announce', 'http://h.test/announce'];
  allTiers = false;
  list.announceTo([
    [UDP, HTTP],
    [UDP + '2', A],
  ]);
  expect(contacted()).toEqual([A]);
  await works(A);
  expect(list.snapshot()).toMatchObject([
    { url: UDP, tier: 0, state: 'unsupported', lastError: expect.stringContaining('UDP') },
    { url: HTTP, tier: 0, state: 'unsupported', lastError: expect.stringContaining('HTTP') },
    { url: A, tier: 1, state: 'working', lastError: null },
    { url: UDP + '2', tier: 1, state: 'unsupported', failure: null, nextAnnounceAt: null },
  ]);
  list.announceTo([[UDP]]);
  expect(list.snapshot()).toMatchObject([{ url: UDP, tier: 0, state: 'unsupported' }]);
  expect(contacted()).toEqual([A]);
});

test('completion is told where it announces; leaving ends everything', async () => {
  list.announceTo([[A, B]]);
  await works(A);
  list.complete();
  expect(scene.sent(A).at(-1)).toMatchObject({ event: 'completed' });
  list.leave();
  expect(scene.sent(A).at(-1)).toMatchObject({ event: 'stopped' });
  await settled();
  expect(list.snapshot()).toEqual([]);
  expect(scene.deps.clock.pendingTimers).toBe(0);
});
