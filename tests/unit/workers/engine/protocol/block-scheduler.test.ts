import { expect, test } from 'vitest';
import {
  type BlockScheduler,
  type PeerView,
} from '../../../../../workers/engine/protocol/block-scheduler.ts';
import { InFlightLimits } from '../../../../../workers/engine/protocol/in-flight-limits.ts';
import { name, peer, scheduler, WAIT_MS } from './scheduler-scene.ts';

/** All that one peer can be asked for now. */
function drain(from: BlockScheduler, who: PeerView, nowMs = 0, isPressed = false): string[] {
  const asked: string[] = [];
  for (;;) {
    const request = from.next(who, nowMs, isPressed);
    if (!request) return asked;
    asked.push(name(request));
  }
}

test('a started piece is asked for to its end before another is started', () => {
  const torrent = scheduler(2);
  expect(drain(torrent, peer(torrent, 'a'))).toEqual(['0:0', '0:1', '1:0', '1:1']);
});

test('two torrents share one limit of pieces in flight', () => {
  const limits = new InFlightLimits(3);
  const first = scheduler(4, { limits });
  const second = scheduler(4, { limits });
  expect(drain(first, peer(first, 'a'))).toHaveLength(6);
  expect(drain(second, peer(second, 'a'))).toEqual([]);
  first.take(first.active(0)!);
  expect(drain(second, peer(second, 'a'))).toEqual(['0:0', '0:1']);
  expect(limits.inFlightPieces).toBe(3);
  first.clear();
  second.clear();
  expect(limits.inFlightPieces).toBe(0);
});

test('a piece is given back to the limit once only', () => {
  const limits = new InFlightLimits(3);
  const torrent = scheduler(4, { limits });
  const { piece } = torrent.next(peer(torrent, 'a'), 0, false)!;
  torrent.take(piece);
  torrent.take(piece);
  expect(limits.inFlightPieces).toBe(0);
});

test('a reader that waits may start one piece beyond the limit', () => {
  const limits = new InFlightLimits(1);
  const torrent = scheduler(6, { limits });
  drain(torrent, peer(torrent, 'a'));
  torrent.hurry(1, { first: 3, last: 5 });
  expect(drain(torrent, peer(torrent, 'a'))).toEqual(['3:0', '3:1']);
  expect(limits.inFlightPieces).toBe(2);
});

test('under pressure nothing is started, not even for a reader, but started pieces go on', () => {
  const torrent = scheduler(6);
  torrent.next(peer(torrent, 'a'), 0, false);
  torrent.hurry(1, { first: 3, last: 5 });
  expect(drain(torrent, peer(torrent, 'a'), 0, true)).toEqual(['0:1']);
});

test('what a reader waits for comes before all else, nearest byte first', () => {
  const torrent = scheduler(6, { blocks: 1 });
  torrent.hurry(1, { first: 3, last: 5 });
  expect(drain(torrent, peer(torrent, 'a'))).toEqual(['3:0', '4:0', '5:0', '0:0', '1:0', '2:0']);
});

test('after a seek backwards the nearest piece comes before pieces that were started ahead of it', () => {
  const torrent = scheduler(8, { blocks: 2 });
  torrent.hurry(1, { first: 5, last: 6 });
  torrent.next(peer(torrent, 'a', [6]), 0, false);
  torrent.next(peer(torrent, 'a', [5]), 0, false);
  torrent.hurry(1, { first: 4, last: 6 });
  expect(drain(torrent, peer(torrent, 'a')).slice(0, 4)).toEqual(['4:0', '4:1', '5:1', '6:1']);
});

test('unselected pieces are fetched for a reader and for nobody else', () => {
  const torrent = scheduler(4, { blocks: 1, wanted: [0] });
  torrent.hurry(1, { first: 2, last: 2 });
  expect(drain(torrent, peer(torrent, 'a'))).toEqual(['2:0', '0:0']);
  torrent.hurry(1, null);
  expect(torrent.isNeeded(2)).toBe(false);
});

test.each([
  ['of a reader after 1.5 s', [0, 1], true, 1_500, 2],
  ['in mid-download after 5 s', [0, 1], false, 5_000, 2],
  ['in the endgame half a second after it was due', [0], false, WAIT_MS + 500, 3],
])('a late block %s is asked of another peer', (_, wanted, isUrgent, lateMs, mostAskers) => {
  // Nobody has the other piece, so the download does not end with this one.
  const torrent = scheduler(2, { blocks: 1, wanted });
  if (isUrgent) torrent.hurry(1, { first: 0, last: 0 });
  const of = (id: string) => peer(torrent, id, [0]);
  expect(name(torrent.next(of('a'), 0, false))).toBe('0:0');
  let nowMs = 0;
  for (let askers = 1; askers < mostAskers; askers++) {
    const next = of(`helper ${askers}`);
    expect(torrent.next(next, nowMs + lateMs - 1, false)).toBeNull();
    nowMs += lateMs;
    expect(torrent.next(of('a'), nowMs, false)).toBeNull();
    expect(name(torrent.next(next, nowMs, false))).toBe('0:0');
  }
  expect(torrent.next(of('last'), 1e9, false)).toBeNull();
});

test('late blocks wait while the peer has anything fresh to give', () => {
  const torrent = scheduler(2, { blocks: 1 });
  torrent.next(peer(torrent, 'a', [0]), 0, false);
  expect(drain(torrent, peer(torrent, 'b'), 60_000)).toEqual(['1:0', '0:0']);
});

