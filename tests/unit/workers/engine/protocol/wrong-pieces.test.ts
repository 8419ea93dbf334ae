// Of whom a piece is asked that came out wrong, and what those are asked for that may have spoiled it.
import { expect, test } from 'vitest';
import { BLOCK_LENGTH } from '../../../../../workers/engine/protocol/active-piece.ts';
import type {
  BlockScheduler,
  PeerView,
} from '../../../../../workers/engine/protocol/block-scheduler.ts';
import { DIGEST_BYTES } from '../../../../../workers/engine/protocol/suspicion.ts';
import { bits, name, peer, scheduler } from './scheduler-scene.ts';

/** A download of two blocks whose first piece has come from these peers, and is wrong. */
function afterFailure(pieceCount: number, ...givers: readonly string[]): BlockScheduler {
  const torrent = scheduler(pieceCount);
  const piece = torrent.next(peer(torrent, givers[0]!), 0, false)!.piece;
  givers.forEach((giver, block) => {
    piece.put(block * BLOCK_LENGTH, new Uint8Array(BLOCK_LENGTH), giver);
  });
  torrent.toStorage(piece);
  torrent.suspicion.failed(0, givers, new Uint8Array(givers.length * DIGEST_BYTES));
  torrent.fromStorage(0);
  return torrent;
}

function asked(torrent: BlockScheduler, who: PeerView, nowMs = 0, isHalted = false): string {
  return name(torrent.next(who, nowMs, isHalted));
}

test('it is asked of one that had no part in it, and before all else', () => {
  const torrent = afterFailure(3, 'a', 'b');
  const [a, b, clear] = ['a', 'b', 'clear'].map((id) => peer(torrent, id)) as PeerView[];
  torrent.sourcesOf = () => ['a', 'b', 'clear'];
  expect([asked(torrent, a!), asked(torrent, b!)]).toEqual(['1:0', '2:0']);
  expect([asked(torrent, clear!), asked(torrent, clear!)]).toEqual(['0:0', '0:1']);
});

test('where all had a part in it, of one of them alone', () => {
  const torrent = afterFailure(1, 'a', 'b');
  torrent.sourcesOf = () => ['a', 'b'];
  const [a, b] = [peer(torrent, 'a'), peer(torrent, 'b')];
  expect([asked(torrent, b), asked(torrent, a), asked(torrent, b)]).toEqual(['0:0', 'none', '0:1']);
});

test('a piece that a reader waits for comes before one that came out wrong, unless that is nearer', () => {
  const torrent = afterFailure(4, 'a', 'b');
  const clear = peer(torrent, 'clear');
  torrent.hurry(1, { first: 2, last: 2 });
  expect([asked(torrent, clear), asked(torrent, clear)]).toEqual(['2:0', '2:1']);
  const other = afterFailure(4, 'a', 'b');
  other.hurry(1, { first: 0, last: 2 });
  expect(asked(other, peer(other, 'clear'))).toBe('0:0');
});

test.each([
  ['five seconds', false, 5_000],
  ['a second and a half where a reader waits', true, 1_500],
])('its one source is helped when it keeps us waiting for %s', (_, isRead, patienceMs) => {
  const torrent = afterFailure(1, 'a', 'b');
  if (isRead) torrent.hurry(1, { first: 0, last: 0 });
  const [slow, other] = [peer(torrent, 'slow'), peer(torrent, 'other')];
  expect(asked(torrent, slow)).toBe('0:0');
  expect(asked(torrent, other, patienceMs - 1)).toBe('none');
  const helped = [asked(torrent, other, patienceMs), asked(torrent, other, patienceMs)];
  expect(helped).toEqual(['0:1', '0:0']);
});

test('when its one source goes, another begins it anew, and what had come is counted as dropped', () => {
  const torrent = afterFailure(1, 'a', 'b');
  let droppedBytes = 0;
  torrent.onDropped = (lengthBytes) => (droppedBytes += lengthBytes);
  const { piece } = torrent.next(peer(torrent, 'clear'), 0, false)!;
  piece.put(0, new Uint8Array(BLOCK_LENGTH), 'clear');
  torrent.lost('clear');
  expect([torrent.inFlightPieces, droppedBytes]).toEqual([0, BLOCK_LENGTH]);
  expect(asked(torrent, peer(torrent, 'other'))).toBe('0:0');
});

