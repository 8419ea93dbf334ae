// What waits for storage is bounded where pieces are started: nothing begins that storage might have no room for.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';
import { BLOCK_LENGTH } from '../../../../../workers/engine/protocol/active-piece.ts';
import { InFlightLimits } from '../../../../../workers/engine/protocol/in-flight-limits.ts';
import { WriteBudget } from '../../../../../workers/engine/storage/queue/write-budget.ts';
import { DownloadScene, settle, type Engine } from './download-scene.ts';
import { peer } from './scheduler-scene.ts';

function engine(limitBlocks: number): Engine {
  return {
    limits: new InFlightLimits(20),
    budget: new WriteBudget(limitBlocks * BLOCK_LENGTH),
    updates: new Set(),
  };
}

/** Bytes in flight, in hashing and waiting for storage, in blocks. */
function blocksUnderWay({ limits, budget }: Engine): number {
  return (limits.inFlightBytes + budget.usedBytes) / BLOCK_LENGTH;
}

test('no piece is started beyond what storage has room for, though the limits in flight would allow it', () => {
  const shared = engine(4);
  const download = new DownloadScene(shared, 10, 2);
  download.fill();
  expect(download.scheduler.inFlightPieces).toBe(2);
});

test('a complete piece keeps its room while it is hashed and while it waits, and gives it back when stored', () => {
  const shared = engine(2);
  const download = new DownloadScene(shared, 10, 2);
  download.fill();
  download.answer();
  download.answer();
  settle(shared);
  expect([blocksUnderWay(shared), download.scheduler.inFlightPieces]).toEqual([2, 0]);
  download.hashed(true);
  settle(shared);
  expect([blocksUnderWay(shared), download.scheduler.inFlightPieces]).toEqual([2, 0]);
  download.stored(true);
  settle(shared);
  expect([blocksUnderWay(shared), download.scheduler.inFlightPieces]).toEqual([2, 1]);
});

test.each(['a piece that came out wrong', 'a piece that the store refused'])(
  '%s gives its room back',
  (which) => {
    const shared = engine(2);
    const download = new DownloadScene(shared, 10, 2);
    download.fill();
    download.answer();
    download.answer();
    if (which.includes('refused')) {
      download.hashed(true);
      download.stored(false);
    } else {
      download.hashed(false);
    }
    settle(shared);
    expect(download.scheduler.active(0)).toBeDefined();
    expect(blocksUnderWay(shared)).toBe(2);
  },
);

test('not even a waiting reader begins a piece without room, and it is woken when there is', () => {
  const shared = engine(2);
  const other = new DownloadScene(shared, 10, 2);
  const watched = new DownloadScene(shared, 10, 2);
  watched.scheduler.picker.want(new Bitfield(10));
  other.fill();
  watched.scheduler.hurry(1, { first: 7, last: 7 });
  watched.fill();
  expect(watched.scheduler.inFlightPieces).toBe(0);
  other.choke();
  settle(shared);
  expect(watched.scheduler.active(7)).toBeDefined();
});

test('a piece larger than the limit comes alone', () => {
  const shared = engine(2);
  const large = new DownloadScene(shared, 3, 5);
  const small = new DownloadScene(shared, 3, 1);
  large.fill();
  small.fill();
  expect([large.scheduler.inFlightPieces, small.scheduler.inFlightPieces]).toEqual([1, 0]);
});

test('where there is room for one piece, two torrents take turns', () => {
  const shared = engine(1);
  const downloads = [new DownloadScene(shared, 4, 1), new DownloadScene(shared, 4, 1)];
  for (const download of downloads) download.fill();
  const order: number[] = [];
  for (let pieces = 0; pieces < 8; pieces++) {
    const busy = downloads.findIndex(({ requests }) => requests.length > 0);
    order.push(busy);
    downloads[busy]!.answer();
    downloads[busy]!.hashed(true);
    downloads[busy]!.stored(true);
    settle(shared);
  }
  expect(order).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
});

test('a turn that is not needed any more is passed on', () => {
  const shared = engine(1);
  const [eager, sated] = [new DownloadScene(shared, 4, 1), new DownloadScene(shared, 4, 1)];
  eager.fill();
  sated.fill();
  sated.scheduler.picker.want(new Bitfield(4));
  eager.answer();
  eager.hashed(true);
  eager.stored(true);
  settle(shared);
  expect(eager.scheduler.inFlightPieces).toBe(1);
});

