import { expect, test } from 'vitest';
import {
  judgeHashFailure,
  MAX_STRIKES,
} from '../../../../../workers/engine/protocol/peer-policy.ts';

const strikes: Record<string, number> = { fresh: 0, warned: 1, last: MAX_STRIKES - 1 };
const judge = (...peers: string[]) => judgeHashFailure(new Set(peers), (peer) => strikes[peer]!);

test.each(['fresh', 'warned', 'last'])('the only source of a bad piece is banned: %s', (peer) => {
  expect(judge(peer)).toEqual([{ peer, strikes: MAX_STRIKES, isBanned: true }]);
});

test('among several sources each gets one strike, and however many bans nobody who may be honest', () => {
  expect(judge('fresh', 'warned', 'last')).toEqual([
    { peer: 'fresh', strikes: 1, isBanned: false },
    { peer: 'warned', strikes: 2, isBanned: false },
    { peer: 'last', strikes: 3, isBanned: false },
  ]);
});

test('a piece without sources is nobody’s fault', () => {
  expect(judge()).toEqual([]);
});
