/** What a real wire is told by a peer, and what that makes of the picker's counters and of our interest. */
import Wire, { type OutgoingRequest } from 'bittorrent-protocol';
import ltDontHave from 'lt_donthave';
import { expect, test } from 'vitest';
import type { DownloadPlan } from '../../../../../../workers/engine/model/swarm.ts';
import { BLOCK_LENGTH } from '../../../../../../workers/engine/protocol/active-piece.ts';
import type { BlockScheduler } from '../../../../../../workers/engine/protocol/block-scheduler.ts';
import { RateLimits } from '../../../../../../workers/engine/protocol/rate-limits.ts';
import { takeBlocks } from '../../../../../../workers/engine/protocol/webtorrent/take-block.ts';
import { WireSession } from '../../../../../../workers/engine/protocol/webtorrent/wire-session.ts';
import { FakeClock } from '../../../../../support/fake-clock.ts';
import { peer, scheduler } from '../scheduler-scene.ts';

function connect(torrent: BlockScheduler, type?: string) {
  const wire = new (Wire as new (type?: string) => Wire)(type);
  wire.use(ltDontHave());
  const { map, have } = torrent;
  const clock = new FakeClock();
  const rates = new RateLimits(clock).join();
  const session = new WireSession(wire, { map, have } as DownloadPlan, torrent, {
    clock,
    rates,
    isHalted: () => false,
    isPaused: () => false,
    onBlock: () => undefined,
    cancelElsewhere: () => undefined,
    freed: () => undefined,
    role: { hides: () => false, heard: () => undefined },
  });
  session.begin();
  return { wire, session, clock, rates };
}

function haveAll(wire: Wire): void {
  wire.peerPieces = { buffer: new Uint8Array(), get: () => true, set: () => undefined };
  wire.emit('have-all');
}

/** As the extension does (lt_donthave). */
function dontHave(wire: Wire, index: number): void {
  wire.peerPieces.set(index, false);
  const emit = Reflect.get(wire.lt_donthave, 'emit') as (event: string, index: number) => void;
  emit.call(wire.lt_donthave, 'donthave', index);
}

function finish(torrent: BlockScheduler, index: number): void {
  torrent.have.set(index);
  torrent.picker.refresh(index);
}

test('each HAVE counts once, and interest begins with the first that we need', () => {
  const torrent = scheduler(8, { wanted: [2, 3] });
  const { wire, session } = connect(torrent);
  wire._onHave(5);
  expect([session.pieces.count, wire.amInterested]).toEqual([1, false]);
  wire._onHave(3);
  wire._onHave(3);
  wire.emit('have', 3);
  expect([session.pieces.count, wire.amInterested]).toEqual([2, true]);
  expect(torrent.picker.neededOf(session.view.holdings)).toBe(1);
});

test('interest ends when the last piece of the peer that we need is here', () => {
  const torrent = scheduler(8);
  const { wire, session } = connect(torrent);
  wire._onBitField(Uint8Array.of(0b1100_0000));
  expect(wire.amInterested).toBe(true);
  finish(torrent, 0);
  session.refreshInterest();
  expect(wire.amInterested).toBe(true);
  finish(torrent, 1);
  session.refreshInterest();
  expect(wire.amInterested).toBe(false);
});

test('a second bitfield replaces the first', () => {
  const torrent = scheduler(8);
  const { wire, session } = connect(torrent);
  wire._onBitField(Uint8Array.of(0b1111_0000));
  wire._onBitField(Uint8Array.of(0b0000_0001));
  expect(torrent.picker.neededOf(session.view.holdings)).toBe(1);
  expect(torrent.picker.pickRarest(session.view.holdings, 0)).toBe(7);
});

test('a peer with everything can be picked any piece for, and after BEP 54 all but that one', () => {
  const torrent = scheduler(2);
  const { wire, session } = connect(torrent);
  haveAll(wire);
  expect([session.isSeed, wire.isSeeder]).toEqual([true, true]);
  dontHave(wire, 0);
  expect([session.isSeed, wire.isSeeder]).toEqual([false, false]);
  expect(torrent.picker.pickRarest(session.view.holdings, 0)).toBe(1);
});

test('what a peer had is rare again when it has gone', () => {
  const torrent = scheduler(8);
  const { wire, session } = connect(torrent);
  wire._onBitField(Uint8Array.of(0b1000_0000));
  const seed = peer(torrent, 'seed');
  expect(torrent.picker.pickRarest(seed.holdings, 0)).not.toBe(0);
  session.end();
  expect(session.pieces.count).toBe(0);
  finish(torrent, 1);
  const left = new Set<number>();
  for (let n = 0; n < 7; n++) left.add(torrent.picker.pickRarest(seed.holdings, (n + 0.5) / 7));
  expect(left).toContain(0);
});

test('under a limit a web seed is asked for no more than may come', () => {
  const torrent = scheduler(4, { blocks: 64 });
  const { wire, clock, rates } = connect(torrent, 'webSeed');
  rates.set({ downloadBps: 256 * 1024, uploadBps: 0 });
  haveAll(wire);
  wire._onMessage(Uint8Array.of(1));
  for (let step = 1; step <= 60; step++) {
    clock.advance(50);
    for (const { piece, offset, length } of [...wire.requests]) {
      wire._onPiece(piece, offset, new Uint8Array(length));
    }
    expect(wire.downloaded).toBeLessThanOrEqual((step / 20 + 0.5) * 256 * 1024);
  }
  expect(wire.downloaded).toBeGreaterThanOrEqual(2.8 * 256 * 1024);
});

test.each([
  { delayMs: 5, mostRequests: 48 },
  { delayMs: 150, mostRequests: 68 },
])(
  'a fast peer that is $delayMs ms away gives all it can with $mostRequests requests under way',
  ({ delayMs, mostRequests }) => {
    const torrent = scheduler(20, { blocks: 128 });
    const { wire, clock, session } = connect(torrent);
    takeBlocks(wire, (lengthBytes) => session.given.add(lengthBytes));
    const block = new Uint8Array(BLOCK_LENGTH);
    const askedAtMs = new Map<OutgoingRequest, number>();
    haveAll(wire);
    wire._onMessage(Uint8Array.of(1));
    const counts = { given: 0, most: 0 };
    // It gives 200 blocks a second, each no sooner than its request can have gone there and the block come.
    for (let ms = 0; ms < 5_000; ms += 5) {
      if (ms === 4_000) counts.given = counts.most = 0;
      for (const request of wire.requests)
        if (!askedAtMs.has(request)) askedAtMs.set(request, clock.now());
      counts.most = Math.max(counts.most, wire.requests.length);
      clock.advance(5);
      const [oldest] = wire.requests;
      if (!oldest || clock.now() - askedAtMs.get(oldest)! < delayMs) continue;
      counts.given += 1;
      wire._onPiece(oldest.piece, oldest.offset, block);
    }
    expect(counts.most).toBeLessThanOrEqual(mostRequests);
    expect(counts.given).toBeGreaterThanOrEqual(0.98 * 200);
  },
);
