import { expect, test } from 'vitest';
import {
  isCutOff,
  PeerSearch,
  QUICK_FOR_MS,
  Reachability,
  type Reach,
} from '../../../../../workers/engine/protocol/partition.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

type Tracker = ReturnType<Reach['trackers']>[number];
const refused: Tracker = { state: 'unreachable', failure: 'refused' };
const silent: Tracker = { state: 'unreachable', failure: 'silent' };
const working: Tracker = { state: 'working', failure: null };
const asked: Tracker = { state: 'announcing', failure: null };
const rejected: Tracker = { state: 'waiting', failure: 'rejected' };
const garbage: Tracker = { state: 'unreachable', failure: 'garbage' };
const udp: Tracker = { state: 'unsupported', failure: null };

const reached: Reach = {
  isOnline: true,
  isMoving: false,
  peers: 0,
  hadPeers: true,
  trackers: () => [refused],
};

test.each<[string, Partial<Reach>, boolean]>([
  ['no peer, no tracker', {}, true],
  ['no peer, several trackers gone', { trackers: () => [refused, silent, udp] }, true],
  ['one tracker still there', { trackers: () => [refused, working] }, false],
  ['one tracker that may be there', { trackers: () => [silent, asked] }, false],
  ['a tracker that says no', { trackers: () => [rejected, refused] }, false],
  ['a tracker that talks, if only nonsense', { trackers: () => [garbage] }, false],
  ['a peer', { peers: 1 }, false],
  ['nobody ever', { hadPeers: false }, false],
  ['no tracker that could be reached at all', { trackers: () => [udp] }, false],
  ['no tracker', { trackers: () => [] }, false],
  ['no network', { isOnline: false, trackers: () => [working], peers: 3, hadPeers: false }, true],
  ['no network, and payload all the same', { isOnline: false, isMoving: true }, false],
  ['payload, of a web seed', { isMoving: true }, false],
])('%s', (_, facts, cutOff) => {
  expect(isCutOff({ ...reached, ...facts })).toBe(cutOff);
});

test('who lost everybody seeks them for ten minutes, who never had anybody does not', () => {
  const clock = new FakeClock();
  let hasPeers = false;
  const reach = new Reachability(clock, () => hasPeers);
  expect(reach.isSought).toBe(false);
  reach.contact();
  expect(reach.isSought).toBe(true);
  hasPeers = true;
  expect(reach.isSought).toBe(false);
  hasPeers = false;
  clock.advance(QUICK_FOR_MS - 1);
  expect(reach.isSought).toBe(true);
  clock.advance(1);
  expect(reach.isSought).toBe(false);
});

test.each([
  ['wss://tracker.test/', false],
  ['ws://localhost:8000/', true],
  ['ws://127.0.0.1:8000/announce', true],
])('without a network %s may be tried: %s', (url, mayTry) => {
  const reach = new Reachability(new FakeClock(), () => false);
  expect(reach.mayTry(url)).toBe(true);
  reach.isOnline = false;
  expect(reach.mayTry(url)).toBe(mayTry);
});

/** `events`: seconds → how many peers there are from then on. Returns the seconds at which trackers were asked. */
function asks(events: Readonly<Record<number, number>>, untilS: number, chance: number): number[] {
  const clock = new FakeClock();
  const startMs = clock.now();
  const found: number[] = [];
  const search = new PeerSearch({ clock, random: () => chance }, () =>
    found.push((clock.now() - startMs) / 1000),
  );
  for (let second = 0; second < untilS; second++) {
    const peers = events[second];
    if (peers !== undefined) search.count(peers);
    clock.advance(1_000);
  }
  expect(clock.pendingTimers).toBe(0);
  return found;
}

test.each([
  ['nobody was ever there', { 0: 0 }, 0, []],
  ['one of two went', { 0: 2, 5: 1 }, 0, []],
  ['the last went', { 0: 2, 5: 0 }, 0, [5.5, 9.5, 13.5]],
  ['the last went, by chance as late as can be', { 0: 2, 5: 0 }, 0.999_999, [6, 12, 18]],
  ['somebody came', { 0: 1, 5: 0, 8: 1 }, 0, [5.5]],
  ['one that comes and goes', { 0: 1, 5: 0, 8: 1, 9: 0, 20: 1, 21: 0 }, 0, [5.5, 9.5, 13.5, 26]],
] as const)('%s', (_, events, chance, expected) => {
  const found = asks(events, 120, chance);
  expected.forEach((atS, i) => expect(found[i]).toBeCloseTo(atS, 3));
  expect(found.length).toBeGreaterThanOrEqual(expected.length);
});

test('with dead peers one ask goes out whoever is left, and no more of them while somebody is', () => {
  const clock = new FakeClock();
  let asked = 0;
  const search = new PeerSearch({ clock, random: () => 0 }, () => asked++);
  search.count(2);
  search.replaceDead();
  clock.advance(60_000);
  expect(asked).toBe(1);
});

test.each([
  [0, 3],
  [1, 0],
])('with trackers back and %i peers, they are asked %i times more', (peers, asks) => {
  const clock = new FakeClock();
  let asked = 0;
  const search = new PeerSearch({ clock, random: () => 0 }, () => asked++);
  search.count(peers);
  search.trackersBack();
  clock.advance(4_499);
  expect(asked).toBe(0);
  clock.advance(60_000);
  expect(asked).toBe(asks);
});

test('trackers that are back in the middle of a search are left in peace as long as after any announce', () => {
  const clock = new FakeClock();
  let asked = 0;
  const search = new PeerSearch({ clock, random: () => 0 }, () => asked++);
  search.count(1);
  search.count(0);
  clock.advance(500);
  expect(asked).toBe(1);
  // The second turn would be in a moment.
  clock.advance(3_900);
  search.trackersBack();
  clock.advance(4_499);
  expect(asked).toBe(1);
  clock.advance(60_000);
  expect(asked).toBe(4);
});

test('a search that is stopped asks nobody', () => {
  const clock = new FakeClock();
  let asked = 0;
  const search = new PeerSearch({ clock, random: () => 0 }, () => asked++);
  search.replaceDead();
  search.replaceDead();
  clock.advance(500);
  expect(asked).toBe(1);
  search.stop();
  clock.advance(60_000);
  expect(asked).toBe(1);
});
