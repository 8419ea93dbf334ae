/** Offers and answers: at most five of ours at a time, each gone or a peer within 50 s. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  binaryToHex,
  hexToBinary,
} from '../../../../../../workers/engine/protocol/trackers/tracker-message.ts';
import { settled } from '../../../../../support/fake-clock.ts';
import { FakeWebSocket } from '../../../../../support/fake-web-socket.ts';
import { answerTo, offerFrom, REMOTE, Scene, TRACKER } from './announcer-scene.ts';

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

test('an announce carries five offers, each with an id of 20 single-byte characters of its own', async () => {
  await scene.opened();
  const offers = scene.sent()[0]!.offers!;
  expect(offers.map(({ offer }) => offer)).toEqual(
    [1, 2, 3, 4, 5].map((id) => ({ type: 'offer', sdp: `sdp of ${id}` })),
  );
  for (const { offer_id } of offers) expect(binaryToHex(offer_id)).toMatch(/^[0-9a-f]{40}$/);
  expect(new Set(offers.map(({ offer_id }) => offer_id)).size).toBe(5);
});

test('offers that nobody answers are closed after 50 s, and never more than five are held', async () => {
  await scene.opened();
  await scene.say({ interval: 120, complete: 0, incomplete: 1 });
  await scene.advance(30_000);
  await scene.say({ interval: 120, complete: 0, incomplete: 1 });
  await scene.advance(19_999);
  expect(scene.sent()[1]!.offers).toEqual([]);
  expect(scene.rtc.pool.pending).toBe(5);
  await scene.advance(1);
  expect(scene.rtc.pool.pending).toBe(0);
  expect(scene.rtc.ids('close')).toEqual([1, 2, 3, 4, 5]);
});

test('offers still being made when the tracker comes back count towards the five', async () => {
  scene.rtc.isPrompt = false;
  scene.announcer();
  await scene.open();
  FakeWebSocket.newest(TRACKER).break();
  await scene.advance(3_000);
  await scene.open();
  for (const id of scene.rtc.ids('offer')) scene.rtc.describe(id);
  await settled();
  expect(scene.rtc.pool.pending).toBeLessThanOrEqual(5);
  const offers = scene.sent().flatMap(({ offers: sent = [] }) => sent);
  expect(offers.length).toBe(scene.rtc.pool.pending);
});

test('over the budget of connections the announce goes out with what there is', async () => {
  scene.rtc.pool.budget = 2;
  await scene.opened();
  expect(scene.sent()[0]!.offers).toHaveLength(2);
});

test('an answer goes to the offer it names, which becomes a peer', async () => {
  await scene.opened();
  const third = scene.sent()[0]!.offers![2]!;
  await scene.say(answerTo(third.offer_id));
  expect(scene.rtc.commands.at(-1)).toEqual({ kind: 'accept', id: 3, sdp: 'their answer' });
  expect(scene.torrent.peers.map(({ id }) => id)).toEqual([REMOTE]);
  await scene.advance(60_000);
  expect(scene.rtc.ids('close')).toEqual([1, 2, 4, 5]);
});

test('a second answer to the same offer, or one to no offer of ours, is ignored', async () => {
  await scene.opened();
  const { offer_id } = scene.sent()[0]!.offers![0]!;
  await scene.say(answerTo(offer_id));
  await scene.say(answerTo(offer_id, 'dd'.repeat(20)));
  await scene.say(answerTo('__proto__'));
  expect(scene.torrent.peers).toHaveLength(1);
  expect(scene.rtc.ids('accept')).toEqual([1]);
});

test('a remote offer is answered to the peer that made it', async () => {
  await scene.opened();
  await scene.say(offerFrom(REMOTE));
  expect(scene.torrent.peers.map(({ id }) => id)).toEqual([REMOTE]);
  expect(scene.sent().at(-1)).toMatchObject({
    action: 'announce',
    info_hash: hexToBinary(scene.torrent.infoHash),
    to_peer_id: hexToBinary(REMOTE),
    offer_id: 'an offer of 20 chars',
    answer: { type: 'answer', sdp: 'sdp of 6' },
  });
});

test.each([
  ['our own', () => scene.torrent.peerId, true],
  ['a peer’s when no peers are wanted', () => REMOTE, false],
])('an offer that is %s is ignored', async (_, peerId, isWanting) => {
  await scene.opened();
  scene.torrent.isWanting = isWanting;
  await scene.say(offerFrom(peerId()));
  expect(scene.torrent.peers).toEqual([]);
  expect(scene.rtc.ids('answer')).toEqual([]);
});

test('a banned peer is neither answered nor taken up on its answer', async () => {
  await scene.opened();
  scene.torrent.refused.add(REMOTE);
  await scene.say(offerFrom(REMOTE));
  await scene.say(answerTo(scene.sent()[0]!.offers![1]!.offer_id));
  await settled();
  expect(scene.torrent.peers).toEqual([]);
  expect(scene.rtc.ids('answer')).toEqual([]);
  expect(scene.rtc.ids('accept')).toEqual([]);
  expect(scene.rtc.ids('close')).toEqual([2]);
});

test('an answer that is ready only after we left is dropped', async () => {
  const announcer = await scene.opened();
  scene.rtc.isPrompt = false;
  await scene.say(offerFrom(REMOTE));
  announcer.leave();
  scene.rtc.describe(6);
  await settled();
  expect(scene.torrent.peers).toEqual([]);
  expect(scene.rtc.pool.pending).toBe(0);
});

test('a lost tracker takes its unanswered offers along and leaves open peers alone', async () => {
  await scene.opened();
  await scene.say(answerTo(scene.sent()[0]!.offers![0]!.offer_id));
  FakeWebSocket.newest(TRACKER).break();
  await settled();
  expect(scene.rtc.ids('close')).toEqual([2, 3, 4, 5]);
});

test('leaving drops what was offered', async () => {
  const announcer = await scene.opened();
  announcer.leave();
  await settled();
  expect(scene.rtc.ids('close')).toEqual([1, 2, 3, 4, 5]);
});
