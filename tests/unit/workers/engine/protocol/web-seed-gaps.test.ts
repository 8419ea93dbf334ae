import { expect, test } from 'vitest';
import {
  explainGap,
  isOfOneFile,
  MAX_IN_ROW,
  WebSeedGaps,
} from '../../../../../workers/engine/protocol/web-seed-gaps.ts';
import type { WebSeedFailure } from '../../../../../workers/engine/protocol/web-seed-policy.ts';

const MINUTE = 60_000;
const GONE = { kind: 'refused', status: 404 } as const;
/** Of a torrent of many files, without chance. */
const gapsOf = () => new WebSeedGaps(() => 0);
const miss = (gaps: WebSeedGaps, file: number, nowMs = 0) => gaps.missed(file, GONE, 1_000, nowMs);

test.each<[WebSeedFailure, boolean]>([
  [{ kind: 'refused', status: 404 }, true],
  [{ kind: 'refused', status: 410 }, true],
  [{ kind: 'refused', status: 403 }, false],
  [{ kind: 'broken', status: 500 }, false],
  [{ kind: 'busy', status: 429, retryAfterMs: null }, false],
  [{ kind: 'wrong-length' }, false],
  [{ kind: 'unreachable' }, false],
])('%o speaks of one file alone: %s', (failure, isOne) => {
  expect(isOfOneFile(failure)).toBe(isOne);
});

test('a missing file is left alone for five minutes, each time for twice as long, up to an hour', () => {
  const gaps = gapsOf();
  let nowMs = 0;
  for (const minutes of [5, 10, 20, 40, 60, 60]) {
    expect(miss(gaps, 3, nowMs)).toMatchObject({ kind: 'file', restMs: minutes * MINUTE });
    expect(gaps.missing(nowMs + minutes * MINUTE - 1)).toEqual([3]);
    expect(gaps.nextMs(nowMs + MINUTE)).toBe((minutes - 1) * MINUTE);
    nowMs += minutes * MINUTE;
    expect(gaps.missing(nowMs)).toEqual([]);
    expect(gaps.nextMs(nowMs)).toBeNull();
  }
});

test('an answer that was on its way counts for nothing', () => {
  const gaps = gapsOf();
  miss(gaps, 3);
  for (let i = 0; i < 20; i++) expect(miss(gaps, 3)).toEqual({ kind: 'known' });
  expect(gaps.nextMs(0)).toBe(5 * MINUTE);
});

test('a file that came after all is as if it had never been missing', () => {
  const gaps = gapsOf();
  miss(gaps, 3);
  miss(gaps, 3, 5 * MINUTE);
  gaps.gave(3);
  expect(gaps.missing(6 * MINUTE)).toEqual([]);
  expect(miss(gaps, 3, 6 * MINUTE)).toMatchObject({ kind: 'file', restMs: 5 * MINUTE });
});

test('the next to be asked for again is the one whose time comes first', () => {
  const gaps = gapsOf();
  miss(gaps, 3);
  miss(gaps, 7, MINUTE);
  expect(gaps.missing(MINUTE)).toEqual([3, 7]);
  expect(gaps.nextMs(MINUTE)).toBe(4 * MINUTE);
  expect(gaps.missing(5 * MINUTE)).toEqual([7]);
  expect(gaps.nextMs(5 * MINUTE)).toBe(MINUTE);
});

test('so many one after the other, and none that came, are about the whole seed', () => {
  const gaps = gapsOf();
  for (let file = 0; file < MAX_IN_ROW - 1; file++) expect(miss(gaps, file).kind).toBe('file');
  expect(miss(gaps, 90)).toEqual({ kind: 'seed' });
  // After its rest the first that is missing is enough, until something comes.
  expect(miss(gaps, 91, 4 * MINUTE)).toEqual({ kind: 'seed' });
  gaps.gave(92);
  expect(miss(gaps, 93, 4 * MINUTE).kind).toBe('file');
});

test.each([
  [1, ['seed']],
  [3, ['file', 'file', 'seed']],
])('of %i files the last one that is left is no gap', (fileCount, kinds) => {
  const gaps = gapsOf();
  const missed = kinds.map((_, file) => gaps.missed(file, GONE, fileCount, 0).kind);
  expect(missed).toEqual(kinds);
});

test('a person is told of the first', () => {
  const gaps = gapsOf();
  expect(miss(gaps, 3)).toMatchObject({ isFirst: true });
  expect(miss(gaps, 4)).toMatchObject({ isFirst: false });
  expect(explainGap('a.test', 5 * MINUTE)).toMatch(/seed a\.test .*one of the files.*5 minutes/);
});
