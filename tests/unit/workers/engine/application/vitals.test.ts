/** One torrent that stalls, on a clock that stands still: what is done about it, and what is told. */
import { beforeEach, expect, test } from 'vitest';
import type { NewEvent } from '../../../../../workers/contract/events.ts';
import { OWN_DEFAULTS } from '../../../../../workers/engine/model/torrent-change.ts';
import { readInfo } from '../../../../../workers/engine/readers/torrent-info.ts';
import { NO_STATS, stateOf } from '../../../../../workers/engine/application/torrent-view.ts';
import { TorrentTask } from '../../../../../workers/engine/application/torrent.ts';
import { fakeDeps, settled, type FakeDeps } from '../../../../support/fake-clock.ts';
import { FakeStorage, emptyDisk } from '../../../../support/fake-storage.ts';
import { FakeSwarm, type FakeMember } from '../../../../support/fake-swarm.ts';
import { tracker } from '../../../../support/tracker-snapshot.ts';
import { hash, infoBytes, made } from './session-scene.ts';

let deps: FakeDeps;
let events: NewEvent[];
let gaveUp: string[];
let task: TorrentTask;
let member: FakeMember;
let storage: FakeStorage;

beforeEach(async () => {
  deps = fakeDeps(0);
  [events, gaveUp] = [[], []];
  storage = new FakeStorage(emptyDisk());
  const swarm = new FakeSwarm();
  const read = await readInfo(infoBytes, hash);
  if (!read.ok) throw new Error(read.error.message);
  const addedAt = new Date(deps.clock.now()).toISOString();
  task = new TorrentTask(
    {
      version: 5,
      infoHash: hash,
      name: 'album',
      infoBytes,
      trackers: [],
      webSeeds: [],
      files: null,
      ...OWN_DEFAULTS,
      pausedBy: null,
      addedAt,
      queueOrder: 0,
      lastUsedAt: addedAt,
      completedAt: null,
    },
    read.value,
    false,
    {
      storage,
      swarm,
      deps,
      trackersFor: () => [['wss://a.test/', 'wss://b.test/']],
      verifiesOnResume: () => false,
      roomWanted: async () => undefined,
      recoveryRules: () => ({ intervalMs: 30_000, maxRetries: 4, backoffFactor: 2 }),
      gaveUp: (_, reason) => gaveUp.push(reason),
      cooldownOf: () => null,
      turnsChanged: () => undefined,
      learned: () => undefined,
      isHeldBack: () => false,
      changed: () => undefined,
      progressed: () => undefined,
      emit: (event) => events.push(event),
    },
  );
  task.giveTurn(true, 0);
  await task.begin();
  member = swarm.member(hash)!;
  member.downloadBps = 0;
  // The second is behind the first of its tier.
  member.trackerSnapshots = [
    tracker({ state: 'working', seeds: 0, nextAnnounceAt: addedAt }),
    tracker({ url: 'wss://b.test/', state: 'waiting' }),
  ];
});

function pass(seconds: number): void {
  for (let n = 0; n < seconds; n++) {
    deps.clock.advance(1_000);
    task.beat();
  }
}

const health = () => task.vitals.look(stateOf(task), task.member?.stats() ?? NO_STATS);
const told = (kind: NewEvent['kind']) => events.filter((event) => event.kind === kind);
const steps = () => told('torrent:recovery').map(({ data }) => data!['step']);
/** What the swarm was asked to do. */
const done = () => [member.reannounces, member.reach, member.drops, member.restarts];

test('a stall is told of once, and each rung in its time; what nobody answers is given up in the end', () => {
  pass(29);
  expect([task.vitals.stall.stalledSinceMs, events.map(({ data }) => data!['to'])]).toEqual([
    null,
    ['waiting'],
  ]);
  pass(1);
  expect(task.vitals.stall.stalledSinceMs).toBe(deps.clock.now() - 30_000);
  expect(done()).toEqual([1, 'tiers', 0, 0]);
  expect(told('torrent:stalled')).toMatchObject([
    { infoHash: hash, data: { silentS: 30, peers: 2 }, message: expect.stringMatching(/for 30 s/) },
  ]);
  pass(30);
  expect(done()).toEqual([1, 'all', 0, 0]);
  pass(60);
  expect(done()).toEqual([1, 'all', 1, 0]);
  pass(120);
  expect(done()).toEqual([1, 'all', 1, 1]);
  expect(member.isPaused).toBe(false);
  expect(health()).toMatchObject({
    kind: 'stalled',
    evidence: [
      'Nothing has come for 4 min',
      '2 peers connected, 1 seed among them',
      'Tried: asked the trackers, asked every tracker of every tier, let go of silent peers, began anew with all connections',
    ],
  });
  pass(239);
  expect(gaveUp).toEqual([]);
  pass(10_000);
  expect(gaveUp).toEqual(['timeout']);
  expect(done()).toEqual([1, 'all', 1, 1]);
  expect(steps()).toEqual(['reannounce', 'all-trackers', 'drop-snubbed', 'restart', 'give-up']);
  expect(told('torrent:stalled')).toHaveLength(1);
  expect(health().message).toMatch(/rests for now/);
});

