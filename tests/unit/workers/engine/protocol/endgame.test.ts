import { expect, test } from 'vitest';
import { ActivePiece, BLOCK_LENGTH } from '../../../../../workers/engine/protocol/active-piece.ts';
import {
  pickLate,
  quietUntilMs,
  type Stage,
} from '../../../../../workers/engine/protocol/endgame.ts';

const NOW = 100_000;
const idle = { id: 'idle', waitMs: 500 };

/** A piece whose blocks were each asked of these peers: `[peer, how long ago, in what time it is due from now]`. */
type Ask = readonly [peer: string, agoMs: number, dueInMs: number];
function piece(index: number, ...blocks: readonly (readonly Ask[])[]): ActivePiece {
  const made = new ActivePiece(index, new Uint8Array(blocks.length * BLOCK_LENGTH));
  blocks.forEach((asks, block) => {
    for (const [peer, agoMs, dueInMs] of asks) {
      made.ask(block, peer, NOW - agoMs, NOW + dueInMs);
    }
  });
  return made;
}

function picked(stage: Stage, ...pieces: readonly ActivePiece[]): string | null {
  const late = pickLate(pieces, idle, NOW, stage);
  return late && `${late.piece.index}:${late.block}`;
}

test.each<[string, Stage, readonly Ask[], boolean]>([
  ['nobody was asked for', 'endgame', [], false],
  ['is not due yet', 'endgame', [['a', 900, 1]], false],
  ['was due just now', 'endgame', [['a', 900, -499]], false],
  ['was due half a second ago', 'endgame', [['a', 900, -500]], true],
  ['this peer would give a second sooner', 'endgame', [['a', 0, 1_500]], true],
  ['this peer would give hardly sooner', 'endgame', [['a', 0, 1_499]], false],
  ['this peer was asked for', 'endgame', [['idle', 9_000, -9_000]], false],
  [
    'two were asked for, both late',
    'endgame',
    [
      ['a', 9_000, -9_000],
      ['b', 2_000, -500],
    ],
    true,
  ],
  [
    'two were asked for, one of them just now',
    'endgame',
    [
      ['a', 9_000, -9_000],
      ['b', 2, 498],
    ],
    false,
  ],
  [
    'three were asked for',
    'endgame',
    [
      ['a', 9_000, -9_000],
      ['b', 9_000, -9_000],
      ['c', 9_000, -9_000],
    ],
    false,
  ],
  ['is slow in mid-download', 'idle', [['a', 4_999, -4_000]], false],
  ['is very slow in mid-download', 'idle', [['a', 5_000, -4_000]], true],
  [
    'two were asked for in mid-download',
    'idle',
    [
      ['a', 9_000, -9_000],
      ['b', 9_000, -9_000],
    ],
    false,
  ],
  ['a reader has waited for for a while', 'reader', [['a', 1_499, 9_000]], false],
  ['a reader has waited for too long', 'reader', [['a', 1_500, 9_000]], true],
  [
    'two were asked for, for a reader',
    'reader',
    [
      ['a', 9_000, 0],
      ['b', 9_000, 0],
    ],
    false,
  ],
])('a block that %s (%s)', (_, stage, asks, isPicked) => {
  expect(picked(stage, piece(0, asks))).toBe(isPicked ? '0:0' : null);
});

test('a block that is here is asked of nobody', () => {
  const done = piece(0, [['a', 9_000, -9_000]]);
  done.put(0, new Uint8Array(BLOCK_LENGTH), 'a');
  expect(picked('endgame', done)).toBeNull();
});

test('the fewest askers come first, then what is furthest from coming', () => {
  const two: readonly Ask[] = [
    ['a', 60_000, -50_000],
    ['b', 60_000, -50_000],
  ];
  const silent: readonly Ask[] = [['c', 7_000, -6_000]];
  const slow: readonly Ask[] = [['d', 0, 8_000]];
  const soon: readonly Ask[] = [['e', 0, 2_000]];
  expect(picked('endgame', piece(0, two), piece(1, silent, soon), piece(2, slow))).toBe('2:0');
  expect(picked('endgame', piece(0, two), piece(1, silent, soon))).toBe('1:0');
  expect(picked('endgame', piece(0, two), piece(1, soon))).toBe('1:0');
  expect(picked('endgame', piece(0, two))).toBe('0:0');
});

// A line of 46 kB/s with twenty peers: every block took 14 s, and each was asked for twice (`npm run simulate`, seed 22).
test.each<[Stage, readonly Ask[], number, boolean]>([
  ['idle', [['a', 9_999, -9_000]], 5_000, false],
  ['idle', [['a', 10_000, -9_000]], 5_000, true],
  ['endgame', [['a', 9_999, -9_000]], 5_000, false],
  ['endgame', [['a', 10_000, -9_000]], 5_000, true],
  ['endgame', [['a', 0, 10_999]], 5_000, false],
  ['endgame', [['a', 0, 11_000]], 5_000, true],
  ['reader', [['a', 1_500, -500]], 5_000, true],
])('%s: a block asked for %j is late on a line of %i ms: %s', (stage, asks, lineWaitMs, isLate) => {
  const slowLine = { ...idle, lineWaitMs };
  expect(pickLate([piece(0, asks)], slowLine, NOW, stage) !== null).toBe(isLate);
});

test('there is nothing to look for in mid-download before the oldest ask is late', () => {
  expect(quietUntilMs([], NOW)).toBe(NOW + 5_000);
  const pieces = [
    piece(0, [['a', 1_000, 0]]),
    piece(
      1,
      [
        ['b', 3_000, 0],
        ['c', 0, 500],
      ],
      [],
    ),
  ];
  expect(quietUntilMs(pieces, NOW)).toBe(NOW + 2_000);
  pieces[1]!.put(0, new Uint8Array(BLOCK_LENGTH), 'b');
  expect(quietUntilMs(pieces, NOW)).toBe(NOW + 4_000);
});
