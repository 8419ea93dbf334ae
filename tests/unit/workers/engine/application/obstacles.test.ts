import { describe, expect, test } from 'vitest';
import { toInfoHash } from '../../../../../workers/contract/ids.ts';
import type { Cooling } from '../../../../../workers/engine/application/cooldown.ts';
import {
  firstObstacle,
  isStopped,
  readerError,
  type Obstacle,
  type ObstacleFacts,
} from '../../../../../workers/engine/application/obstacles.ts';

const cooling: Cooling = {
  infoHash: toInfoHash('a'.repeat(40))!,
  name: 'album',
  reason: 'no-peers',
  attempts: 1,
  sinceMs: 0,
  untilMs: 60_000,
  secondsLeft: 60,
};
const FREE: ObstacleFacts = {
  isGone: false,
  pausedBy: null,
  cooling: null,
  isMetered: false,
  hasTurn: true,
  isReady: true,
};
/** In the order in which they are told; each with what it means. */
const OBSTACLES: readonly (readonly [
  Obstacle['kind'],
  Partial<ObstacleFacts>,
  boolean,
  RegExp | null,
])[] = [
  ['gone', { isGone: true }, true, /^The torrent was removed\.$/],
  ['paused', { pausedBy: 'user' }, true, /^The torrent is paused\. Resume it/],
  ['cooling', { cooling }, true, /^Nobody was found.* in 60 seconds/],
  ['metered', { isMetered: true }, true, /^This connection is metered/],
  ['turn', { hasTurn: false }, false, null],
  ['opening', { isReady: false }, false, null],
];

test('nothing holds back a torrent that has its turn and its store: its readers wait', () => {
  expect(firstObstacle(FREE)).toBeNull();
  expect(isStopped(null)).toBe(false);
  expect(readerError(null, null)).toBeNull();
});

describe.each(OBSTACLES)('%s', (kind, facts, stops, told) => {
  const rank = OBSTACLES.findIndex(([of]) => of === kind);
  const obstacle = firstObstacle({ ...FREE, ...facts });

  test('holds it back, whatever comes after it', () => {
    const all = Object.assign(
      { ...FREE },
      ...OBSTACLES.slice(rank).map(([, of]) => of),
    ) as ObstacleFacts;
    expect([obstacle?.kind, firstObstacle(all)?.kind]).toEqual([kind, kind]);
  });

  test(`${stops ? 'stops it' : 'leaves it to the queue'}, and readers ${told ? 'are told' : 'wait'}`, () => {
    expect(isStopped(obstacle)).toBe(stops);
    const message = readerError(obstacle, null)?.message ?? null;
    if (told) expect(message).toMatch(told);
    else expect(message).toBeNull();
  });
});

test('a reader of a torrent that storage stopped is told why it stands still', () => {
  const obstacle = firstObstacle({ ...FREE, pausedBy: 'storage-full' });
  expect(readerError(obstacle, { message: 'There is no room.' })).toMatchObject({
    kind: 'no-peers',
    message: 'There is no room. Resume it to play what is not here yet.',
  });
});