test('nothing of it is started while storage halts, when nobody wants it, or without room', () => {
  const torrent = afterFailure(2, 'a', 'b');
  const clear = peer(torrent, 'clear');
  expect(asked(torrent, clear, 0, true)).toBe('none');
  torrent.picker.want(bits(2, [1]));
  expect(asked(torrent, clear)).toBe('1:0');
  torrent.picker.want(bits(2, [0, 1]));
  torrent.limits.maxInFlightPieces = 1;
  expect([asked(torrent, clear), asked(torrent, clear)]).toEqual(['1:1', 'none']);
  expect(torrent.limits.isWaiting(torrent)).toBe(true);
});

test('suspects begin pieces of their own, and help others only when there is nothing to begin', () => {
  const torrent = afterFailure(3, 'a', 'b');
  const [a, c] = [peer(torrent, 'a'), peer(torrent, 'c')];
  torrent.sourcesOf = () => ['a', 'c'];
  expect([asked(torrent, c), asked(torrent, c), asked(torrent, c)]).toEqual(['0:0', '0:1', '1:0']);
  expect([asked(torrent, a), asked(torrent, a)]).toEqual(['2:0', '2:1']);
  expect([asked(torrent, c), asked(torrent, c)]).toEqual(['1:1', 'none']);
  torrent.active(1)!.forget(1, 'c');
  expect(asked(torrent, a)).toBe('1:1');
});

test('nobody is given blocks of a suspect’s piece, but when it goes they are free for all, and stay', () => {
  const torrent = scheduler(1);
  torrent.hasLied = (id) => id === 'liar';
  const { piece } = torrent.next(peer(torrent, 'liar'), 0, false)!;
  piece.put(0, new Uint8Array(BLOCK_LENGTH), 'liar');
  expect(asked(torrent, peer(torrent, 'a'))).toBe('none');
  torrent.lost('liar');
  expect([asked(torrent, peer(torrent, 'a')), piece.missingBlocks]).toEqual(['0:1', 1]);
});

test('what a banned peer gave of pieces under way is asked of others', () => {
  const torrent = scheduler(1);
  const { piece } = torrent.next(peer(torrent, 'liar'), 0, false)!;
  torrent.next(peer(torrent, 'a'), 0, false);
  piece.put(0, new Uint8Array(BLOCK_LENGTH), 'liar');
  piece.put(BLOCK_LENGTH, new Uint8Array(BLOCK_LENGTH), 'a');
  let droppedBytes = 0;
  torrent.onDropped = (lengthBytes) => (droppedBytes += lengthBytes);
  torrent.distrust('liar');
  expect([droppedBytes, piece.isComplete]).toEqual([BLOCK_LENGTH, false]);
  expect(asked(torrent, peer(torrent, 'a'))).toBe('0:0');
});

test('a piece that is found in storage after all is forgotten, and fetched like any other when it is lost', () => {
  const torrent = afterFailure(1, 'a', 'b');
  torrent.have.set(0);
  torrent.gained(0);
  expect([...torrent.suspicion.open]).toEqual([]);
  expect(asked(torrent, peer(torrent, 'a'))).toBe('none');
  torrent.have.clear(0);
  torrent.picker.refresh(0);
  expect(asked(torrent, peer(torrent, 'a'))).toBe('0:0');
  expect(torrent.active(0)!.owner).toBeNull();
});

test('a wrong piece that was forgotten for others is fetched like any other', () => {
  const torrent = afterFailure(1, 'a', 'b');
  for (let index = 1; index <= 64; index++) {
    torrent.suspicion.failed(index, ['c', 'd'], new Uint8Array(2 * DIGEST_BYTES));
  }
  expect(torrent.suspicion.isOpen(0)).toBe(false);
  expect(asked(torrent, peer(torrent, 'a'))).toBe('0:0');
  expect(torrent.active(0)!.owner).toBeNull();
});
