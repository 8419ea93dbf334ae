/** The desk over a real port, and a page that makes connections when the test says so. */
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import {
  AT_ONCE,
  ConnectionDesk,
  FIRST_REST_MS,
} from '../../../../../../workers/engine/protocol/rtc-peer/connection-desk.ts';
import type {
  ConnectionHolder,
  ConnectionSeat,
} from '../../../../../../workers/engine/protocol/rtc-peer/connection-seat.ts';
import type { OfferOrder } from '../../../../../../workers/engine/protocol/rtc-peer/offer-order.ts';
import type { RtcConnection } from '../../../../../../workers/engine/protocol/rtc-peer/rtc-connection.ts';
import type { DescribedConnection } from '../../../../../../workers/engine/protocol/rtc-peer/rtc-pool.ts';
import { NO_WORTH, type Worth } from '../../../../../../workers/engine/protocol/surplus.ts';
import { fakeDeps, settled, type FakeDeps } from '../../../../../support/fake-clock.ts';
import { FakeRtcHost } from '../../../../../support/fake-rtc-host.ts';

const CONFIG = { iceServers: [{ urls: ['stun:stun.test'] }], relayOnly: false };

class Torrent implements ConnectionHolder {
  limit = 50;
  readonly redundant = new Set<RtcConnection>();
  readonly worth = new Map<RtcConnection, Worth>();
  readonly offers: DescribedConnection[] = [];
  readonly seat: ConnectionSeat;

  constructor(desk: ConnectionDesk) {
    this.seat = desk.seat(this);
  }

  connectionLimit(): number {
    return this.limit;
  }

  isRedundant(connection: RtcConnection): boolean {
    return this.redundant.has(connection);
  }

  worthOf(connection: RtcConnection): Worth {
    return this.worth.get(connection) ?? NO_WORTH;
  }

  order(count: number): OfferOrder {
    return this.seat.order(count, (offer) => this.offers.push(offer));
  }
}

let host: FakeRtcHost;
let deps: FakeDeps;
let desk: ConnectionDesk;
beforeEach(() => {
  host = new FakeRtcHost();
  deps = fakeDeps(0.5);
  desk = new ConnectionDesk(host.pool, deps);
});
afterEach(() => host.close());

const torrents = (count: number) => Array.from({ length: count }, () => new Torrent(desk));
const counts = () => {
  const { open, pending, budget } = desk.snapshot();
  return [open, pending, budget];
};

async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 10) {
    deps.clock.advance(10);
    await settled();
  }
}

/** A peer of the torrent that is connected. */
async function peer(torrent: Torrent): Promise<RtcConnection> {
  const described = (await torrent.seat.answer('their offer'))!;
  await host.say({ kind: 'pump-open', id: host.ids('answer').at(-1)! });
  return described.connection;
}

describe('a hundred torrents that start at once', () => {
  it('have at most so many connections made at a time, at the pace of the page', async () => {
    host.isPrompt = false;
    for (const torrent of torrents(100)) torrent.order(5);
    await settled();
    expect(host.commands).toHaveLength(AT_ONCE);
    host.isPrompt = true;
    for (const id of host.ids('offer')) host.describe(id);
    await settled();
    // The burst is used up: one every 10 ms from here on.
    for (let i = 1; i <= 10; i++) {
      await pass(10);
      expect(host.commands).toHaveLength(AT_ONCE + i);
    }
  });

  it('share the offers: one each as far as they go, and each order knows that no more comes now', async () => {
    const all = torrents(100);
    const orders = all.map((torrent) => torrent.order(5));
    await pass(400);
    expect(counts()).toEqual([0, 30, 60]);
    expect(all.map(({ offers }) => offers.length)).toEqual([
      ...Array<number>(30).fill(1),
      ...Array<number>(70).fill(0),
    ]);
    await Promise.all(orders.map(({ settled: isSettled }) => isSettled));
    expect(orders.map(({ rest }) => rest).slice(29, 31)).toEqual([4, 5]);
  });

  it('come round: what is free again goes to those who had nothing', async () => {
    const all = torrents(60);
    for (const torrent of all) torrent.order(5);
    await pass(400);
    for (const { offers } of all) for (const { connection } of offers) connection.destroy();
    await pass(400);
    expect(all.map(({ offers }) => offers.length)).toEqual(Array<number>(60).fill(1));
  });
});

