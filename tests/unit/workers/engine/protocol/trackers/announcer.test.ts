/** What a torrent tells its trackers, and when. announcer-offers.test.ts has the connections that come of it. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hexToBinary } from '../../../../../../workers/engine/protocol/trackers/tracker-message.ts';
import { settled } from '../../../../../support/fake-clock.ts';
import { FakeWebSocket } from '../../../../../support/fake-web-socket.ts';
import { Scene, TRACKER } from './announcer-scene.ts';

let scene: Scene;
beforeEach(() => {
  FakeWebSocket.reset();
  vi.stubGlobal('WebSocket', FakeWebSocket);
  scene = new Scene();
});
afterEach(() => {
  scene.rtc.close();
  vi.unstubAllGlobals();
});

test('the first announce says who we are, what is left, and that we started', async () => {
  await scene.opened();
  expect(scene.sent()).toHaveLength(1);
  expect(scene.sent()[0]).toMatchObject({
    action: 'announce',
    event: 'started',
    info_hash: hexToBinary(scene.torrent.infoHash),
    peer_id: hexToBinary(scene.torrent.peerId),
    uploaded: 1,
    downloaded: 2,
    left: 3,
    numwant: 5,
  });
});

test('later announces are updates without an event, at the tracker’s own interval when no peers are wanted', async () => {
  scene.torrent.isWanting = false;
  await scene.opened();
  await scene.say({ interval: 120, complete: 1 });
  await scene.advance(30_000);
  await scene.say({ interval: 120, complete: 1 });
  expect(scene.sent().map(({ event }) => event)).toEqual(['started', undefined]);
  await scene.advance(119_999);
  expect(scene.sent()).toHaveLength(2);
  await scene.advance(1);
  expect(scene.sent()).toHaveLength(3);
});

test('a torrent that wants peers announces again soon after its offers are over', async () => {
  await scene.opened();
  await scene.say({ interval: 3600, complete: 1 });
  await scene.advance(30_000);
  await scene.say({ interval: 3600, complete: 1 });
  await scene.advance(50_999);
  expect(scene.sent()).toHaveLength(2);
  await scene.advance(1);
  expect(scene.sent()).toHaveLength(3);
  expect(scene.sent()[2]!.offers).toHaveLength(5);
});

test('a torrent that wants no peers announces without offers', async () => {
  scene.torrent.isWanting = false;
  await scene.opened();
  expect(scene.sent()[0]).toMatchObject({ event: 'started', offers: [] });
  expect(scene.rtc.commands).toEqual([]);
});

test('completion is told once, with nothing left', async () => {
  const announcer = await scene.opened();
  scene.torrent.left = { ...scene.torrent.left, leftBytes: 0 };
  announcer.complete();
  expect(scene.sent().at(-1)).toMatchObject({ event: 'completed', left: 0 });
  expect(scene.sent().filter(({ event }) => event === 'completed')).toHaveLength(1);
});

test('leaving says goodbye, closes the connection and lets no timer go on', async () => {
  const announcer = await scene.opened();
  announcer.leave();
  expect(scene.sent().at(-1)).toMatchObject({ event: 'stopped' });
  expect(FakeWebSocket.newest(TRACKER).isClosed).toBe(true);
  expect(scene.deps.clock.pendingTimers).toBe(0);
});

test('leaving before the tracker opened says nothing', async () => {
  const announcer = scene.announcer();
  announcer.leave();
  await settled();
  expect(scene.sent()).toEqual([]);
  expect(scene.deps.clock.pendingTimers).toBe(0);
});

test('the state follows the tracker: announcing, working, unreachable, announcing', async () => {
  const announcer = scene.announcer();
  expect(announcer.snapshot()).toMatchObject({ url: TRACKER, state: 'announcing' });
  await scene.open();
  await scene.say({ interval: 120, complete: 7, incomplete: 9 });
  expect(announcer.snapshot()).toMatchObject({
    state: 'working',
    seeds: 7,
    leechers: 9,
    lastError: null,
    nextAnnounceAt: new Date(scene.deps.clock.now() + 30_000).toISOString(),
  });
  FakeWebSocket.newest(TRACKER).break();
  expect(announcer.snapshot().state).toBe('unreachable');
  expect(announcer.snapshot().lastError).toContain('could not be reached');
  await scene.advance(3_000);
  await scene.open();
  expect(announcer.snapshot()).toMatchObject({ state: 'announcing', lastError: null });
});

test('a tracker’s own refusal is shown', async () => {
  const announcer = await scene.opened();
  await scene.say({ 'failure reason': 'not registered' });
  expect(announcer.snapshot()).toMatchObject({
    state: 'waiting',
    failure: 'rejected',
    lastError: 'not registered',
  });
});

test('a tracker that opens and never answers is unreachable after 15 s, and tried again later each time', async () => {
  const announcer = await scene.opened();
  const retryDelays: number[] = [];
  for (let round = 0; round < 4; round++) {
    await scene.advance(14_999);
    expect(announcer.snapshot()).toMatchObject({ state: 'announcing', failure: null });
    await scene.advance(1);
    expect(announcer.snapshot()).toMatchObject({ state: 'unreachable', failure: 'silent' });
    expect(announcer.snapshot().lastError).toContain('does not answer');
    expect(FakeWebSocket.newest(TRACKER).isClosed).toBe(true);
    expect(scene.rtc.pool.pending).toBe(0);
    const delayMs = Date.parse(announcer.snapshot().nextAnnounceAt!) - scene.deps.clock.now();
    retryDelays.push(delayMs);
    await scene.advance(delayMs);
    await scene.open();
  }
  for (const [i, baseMs] of [2_000, 4_000, 8_000, 16_000].entries()) {
    expect(retryDelays[i]).toBeGreaterThanOrEqual(baseMs);
    expect(retryDelays[i]).toBeLessThanOrEqual(baseMs * 1.5);
  }
  await scene.say({ interval: 120 });
  await scene.advance(15_000);
  expect(announcer.snapshot()).toMatchObject({ state: 'working', failure: null });
});

test('a tracker that speaks of other torrents and never of ours costs ours alone', async () => {
  const announcer = await scene.opened();
  const sayOfAnother = () => scene.say({ info_hash: hexToBinary('12'.repeat(20)), interval: 60 });
  await scene.advance(1_000);
  await sayOfAnother();
  await scene.advance(14_000);
  expect(announcer.snapshot()).toMatchObject({ state: 'unreachable', failure: 'silent' });
  expect(announcer.snapshot().lastError).toContain('no answer about this torrent within 15 s');
  expect(FakeWebSocket.newest(TRACKER).isClosed).toBe(false);
  await scene.advance(29_999);
  expect(scene.sent()).toHaveLength(1);
  await scene.advance(1);
  expect(scene.sent()).toHaveLength(2);
  await scene.say({ interval: 120 });
  expect(announcer.snapshot()).toMatchObject({ state: 'working', failure: null, lastError: null });
});

test('a tracker that keeps refusing a torrent is asked ever less often', async () => {
  scene.torrent.isWanting = false;
  const announcer = await scene.opened();
  const delays: number[] = [];
  for (let round = 0; round < 10; round++) {
    await scene.say({ 'failure reason': 'not registered' });
    const delayMs = Date.parse(announcer.snapshot().nextAnnounceAt!) - scene.deps.clock.now();
    delays.push(delayMs);
    await scene.advance(delayMs);
    expect(scene.sent()).toHaveLength(round + 2);
  }
  expect(delays.slice(0, 3)).toEqual([30_000, 30_000, 30_000]);
  expect(delays.at(-1)).toBeGreaterThanOrEqual(300_000);
});

test('a renewed connection begins anew: the offers of the old one are closed and five more made', async () => {
  const announcer = await scene.opened();
  await scene.say({ interval: 120 });
  scene.sockets.wake();
  await settled();
  expect(scene.rtc.ids('close')).toEqual([1, 2, 3, 4, 5]);
  expect(announcer.snapshot()).toMatchObject({ state: 'announcing', lastError: null });
  await scene.open();
  expect(scene.sent()[1]!.offers).toHaveLength(5);
});

test('asked again, a tracker that is there gets new offers, and one that is not is given up after three seconds', async () => {
  const announcer = await scene.opened();
  await scene.say({ interval: 120, complete: 0, incomplete: 1 });
  await scene.advance(10_000);
  announcer.askAgain();
  await settled();
  expect(scene.sent()).toHaveLength(2);
  expect(scene.sent()[1]).not.toHaveProperty('event');
  expect(scene.sent()[1]).not.toHaveProperty('offers');
  expect(scene.rtc.ids('close')).toEqual([1, 2, 3, 4, 5]);
  await scene.say({ interval: 120, complete: 0, incomplete: 1 });
  expect(scene.sent()).toHaveLength(3);
  expect(scene.sent()[2]!.offers).toHaveLength(5);
  await scene.say({ interval: 120, complete: 0, incomplete: 1 });
  expect(scene.sent()).toHaveLength(3);
  announcer.askAgain();
  await scene.advance(3_000);
  expect(announcer.snapshot()).toMatchObject({ state: 'unreachable', failure: 'silent' });
});

test('a tracker that is not open, or has not been announced to yet, is not asked again', async () => {
  const announcer = scene.announcer();
  announcer.askAgain();
  await scene.open();
  expect(scene.sent()).toHaveLength(1);
  FakeWebSocket.newest(TRACKER).break();
  announcer.askAgain();
  await settled();
  expect(FakeWebSocket.made).toHaveLength(1);
});

test('a tracker whose answers bring no counts is scraped for them, after each', async () => {
  const announcer = await scene.opened();
  const scrapes = () => scene.sent().filter(({ action }) => action === 'scrape');
  await scene.say({ interval: 120 });
  expect(scrapes()).toEqual([{ action: 'scrape', info_hash: hexToBinary(scene.torrent.infoHash) }]);
  const files = {
    [hexToBinary('12'.repeat(20))]: { complete: 99, incomplete: 99 },
    [hexToBinary(scene.torrent.infoHash)]: { complete: 7, incomplete: 9 },
  };
  await scene.say({ action: 'scrape', files });
  expect(announcer.snapshot()).toMatchObject({ state: 'working', seeds: 7, leechers: 9 });
  await scene.advance(30_000);
  await scene.say({ interval: 120 });
  expect(scrapes()).toHaveLength(2);
});

test.each([
  ['whose answers bring counts is not scraped', { interval: 120, complete: 0, incomplete: 1 }, 0],
  ['that never answers a scrape, or hangs up at it, gets no second one', { interval: 120 }, 1],
])('a tracker %s', async (_, answer, expected) => {
  await scene.opened();
  let scrapes = 0;
  for (let round = 0; round < 3; round++) {
    await scene.say(answer);
    scrapes += scene.sent().filter(({ action }) => action === 'scrape').length;
    FakeWebSocket.newest(TRACKER).break();
    await scene.advance(3_000);
    await scene.open();
  }
  expect(scrapes).toBe(expected);
});

test('what is said of another torrent at the same tracker is not ours', async () => {
  const announcer = await scene.opened();
  const other = hexToBinary('12'.repeat(20));
  await scene.say({ info_hash: other, complete: 7 });
  await scene.say({ info_hash: other, 'failure reason': 'not registered' });
  expect(announcer.snapshot()).toMatchObject({
    state: 'announcing',
    seeds: null,
    lastError: null,
  });
});

test('after a loss the tracker is told to forget the connection it may still have, and then all as at first', async () => {
  await scene.opened();
  FakeWebSocket.newest(TRACKER).break();
  await scene.advance(3_000);
  await scene.open();
  expect(scene.sent().map(({ event }) => event)).toEqual(['stopped', 'started']);
  expect(scene.torrent.trackersBack).toBe(0);
  await scene.say({ interval: 120 });
  await scene.say({ interval: 120 });
  expect(scene.torrent.trackersBack).toBe(1);
});

test('a tracker that is lost while offers are being made stays unreachable until it is back', async () => {
  scene.rtc.isPrompt = false;
  const announcer = scene.announcer();
  await scene.open();
  FakeWebSocket.newest(TRACKER).break();
  const { nextAnnounceAt } = announcer.snapshot();
  for (const id of scene.rtc.ids('offer')) scene.rtc.describe(id);
  await settled();
  expect(scene.rtc.pool.pending).toBe(0);
  expect(announcer.snapshot()).toMatchObject({ state: 'unreachable', nextAnnounceAt });
  const offers = scene.rtc.ids('offer').length;
  await scene.advance(120_000);
  expect(scene.rtc.ids('offer')).toHaveLength(offers);
});

test.each([
  ['refuses', (socket: FakeWebSocket) => socket.break()],
  ['hangs', () => undefined],
  [
    'talks garbage',
    (socket: FakeWebSocket) => {
      socket.open();
      for (let i = 0; i < 20; i++) socket.say('garbage');
    },
  ],
])('a tracker that %s does not stop another', async (_, misbehave) => {
  const bad = scene.announcer('wss://bad.test/');
  const good = scene.announcer();
  misbehave(FakeWebSocket.newest('wss://bad.test/'));
  await scene.open();
  await scene.advance(10_000);
  await scene.say({ interval: 120, complete: 1 });
  expect(bad.snapshot().state).toBe('unreachable');
  expect(good.snapshot()).toMatchObject({ state: 'working', seeds: 1 });
});

test('asked by a person, a tracker that works is asked at once, and no second time while it has not answered', async () => {
  const announcer = await scene.opened();
  await scene.say({ interval: 3600, complete: 1 });
  announcer.askNow();
  await settled();
  expect(scene.sent()).toHaveLength(2);
  announcer.askNow();
  await settled();
  expect(scene.sent()).toHaveLength(2);
});

test('asked by a person, a tracker that was lost is connected to at once', async () => {
  const announcer = await scene.opened();
  FakeWebSocket.newest(TRACKER).onclose?.();
  const before = FakeWebSocket.made.length;
  announcer.askNow();
  expect(FakeWebSocket.made).toHaveLength(before + 1);
});
