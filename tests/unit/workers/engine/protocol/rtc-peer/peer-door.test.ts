/** Peers between signalling and torrent, on a clock that the test moves. */
import { beforeEach, describe, expect, it, test } from 'vitest';
import type { RtcFailure } from '../../../../../../workers/contract/rtc.ts';
import type { DataChannelLike } from '../../../../../../workers/engine/protocol/rtc-peer/data-channel.ts';
import { IceHistory } from '../../../../../../workers/engine/protocol/rtc-peer/ice-history.ts';
import {
  CONNECT_TIMEOUT_MS,
  PeerDoor,
  RIVAL_GRACE_MS,
  type DoorHost,
} from '../../../../../../workers/engine/protocol/rtc-peer/peer-door.ts';
import { RtcConnection } from '../../../../../../workers/engine/protocol/rtc-peer/rtc-connection.ts';
import { fakeDeps, settled, type FakeDeps } from '../../../../../support/fake-clock.ts';

const [SMALL, MIDDLE, LARGE] = ['11'.repeat(20), '55'.repeat(20), 'ee'.repeat(20)] as const;
const CONFIG = { iceServers: [{ urls: ['stun:stun.test'] }], relayOnly: false };

class Torrent implements DoorHost {
  readonly peerId = MIDDLE;
  readonly adopted: RtcConnection[] = [];

  openWith(peerId: string): RtcConnection | null {
    return this.adopted.find(({ id, destroyed }) => id === peerId && !destroyed) ?? null;
  }

  adopt(connection: RtcConnection): void {
    this.openWith(connection.id)?.destroy();
    this.adopted.push(connection);
  }
}

let deps: FakeDeps;
let torrent: Torrent;
let history: IceHistory;
let door: PeerDoor;
let made: number;
beforeEach(() => {
  deps = fakeDeps(0);
  torrent = new Torrent();
  history = new IceHistory();
  door = new PeerDoor(torrent, history, deps);
  made = 0;
});

function connection(peerId: string, isOurOffer = false): RtcConnection {
  const one = new RtcConnection(++made, () => undefined);
  one.id = peerId;
  one.isOurOffer = isOurOffer;
  return one;
}

async function open(one: RtcConnection): Promise<void> {
  const channel: DataChannelLike = {
    hasRoom: true,
    send: () => undefined,
    close: () => undefined,
    onopen: null,
    onmessage: null,
    ondrain: null,
    onclose: null,
  };
  one.bind(channel);
  channel.onopen!();
  await settled();
}

async function end(one: RtcConnection, failure: RtcFailure | null = null): Promise<void> {
  one.failure = failure;
  one.destroy();
  await settled();
}

async function advance(ms: number): Promise<void> {
  deps.clock.advance(ms);
  await settled();
}

/** A peer that is in. */
async function admitted(peerId: string): Promise<RtcConnection> {
  const one = connection(peerId);
  door.enter(one);
  await open(one);
  return one;
}

test('a peer comes in when its connection is open, not before', async () => {
  const one = connection(LARGE);
  expect(door.enter(one)).toBe(true);
  expect([door.connecting, torrent.adopted]).toEqual([1, []]);
  await open(one);
  expect([door.connecting, torrent.adopted]).toEqual([0, [one]]);
});

test('one that was open when it came is in at once', async () => {
  const one = connection(LARGE);
  await open(one);
  door.enter(one);
  expect(torrent.adopted).toEqual([one]);
});

test('a peer that is in is not taken twice', async () => {
  await admitted(LARGE);
  expect(door.wouldTake(LARGE)).toBe(false);
  const again = connection(LARGE, true);
  expect(door.enter(again)).toBe(false);
  await settled();
  expect(again.destroyed).toBe(true);
});

test('nobody stays connecting for ever', async () => {
  const one = connection(LARGE);
  door.enter(one);
  await advance(CONNECT_TIMEOUT_MS - 1);
  expect(one.destroyed).toBe(false);
  await advance(1);
  expect([one.destroyed, door.connecting, door.wouldTake(LARGE)]).toEqual([true, 0, false]);
  expect(deps.clock.pendingTimers).toBe(0);
});