test('while others have something to begin it is no endgame', () => {
  const torrent = scheduler(2, { blocks: 1 });
  torrent.next(peer(torrent, 'a', [0]), 0, false);
  expect(drain(torrent, peer(torrent, 'b', [0]), 4_999)).toEqual([]);
  // Now all is under way.
  expect(drain(torrent, peer(torrent, 'c', [1]), 4_999)).toEqual(['1:0']);
  expect(drain(torrent, peer(torrent, 'b', [0]), 4_999)).toEqual(['0:0']);
});

test('a web seed goes on with the next piece as long as that may be started, else with the rarest', () => {
  const torrent = scheduler(4, { blocks: 1, wanted: [0, 1, 3] });
  torrent.next(peer(torrent, 'a', [0]), 0, false);
  const web = peer(torrent, 'web');
  expect(name(torrent.next(web, 0, false, 1))).toBe('1:0');
  expect(name(torrent.next(web, 0, false, 2))).toBe('3:0');
  expect(torrent.next(web, 0, false, 4)).toBeNull();
});

test('what a reader waits for comes before the piece that a web seed would go on with', () => {
  const torrent = scheduler(4, { blocks: 1 });
  torrent.hurry(1, { first: 3, last: 3 });
  const web = peer(torrent, 'web');
  expect(name(torrent.next(web, 0, false, 1))).toBe('3:0');
  expect(name(torrent.next(web, 0, false, 1))).toBe('1:0');
});

test('a piece in storage is not started again until it was thrown away', () => {
  const torrent = scheduler(1, { blocks: 1 });
  const { piece } = torrent.next(peer(torrent, 'a'), 0, false)!;
  torrent.toStorage(piece);
  expect(torrent.inFlightPieces).toBe(0);
  expect(torrent.next(peer(torrent, 'a'), 0, false)).toBeNull();
  torrent.fromStorage(0);
  expect(name(torrent.next(peer(torrent, 'a'), 0, false))).toBe('0:0');
});

test.each([
  ['a wanted piece', [1], true],
  ['a piece a reader waits for', [3], true],
  ['only what is here', [0], false],
  ['only what nobody wants', [2], false],
])('a peer with %s', (_, has, isInteresting) => {
  const torrent = scheduler(4, { wanted: [0, 1] });
  torrent.have.set(0);
  torrent.picker.refresh(0);
  torrent.hurry(1, { first: 3, last: 3 });
  expect(torrent.isInteresting(peer(torrent, 'a', has))).toBe(isInteresting);
  expect(torrent.isNeeded(has[0]!)).toBe(isInteresting);
});

test('what nobody has is counted, pieces under way among it', () => {
  const torrent = scheduler(5);
  expect(torrent.unavailablePieces).toBe(5);
  const a = peer(torrent, 'a', [0, 1]);
  expect(torrent.unavailablePieces).toBe(3);
  torrent.next(a, 0, false);
  expect(torrent.unavailablePieces).toBe(3);
  torrent.picker.leaves(a.holdings);
  expect(torrent.unavailablePieces).toBe(5);
  torrent.have.set(0);
  torrent.gained(0);
  expect(torrent.unavailablePieces).toBe(4);
});

test('of pieces that a choking peer gives those that are wanted, its own, and may be started', () => {
  const torrent = scheduler(8, { wanted: [1, 2, 3, 4] });
  torrent.have.set(1);
  torrent.picker.refresh(1);
  const fast = peer(torrent, 'fast', [1, 2, 3, 5]);
  const next = (indexes: readonly number[], isHalted = false) =>
    name(torrent.nextOf(indexes, fast, 0, isHalted));
  // Here already, not its own, not wanted, no piece.
  expect(next([1, 4, 5, 99])).toBe('none');
  expect(next([2], true)).toBe('none');
  expect([next([3, 2]), next([3, 2]), next([3, 2]), next([3, 2])]).toEqual([
    '3:0',
    '3:1',
    '2:0',
    '2:1',
  ]);
  expect(next([3, 2])).toBe('none');
});

test('a piece that a choking peer gives waits for room like any other, and is helped when under way', () => {
  const torrent = scheduler(8, { limits: new InFlightLimits(1), blocks: 3 });
  const other = peer(torrent, 'other', [0]);
  expect(name(torrent.next(other, 0, false))).toBe('0:0');
  const fast = peer(torrent, 'fast');
  expect(name(torrent.nextOf([6], fast, 0, false))).toBe('none');
  expect(name(torrent.nextOf([6, 0], fast, 0, true))).toBe('0:1');
});

test('what only a peer was to give is for others when it has it no more, and what it still has is not', () => {
  const torrent = scheduler(4);
  torrent.hasLied = (id) => id === 'liar';
  const liar = peer(torrent, 'liar');
  const [a, b] = [torrent.next(liar, 0, false)!, torrent.next(liar, 0, false)!];
  const c = torrent.next(liar, 0, false)!;
  expect([a.piece, b.piece].map(({ index }) => index)).toEqual([a.piece.index, a.piece.index]);
  expect([a.piece.owner, c.piece.owner]).toEqual(['liar', 'liar']);
  torrent.lost('liar', (index) => index === c.piece.index);
  expect([a.piece.owner, c.piece.owner]).toEqual([null, 'liar']);
});
