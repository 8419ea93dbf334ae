// What torrents owe each other while they share the pieces in flight.
import { expect, test } from 'vitest';
import type { BlockScheduler } from '../../../../../workers/engine/protocol/block-scheduler.ts';
import { InFlightLimits } from '../../../../../workers/engine/protocol/in-flight-limits.ts';
import { name, peer, scheduler } from './scheduler-scene.ts';

/** Asks until there is nothing to ask for. */
function fill(one: BlockScheduler): number {
  const from = peer(one, 'seed');
  let count = 0;
  while (one.next(from, 0, false)) count++;
  return count;
}

function finish(one: BlockScheduler, index: number): void {
  const piece = one.active(index)!;
  one.toStorage(piece);
  one.have.set(index);
  one.fromStorage(index);
}

test('a torrent that found no room is told when a piece of another ends', () => {
  const limits = new InFlightLimits(2);
  const first = scheduler(10, { limits });
  const second = scheduler(10, { limits });
  let told = 0;
  second.onRoom = () => told++;
  fill(first);
  expect(name(second.next(peer(second, 'seed'), 0, false))).toBe('none');
  expect(told).toBe(0);
  finish(first, 0);
  expect(told).toBeGreaterThan(0);
  expect(name(second.next(peer(second, 'seed'), 0, false))).toBe('0:0');
});

test('while another waits, a torrent that holds its share starts nothing more', () => {
  const limits = new InFlightLimits(4);
  const greedy = scheduler(20, { limits });
  const late = scheduler(20, { limits });
  fill(greedy);
  expect(greedy.inFlightPieces).toBe(4);
  expect(late.next(peer(late, 'seed'), 0, false)).toBeNull();
  finish(greedy, 0);
  // The room goes to the one that waits, whoever asks first.
  expect(fill(greedy)).toBe(0);
  expect(fill(late)).toBeGreaterThan(0);
  expect(limits.inFlightPieces).toBe(4);
});

test('with nobody waiting one torrent may hold everything', () => {
  const limits = new InFlightLimits(4);
  const only = scheduler(20, { limits });
  scheduler(20, { limits });
  fill(only);
  expect(only.inFlightPieces).toBe(4);
});

test('pieces that nobody is asked for are given up to a torrent that waits', () => {
  const limits = new InFlightLimits(2);
  const stuck = scheduler(10, { limits });
  const waiting = scheduler(10, { limits });
  fill(stuck);
  for (const index of [0, 1]) {
    const piece = stuck.active(index)!;
    for (let block = 0; block < piece.blockCount; block++) piece.forget(block, 'seed');
  }
  expect(waiting.next(peer(waiting, 'seed'), 0, false)).toBeNull();
  expect(stuck.inFlightPieces).toBe(0);
  expect(name(waiting.next(peer(waiting, 'seed'), 0, false))).toBe('0:0');
});

test('who finds no room beside others is held back, and who has a piece under way is not', () => {
  const limits = new InFlightLimits(2);
  const first = scheduler(10, { limits });
  const second = scheduler(10, { limits });
  fill(first);
  fill(second);
  expect([first.isHeldBack, second.isHeldBack]).toEqual([false, true]);
  finish(first, 0);
  second.next(peer(second, 'seed'), 0, false);
  expect(second.isHeldBack).toBe(false);
});