describe('a peer that failed is not taken before its time', () => {
  it('later each time, whoever offers', async () => {
    for (const seconds of [1, 2, 4, 8]) {
      const one = connection(LARGE);
      expect(door.enter(one)).toBe(true);
      await end(one, 'checks-failed');
      await advance(seconds * 1000 - 1);
      expect(door.wouldTake(LARGE)).toBe(false);
      expect(door.enter(connection(LARGE, true))).toBe(false);
      await advance(1);
    }
    expect(door.wouldTake(LARGE)).toBe(true);
    expect(door.wouldTake(SMALL)).toBe(true);
  });

  it('one that stayed for long comes back after a second, and at once when the network is back', async () => {
    const one = await admitted(LARGE);
    await advance(60_000);
    await end(one, 'lost');
    expect(door.wouldTake(LARGE)).toBe(false);
    await advance(1_000);
    expect(door.wouldTake(LARGE)).toBe(true);
    await end(await admitted(LARGE), 'lost');
    expect(door.wouldTake(LARGE)).toBe(false);
    door.forgive();
    expect(door.wouldTake(LARGE)).toBe(true);
  });
});

test('one that does not answer any more gives way to itself, coming back', async () => {
  const before = await admitted(LARGE);
  before.isWavering = true;
  expect(door.wouldTake(LARGE)).toBe(true);
  const after = await admitted(LARGE);
  await settled();
  expect([before.destroyed, torrent.openWith(LARGE)]).toEqual([true, after]);
  // Its end was our doing and costs it nothing.
  after.isWavering = true;
  expect(door.wouldTake(LARGE)).toBe(true);
});

describe('two that offer to each other at the same moment', () => {
  /** Ours is the smaller id against LARGE: our offer is the one that both sides keep. */
  function both(peerId: string): { ours: RtcConnection; theirs: RtcConnection } {
    const theirs = connection(peerId);
    const ours = connection(peerId, true);
    expect([door.enter(theirs), door.enter(ours)]).toEqual([true, true]);
    return { ours, theirs };
  }

  it.each([
    [LARGE, 'ours'],
    [SMALL, 'theirs'],
  ] as const)('keep the offer of the smaller id: with %s it is %s', async (peerId, kept) => {
    const pair = both(peerId);
    const other = kept === 'ours' ? pair.theirs : pair.ours;
    await open(other);
    expect(torrent.adopted).toEqual([]);
    await open(pair[kept]);
    expect(torrent.adopted).toEqual([pair[kept]]);
    expect(other.destroyed).toBe(true);
  });

  it('keep the other when the first does not come, as a peer that knows nothing of this would', async () => {
    const { ours, theirs } = both(LARGE);
    await open(theirs);
    await advance(RIVAL_GRACE_MS);
    expect(torrent.adopted).toEqual([theirs]);
    await settled();
    expect(ours.destroyed).toBe(true);
  });

  it('keep the other at once when the first fails, and it costs the peer nothing', async () => {
    const { ours, theirs } = both(LARGE);
    await open(theirs);
    await end(ours, 'closed');
    expect(torrent.adopted).toEqual([theirs]);
    theirs.isWavering = true;
    expect(door.wouldTake(LARGE)).toBe(true);
  });

  it('do not count as a third that comes by another tracker', async () => {
    both(LARGE);
    expect(door.wouldTake(LARGE)).toBe(false);
    expect(door.enter(connection(LARGE, true))).toBe(false);
    expect(door.connecting).toBe(2);
  });
});

test('closing lets go of those who wait, at no cost to them', async () => {
  const one = connection(LARGE);
  door.enter(one);
  door.close();
  await settled();
  expect([one.destroyed, door.connecting, deps.clock.pendingTimers]).toEqual([true, 0, 0]);
  expect(door.wouldTake(LARGE)).toBe(true);
});

describe('how tries come out is kept in mind', () => {
  const problem = () => history.problem(CONFIG);
  const fail = async (count: number, failure: RtcFailure) => {
    for (let i = 0; i < count; i++) {
      const one = connection(`${i}`.padStart(40, 'a'));
      door.forgive();
      door.enter(one);
      await end(one, failure);
    }
  };

  it('failures in a row, until one peer is in', async () => {
    await fail(4, 'checks-failed');
    expect(problem()).toMatch(/4 peers were tried/);
    await admitted(LARGE);
    expect(problem()).toBeNull();
  });

  it.each(['bad-description', 'closed'] as const)(
    'not what only the peer is to blame for: %s',
    async (failure) => {
      await fail(8, failure);
      expect(problem()).toBeNull();
    },
  );

  it('nor that a peer that was in is lost', async () => {
    for (let i = 0; i < 8; i++) await end(await admitted(`${i}`.padStart(40, 'b')), 'lost');
    expect(problem()).toBeNull();
  });
});