test('a torrent with none is served before one with many, though it asked later', async () => {
  desk.configure(20, CONFIG);
  const [rich, poor] = torrents(2) as [Torrent, Torrent];
  rich.order(50);
  await pass(100);
  expect(rich.offers).toHaveLength(10);
  poor.order(2);
  await pass(100);
  expect(poor.offers).toHaveLength(0);
  for (const { connection } of rich.offers.slice(0, 3)) connection.destroy();
  await pass(100);
  expect([poor.offers.length, rich.offers.length]).toEqual([2, 11]);
});

test('an offer that is answered makes room for another, up to the limit of the torrent', async () => {
  const [torrent] = torrents(1) as [Torrent];
  torrent.limit = 3;
  const order = torrent.order(5);
  await pass(50);
  expect([torrent.offers.length, order.rest]).toEqual([3, 2]);
  torrent.offers[0]!.accept('answer');
  await pass(50);
  expect(torrent.offers).toHaveLength(3);
  torrent.limit = 5;
  torrent.offers[1]!.connection.destroy();
  await pass(50);
  expect([torrent.offers.length, order.rest]).toEqual([5, 0]);
});

test('the place of a connection is free as soon as it ends, whoever ends it', async () => {
  desk.configure(2, CONFIG);
  const [torrent] = torrents(1) as [Torrent];
  const first = await peer(torrent);
  const second = await peer(torrent);
  expect(await torrent.seat.answer('a third')).toBeNull();
  expect(counts()).toEqual([2, 0, 2]);
  first.destroy();
  await settled();
  await peer(torrent);
  await host.say({ kind: 'closed', id: 2, failure: 'lost', reason: '' });
  expect(second.destroyed).toBe(true);
  await peer(torrent);
  expect(counts()).toEqual([2, 0, 2]);
});

describe('at a full budget', () => {
  it('a peer that comes gets the place of an offer that nobody answered', async () => {
    desk.configure(4, CONFIG);
    const [rich, poor] = torrents(2) as [Torrent, Torrent];
    await peer(rich);
    await peer(rich);
    rich.order(5);
    await settled();
    expect(await poor.seat.answer('too soon')).toBeNull();
    await pass(10_000);
    const theirs = await poor.seat.answer('their offer');
    expect(theirs).not.toBeNull();
    expect(rich.offers.map(({ connection }) => connection.destroyed)).toEqual([true, false]);
    expect(counts()).toEqual([2, 2, 4]);
  });

  it('a torrent that looks for peers gets the place of a peer that has everything, as we have', async () => {
    desk.configure(2, CONFIG);
    const [seeding, looking] = torrents(2) as [Torrent, Torrent];
    const peers = [await peer(seeding), await peer(seeding)];
    looking.order(1);
    await settled();
    expect(looking.offers).toHaveLength(0);
    seeding.redundant.add(peers[1]!);
    desk.ordered();
    await settled();
    expect(looking.offers).toHaveLength(1);
    expect(peers.map(({ destroyed }) => destroyed)).toEqual([false, true]);
  });
});

test('peers that wait for an answer go before offers', async () => {
  host.isPrompt = false;
  const [torrent] = torrents(1) as [Torrent];
  torrent.order(20);
  await settled();
  void torrent.seat.answer('their offer');
  await settled();
  host.isPrompt = true;
  for (const id of host.ids('offer').slice(0, 1)) host.describe(id);
  await pass(10);
  expect(host.commands.at(-1)).toMatchObject({ kind: 'answer', sdp: 'their offer' });
});

