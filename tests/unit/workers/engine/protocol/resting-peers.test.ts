import { expect, test } from 'vitest';
import {
  REST_MS,
  RestingPeers,
  type Resting,
} from '../../../../../workers/engine/protocol/resting-peers.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

class Torrent implements Resting {
  constructor(public peers: number) {}

  giveUpPeer(): boolean {
    if (this.peers === 0) return false;
    this.peers--;
    return true;
  }

  giveUpPeers(): void {
    this.peers = 0;
  }
}

function rest(...peers: readonly number[]) {
  const clock = new FakeClock();
  const resting = new RestingPeers(clock);
  const torrents = peers.map((count) => new Torrent(count));
  for (const torrent of torrents) resting.rest(torrent);
  return { clock, resting, torrents, left: () => torrents.map((torrent) => torrent.peers) };
}

test('peers rest for ten minutes and no longer', () => {
  const { clock, left } = rest(3);
  clock.advance(REST_MS - 1);
  expect(left()).toEqual([3]);
  clock.advance(1);
  expect(left()).toEqual([0]);
  expect(clock.pendingTimers).toBe(0);
});

test('pausing what is paused does not begin the ten minutes anew', () => {
  const { clock, resting, torrents, left } = rest(3);
  clock.advance(REST_MS - 1);
  resting.rest(torrents[0]!);
  clock.advance(1);
  expect(left()).toEqual([0]);
});

test.each([
  { yields: 1, left: [1, 2, 1] },
  { yields: 2, left: [0, 2, 1] },
  { yields: 4, left: [0, 0, 1] },
  { yields: 9, left: [0, 0, 0] },
])('where room is short $yields times, what was paused first yields first', ({ yields, left }) => {
  const scene = rest(2, 2, 1);
  for (let i = 0; i < yields; i++) scene.resting.yieldOne();
  expect(scene.left()).toEqual(left);
});

test('what goes on yields nothing, and its wait is over', () => {
  const { clock, resting, torrents, left } = rest(2, 1);
  resting.end(torrents[0]!);
  resting.yieldOne();
  resting.yieldOne();
  clock.advance(REST_MS);
  expect(left()).toEqual([2, 0]);
  expect(clock.pendingTimers).toBe(0);
});