test('a torrent that waits is told when a piece of another is stored, also without any pressure', () => {
  const shared = engine(4);
  const [small, large] = [new DownloadScene(shared, 1, 2), new DownloadScene(shared, 4, 3)];
  small.fill();
  large.fill();
  small.answer();
  small.answer();
  small.hashed(true);
  settle(shared);
  expect([shared.budget.isPressed, large.scheduler.inFlightPieces]).toEqual([false, 0]);
  small.stored(true);
  settle(shared);
  expect(large.scheduler.inFlightPieces).toBe(1);
});

test('a torrent of large pieces is not held off for good by one of small pieces', () => {
  const shared = engine(8);
  const small = new DownloadScene(shared, 1_000, 1);
  const large = new DownloadScene(shared, 2, 8);
  small.fill();
  large.fill();
  let pieces = 0;
  for (; pieces < 100 && large.scheduler.inFlightPieces === 0; pieces++) {
    small.answer();
    small.hashed(true);
    small.stored(true);
    settle(shared);
  }
  expect(large.scheduler.inFlightPieces).toBe(1);
});

test('a piece that nobody can be asked for does not hold the only room', () => {
  const shared = engine(2);
  const download = new DownloadScene(shared, 2, 2);
  download.fill();
  download.choke();
  settle(shared);
  // Another peer that has only the other piece.
  const { scheduler } = download;
  const other = peer(scheduler, 'other', [1]);
  expect(scheduler.next(other, 0, false)).toBeNull();
  expect(scheduler.next(other, 0, false)).toMatchObject({ piece: { index: 1 } });
});

const act = fc.constantFrom(
  ...(['answer', 'answer', 'answer', 'good', 'good', 'bad'] as const),
  ...(['stored', 'stored', 'refused', 'choke', 'unchoke', 'settle'] as const),
);
const scene = fc.record({
  limitBlocks: fc.integer({ min: 1, max: 12 }),
  torrents: fc.array(
    fc.record({
      pieceCount: fc.integer({ min: 1, max: 12 }),
      blocksPerPiece: fc.integer({ min: 1, max: 6 }),
      maxRequests: fc.integer({ min: 1, max: 8 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  steps: fc.array(fc.tuple(fc.nat({ max: 2 }), act), { maxLength: 200 }),
});

function step(download: DownloadScene, what: typeof act extends fc.Arbitrary<infer T> ? T : never) {
  if (what === 'answer') download.answer();
  else if (what === 'good' || what === 'bad') download.hashed(what === 'good');
  else if (what === 'stored' || what === 'refused') download.stored(what === 'stored');
  else if (what === 'choke') download.choke();
  else if (what === 'unchoke') download.unchoke();
  else settle(download.engine);
}

test('any torrents over any limit never pass it, and all of them complete', () => {
  fc.assert(
    fc.property(scene, ({ limitBlocks, torrents, steps }) => {
      const shared = engine(limitBlocks);
      const downloads = torrents.map(
        (one) => new DownloadScene(shared, one.pieceCount, one.blocksPerPiece, one.maxRequests),
      );
      const largest = Math.max(...torrents.map((one) => one.blocksPerPiece));
      const check = () =>
        expect(blocksUnderWay(shared)).toBeLessThanOrEqual(Math.max(limitBlocks, largest));
      for (const download of downloads) download.fill();
      for (const [which, what] of steps) {
        step(downloads[which % downloads.length]!, what);
        check();
      }
      // From here on all goes well, in an order that favours the first torrent.
      for (const download of downloads) download.unchoke();
      for (let round = 0; round < 400 && downloads.some((one) => !one.isComplete); round++) {
        for (const download of downloads) {
          for (const what of ['answer', 'good', 'stored', 'settle'] as const) step(download, what);
          check();
        }
      }
      expect(downloads.map((one) => one.isComplete)).toEqual(downloads.map(() => true));
      expect([blocksUnderWay(shared), shared.limits.inFlightPieces]).toEqual([0, 0]);
    }),
    { numRuns: 200 },
  );
});