describe('a budget that shrinks below what is open', () => {
  it('closes nothing and gives nothing until it is to close what is over it', async () => {
    const [torrent] = torrents(1) as [Torrent];
    for (let i = 0; i < 4; i++) await peer(torrent);
    desk.configure(2, CONFIG);
    torrent.order(1);
    await pass(50);
    expect(counts()).toEqual([4, 0, 2]);
    expect([host.ids('close'), torrent.offers]).toEqual([[], []]);
  });

  it('then closes those of least use, what is being made included', async () => {
    const [torrent, other] = torrents(2) as [Torrent, Torrent];
    const peers = [await peer(torrent), await peer(torrent), await peer(other)];
    torrent.order(1);
    await settled();
    other.worth.set(peers[2]!, { ...NO_WORTH, movedBytes: 5 });
    torrent.worth.set(peers[0]!, { ...NO_WORTH, isSnubbed: true });
    desk.configure(2, CONFIG);
    desk.closeSurplus();
    await settled();
    expect(torrent.offers[0]!.connection.destroyed).toBe(true);
    expect(peers.map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
    expect(counts()).toEqual([2, 0, 2]);
  });

  it('of one torrent closes only what that one has over its limit', async () => {
    const [torrent, other] = torrents(2) as [Torrent, Torrent];
    const peers = [await peer(torrent), await peer(torrent), await peer(other)];
    await pass(10);
    peers.push(await peer(other));
    torrent.limit = other.limit = 1;
    desk.configure(1, CONFIG);
    desk.closeSurplus(other.seat);
    await settled();
    expect(peers.map(({ destroyed }) => destroyed)).toEqual([false, false, false, true]);
  });

  it('closes what was asked of the page and is not described yet', async () => {
    host.isPrompt = false;
    const [torrent] = torrents(1) as [Torrent];
    torrent.order(4);
    await settled();
    desk.configure(2, CONFIG);
    desk.closeSurplus();
    for (const id of host.ids('offer')) host.describe(id);
    await pass(50);
    expect([host.ids('close').length, ...counts()]).toEqual([2, 0, 2, 2]);
  });
});

test('a cancelled order brings nothing more, and what was under way is closed', async () => {
  host.isPrompt = false;
  const [torrent] = torrents(1) as [Torrent];
  const order = torrent.order(15);
  await settled();
  order.cancel();
  await order.settled;
  for (const id of host.ids('offer')) host.describe(id);
  await pass(100);
  expect(torrent.offers).toEqual([]);
  expect(host.ids('close')).toEqual(host.ids('offer'));
  expect([host.ids('offer').length, ...counts()]).toEqual([AT_ONCE, 0, 0, 60]);
});

test('a torrent that left gets nothing', async () => {
  const [torrent] = torrents(1) as [Torrent];
  torrent.order(5);
  torrent.seat.leave();
  await pass(50);
  expect(host.commands).toEqual([]);
});

describe('when the browser makes no more connections', () => {
  async function refuse(): Promise<void> {
    for (const id of host.ids('offer')) {
      host.post({ kind: 'closed', id, failure: 'too-many', reason: 'so many' });
    }
    await settled();
  }

  it('Rill rests, longer each time, and nobody waits for it', async () => {
    host.isPrompt = false;
    const [torrent] = torrents(1) as [Torrent];
    const order = torrent.order(40);
    await settled();
    await refuse();
    await order.settled;
    for (const restMs of [FIRST_REST_MS, 2 * FIRST_REST_MS]) {
      host.commands.length = 0;
      deps.clock.advance(restMs - 1);
      await settled();
      expect(host.commands).toEqual([]);
      deps.clock.advance(1);
      await settled();
      expect(host.ids('offer')).toHaveLength(AT_ONCE);
      await refuse();
    }
    expect(desk.snapshot().problem).toMatch(/makes no more connections/);
  });

  it('it goes on at once when the machine wakes', async () => {
    host.isPrompt = false;
    torrents(1)[0]!.order(40);
    await settled();
    await refuse();
    desk.wake();
    await pass(100);
    expect(host.ids('offer')).toHaveLength(2 * AT_ONCE);
    expect(desk.snapshot().problem).toBeNull();
  });
});

test('why nothing works is said while there are torrents, and forgotten when the servers change', async () => {
  const [torrent] = torrents(1) as [Torrent];
  desk.configure(60, CONFIG);
  const own = { host: true, reflexive: false, relay: false };
  for (let i = 0; i < 4; i++) desk.history.failed('checks-failed', own);
  expect(desk.snapshot().problem).toMatch(/No STUN server answers/);
  desk.configure(50, structuredClone(CONFIG));
  expect(desk.snapshot().problem).not.toBeNull();
  torrent.seat.leave();
  expect(desk.snapshot().problem).toBeNull();
  torrents(1);
  desk.configure(50, { ...CONFIG, iceServers: [] });
  expect(desk.snapshot().problem).toBeNull();
});