test('what it is like is told when it changes, with when that was', () => {
  pass(10);
  const waiting = health();
  expect(waiting).toMatchObject({ kind: 'waiting', since: '2026-11-20T00:00:01.000Z' });
  pass(25);
  expect(health()).toMatchObject({ kind: 'stalled', since: '2026-11-20T00:00:30.000Z' });
  [member.downloadBps, member.downloadedBytes] = [5, 16_384];
  pass(2);
  expect(health()).toMatchObject({ kind: 'ok', message: '', since: '2026-11-20T00:00:36.000Z' });
  expect(told('torrent:health').map(({ data }) => data)).toEqual([
    { from: 'ok', to: 'waiting' },
    { from: 'waiting', to: 'stalled' },
    { from: 'stalled', to: 'ok' },
  ]);
});

test('as soon as something comes the tiers are as before, and the next stall begins with the first rung', () => {
  pass(61);
  expect(member.reach).toBe('all');
  member.downloadedBytes = 16_384;
  pass(1);
  expect([member.reach, task.vitals.stall.stalledSinceMs, steps().at(-1)]).toEqual([
    'tiers',
    null,
    'over',
  ]);
  pass(30);
  expect(done()).toEqual([2, 'tiers', 0, 0]);
  expect(told('torrent:stalled')).toHaveLength(2);
});

test.each<[string, () => void]>([
  ['paused', () => void task.pause()],
  ['cut off', () => (member.isCutOff = true)],
  ['held back by a limit', () => (member.isHeldBack = true)],
  ['under pressure of its storage', () => (storage.stores.get(hash)!.isPressed = true)],
])('it is left alone while it is %s', (_, set) => {
  set();
  pass(3_600);
  expect([task.vitals.stall.stalledSinceMs, done(), gaveUp]).toEqual([
    null,
    [0, 'tiers', 0, 0],
    [],
  ]);
});

test('a complete torrent is left alone', async () => {
  await member.deliver(made.content, 0, 1, 2, 3, 4, 5);
  pass(3_600);
  expect([health().kind, done(), gaveUp]).toEqual(['ok', [0, 'tiers', 0, 0], []]);
});

test('a rung that would change nothing is left out', () => {
  member.snubbed = 0;
  member.trackerSnapshots = [tracker({ state: 'working', nextAnnounceAt: 'soon' })];
  pass(61);
  expect(steps()).toEqual(['reannounce', 'restart']);
});

test('a person who resumes it, or asks the trackers, has it tried from the start', async () => {
  pass(500);
  expect(gaveUp).toEqual(['timeout']);
  await task.resume();
  expect([task.vitals.stall.stalledSinceMs, steps().at(-1)]).toEqual([null, 'over']);
  pass(30);
  expect(member.reannounces).toBe(2);
  task.reannounce();
  expect([member.reannounces, task.vitals.stall.stalledSinceMs]).toEqual([3, null]);
});

test.each<[string, readonly ReturnType<typeof tracker>[], string]>([
  ['nobody is known of', [tracker({ state: 'working', seeds: 0 })], 'no-peers'],
  ['somebody should be reached', [tracker({ state: 'working', seeds: 2 })], 'connection'],
  ['no tracker is', [tracker({ state: 'unreachable', failure: 'silent' })], 'connection'],
])('alone it is given up for the reason that %s', (_, trackers, reason) => {
  [member.peerCount, member.seeds, member.trackerSnapshots] = [0, 0, trackers];
  pass(1_000);
  expect(gaveUp).toEqual([reason]);
});

test('where nobody is connected nothing begins anew: the trackers are asked again, and it stays the same trouble', () => {
  [member.peerCount, member.seeds] = [0, 0];
  pass(65);
  const asked = member.reannounces;
  pass(180);
  const { kind, since } = health();
  expect([kind, member.restarts]).toEqual(['no-peers', 0]);
  expect(member.reannounces).toBeGreaterThan(asked);
  pass(60);
  expect(health()).toMatchObject({ kind, since });
});

test('a piece that rests is fetched again at once when somebody was banned for lying', () => {
  const { wanted } = member;
  for (let n = 0; n < 4; n++) member.events.hashFailure(2, 16_384);
  expect(member.wanted).toEqual([0, 1, 3, 4, 5]);
  pass(1);
  expect(member.wanted).toEqual([0, 1, 3, 4, 5]);
  member.banned = 1;
  pass(1);
  expect(member.wanted).toEqual(wanted);
});

test('a piece that comes out wrong time and again rests, and is fetched again later', async () => {
  const { wanted } = member;
  for (let n = 0; n < 3; n++) member.events.hashFailure(2, 16_384);
  expect(member.wanted).toEqual(wanted);
  member.events.hashFailure(2, 16_384);
  expect(member.wanted).toEqual([0, 1, 3, 4, 5]);
  expect(task.log.events[0]!.message).toMatch(/Piece 2 came out wrong.*in 30 s/);
  expect(health().evidence).toContain('1 piece came out wrong too often, fetched again later');
  pass(30);
  expect(member.wanted).toEqual(wanted);
  for (let n = 0; n < 4; n++) member.events.hashFailure(2, 16_384);
  pass(59);
  expect(member.wanted).toEqual([0, 1, 3, 4, 5]);
  pass(1);
  await member.deliver(made.content, 2);
  await settled();
  expect(task.pieces.resting).toEqual([]);
});
