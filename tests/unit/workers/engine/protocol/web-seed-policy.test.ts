import { describe, expect, test } from 'vitest';
import {
  explainFailure,
  judgeAnswer,
  MAX_RANGE_BYTES,
  MIN_RANGE_BYTES,
  pipelineBytes,
  restMs,
  WebSeedHealth,
  type AnswerHead,
  type WebSeedFailure,
} from '../../../../../workers/engine/protocol/web-seed-policy.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const NOW = Date.UTC(2026, 10, 21, 12);
const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const asked = { startBytes: MIB, lengthBytes: 64 * KIB, fileLengthBytes: 10 * MIB };
const head = (status: number, more: Partial<AnswerHead> = {}): AnswerHead => ({
  status,
  isRedirect: false,
  contentLength: null,
  contentRange: null,
  retryAfter: null,
  ...more,
});

describe('what an answer means', () => {
  test.each<[string, AnswerHead, object]>([
    ['206 whose headers CORS hides', head(206), { kind: 'accepted', skipBytes: 0 }],
    [
      '206 of the right range',
      head(206, {
        contentLength: 64 * KIB,
        contentRange: `bytes ${MIB}-${MIB + 64 * KIB - 1}/${10 * MIB}`,
      }),
      { kind: 'accepted' },
    ],
    [
      '206 of a file whose size it does not say',
      head(206, { contentRange: `bytes ${MIB}-${MIB + 64 * KIB - 1}/*` }),
      { kind: 'accepted' },
    ],
    ['206 that is longer', head(206, { contentLength: 64 * KIB + 1 }), { kind: 'wrong-length' }],
    ['206 that is shorter', head(206, { contentLength: 1 }), { kind: 'wrong-length' }],
    [
      '206 of another range',
      head(206, { contentRange: `bytes 0-${64 * KIB - 1}/${10 * MIB}` }),
      { kind: 'wrong-length' },
    ],
    [
      '206 of another file',
      head(206, { contentRange: `bytes ${MIB}-${MIB + 64 * KIB - 1}/${9 * MIB}` }),
      { kind: 'wrong-length' },
    ],
    ['200, far into the file', head(200), { kind: 'whole-files' }],
    [
      '200 with the size of another file',
      head(200, { contentLength: MIB }),
      { kind: 'wrong-length' },
    ],
    ['404', head(404), { kind: 'refused', status: 404 }],
    ['403', head(403), { kind: 'refused', status: 403 }],
    ['401', head(401), { kind: 'refused', status: 401 }],
    ['416', head(416), { kind: 'wrong-length' }],
    ['408', head(408), { kind: 'broken', status: 408 }],
    ['500', head(500), { kind: 'broken', status: 500 }],
    ['502', head(502), { kind: 'broken', status: 502 }],
    ['204', head(204), { kind: 'broken', status: 204 }],
    ['a redirect, as a browser shows it', head(0, { isRedirect: true }), { kind: 'redirect' }],
    ['a redirect, as Node shows it', head(302, { isRedirect: true }), { kind: 'redirect' }],
    ['503', head(503), { kind: 'busy', status: 503, retryAfterMs: null }],
    [
      '429 with seconds',
      head(429, { retryAfter: ' 120 ' }),
      { kind: 'busy', status: 429, retryAfterMs: 120 * SECOND },
    ],
    [
      '503 with a date',
      head(503, { retryAfter: new Date(NOW + 30 * SECOND).toUTCString() }),
      { kind: 'busy', retryAfterMs: 30 * SECOND },
    ],
    [
      '503 with a date that is past',
      head(503, { retryAfter: new Date(NOW - HOUR).toUTCString() }),
      { kind: 'busy', retryAfterMs: 0 },
    ],
    ['503 with nonsense', head(503, { retryAfter: 'soon' }), { kind: 'busy', retryAfterMs: null }],
    [
      '503 with more seconds than there are',
      head(503, { retryAfter: '9'.repeat(40) }),
      { kind: 'busy', retryAfterMs: null },
    ],
  ])('%s', (_, answer, meaning) => {
    expect(judgeAnswer(answer, asked, NOW)).toMatchObject(meaning);
  });

  test.each([
    [0, { kind: 'accepted', skipBytes: 0 }],
    [256 * KIB, { kind: 'accepted', skipBytes: 256 * KIB }],
    [256 * KIB + 1, { kind: 'whole-files' }],
  ])('of a whole file, bytes from %i on', (startBytes, meaning) => {
    expect(judgeAnswer(head(200), { ...asked, startBytes }, NOW)).toEqual(meaning);
  });
});

describe('how long it rests', () => {
  const short = [5, 10, 20, 40, 80, 160, 320, 640, 900, 900].map((s) => s * SECOND);
  const long = [5, 10, 20, 40, 60, 60].map((m) => m * MINUTE);
  test.each<[string, WebSeedFailure, number[]]>([
    ['the network', { kind: 'unreachable' }, short],
    ['an answer that ended early', { kind: 'cut-off' }, short],
    ['silence', { kind: 'silent' }, short],
    ['a server in trouble', { kind: 'broken', status: 500 }, short],
    ['a busy server', { kind: 'busy', status: 503, retryAfterMs: null }, short],
    ['a file that is not there', { kind: 'refused', status: 404 }, long],
    ['a redirect', { kind: 'redirect' }, long],
    ['another file', { kind: 'wrong-length' }, long],
    ['whole files', { kind: 'whole-files' }, [HOUR, HOUR]],
  ])('after %s', (_, failure, rests) => {
    expect(rests.map((_rest, before) => restMs(failure, before, 0))).toEqual(rests);
    expect(restMs(failure, 0, 0.999) / restMs(failure, 0, 0)).toBeCloseTo(1.5, 2);
    expect(restMs(failure, 10_000, 0.999)).toBeLessThanOrEqual(1.5 * HOUR);
  });

  test.each([
    [120 * SECOND, 120 * SECOND, 125 * SECOND],
    [0, SECOND, 2 * SECOND],
    [100 * HOUR, HOUR, HOUR + 5 * SECOND],
  ])('as it says: %i ms', (retryAfterMs, least, most) => {
    const failure: WebSeedFailure = { kind: 'busy', status: 429, retryAfterMs };
    expect(restMs(failure, 5, 0)).toBe(least);
    expect(restMs(failure, 5, 0.999)).toBeLessThanOrEqual(most);
  });
});

describe('what is remembered of one', () => {
  const health = () => new WebSeedHealth(() => 0);

  test('one request until it has begun to give, four then', () => {
    const seed = health();
    expect(seed.maxRanges).toBe(1);
    seed.answered();
    expect(seed.maxRanges).toBe(4);
  });

  test('each failure halves how much it has at once, good ranges give it back', () => {
    const seed = health();
    const after = (failures: number) => {
      for (let i = 0; i < failures; i++) seed.failed({ kind: 'cut-off' }, NOW);
      expect(seed.maxRanges).toBe(1);
      seed.answered();
      return seed.maxRanges;
    };
    expect(after(1)).toBe(2);
    expect(after(5)).toBe(1);
    for (let i = 0; i < 8; i++) seed.gave();
    expect(seed.maxRanges).toBe(2);
    for (let i = 0; i < 100; i++) seed.gave();
    expect(seed.maxRanges).toBe(4);
  });

  test('rests grow with failures in a row, and begin anew after something good', () => {
    const seed = health();
    const rest = () => seed.failed({ kind: 'unreachable' }, NOW).restMs;
    expect([rest(), rest(), rest()]).toEqual([5_000, 10_000, 20_000]);
    seed.gave();
    expect(rest()).toBe(5_000);
  });

  test('it fails until it gives again', () => {
    const seed = health();
    expect(seed.isFailing).toBe(false);
    seed.failed({ kind: 'silent' }, NOW);
    expect(seed.isFailing).toBe(true);
    seed.answered();
    expect(seed.isFailing).toBe(false);
  });

  test('it is over when it is over', () => {
    const seed = health();
    expect(seed.restingMs(NOW)).toBe(0);
    seed.failed({ kind: 'unreachable' }, NOW);
    expect(seed.restingMs(NOW)).toBe(5_000);
    expect(seed.restingMs(NOW + 4_999)).toBe(1);
    expect(seed.restingMs(NOW + 5_000)).toBe(0);
  });

  test('a person is told of the first failure, and of one of another kind', () => {
    const seed = health();
    const isNews = (failure: WebSeedFailure) => seed.failed(failure, NOW).isNews;
    expect(isNews({ kind: 'unreachable' })).toBe(true);
    expect(isNews({ kind: 'unreachable' })).toBe(false);
    expect(isNews({ kind: 'refused', status: 404 })).toBe(true);
    expect(isNews({ kind: 'refused', status: 403 })).toBe(false);
    seed.gave();
    expect(isNews({ kind: 'refused', status: 403 })).toBe(true);
  });

  test.each<[WebSeedFailure, boolean]>([
    [{ kind: 'unreachable' }, true],
    [{ kind: 'cut-off' }, true],
    [{ kind: 'silent' }, true],
    [{ kind: 'refused', status: 404 }, false],
    [{ kind: 'busy', status: 429, retryAfterMs: 60_000 }, false],
    [{ kind: 'whole-files' }, false],
  ])('when the network is back, the rest after %o is over: %s', (failure, isOver) => {
    const seed = health();
    seed.failed(failure, NOW);
    seed.wake();
    expect(seed.restingMs(NOW) === 0).toBe(isOver);
  });
});

test.each<[string, Parameters<typeof pipelineBytes>, number]>([
  ['one range before it has given anything', [0, 0, false], MIN_RANGE_BYTES],
  ['four ranges while its rate is hardly known', [MIN_RANGE_BYTES, 1, false], MIB],
  ['four seconds of what it gives', [10 * MIB, MIB, false], 4 * MIB],
  ['one second while a reader waits', [10 * MIB, MIB, true], MIB],
  ['little of one that is slow', [10 * MIB, 1_000, false], 64 * KIB],
  ['no more than four of the largest ranges', [1e9, 1e9, false], 4 * MAX_RANGE_BYTES],
])('asked for at once: %s', (_, facts, bytes) => {
  expect(pipelineBytes(...facts)).toBe(bytes);
});

test.each<[WebSeedFailure, number, RegExp]>([
  [{ kind: 'refused', status: 404 }, 5 * MINUTE, /seed a\.test does not have.*404.*5 minutes/],
  [{ kind: 'refused', status: 403 }, 5 * MINUTE, /does not give this file to us.*403/],
  [{ kind: 'busy', status: 429, retryAfterMs: 0 }, 60_000, /left alone.*429.*60 seconds/],
  [{ kind: 'broken', status: 500 }, 5_000, /problem of its own.*500.*in 5 seconds/],
  [{ kind: 'redirect' }, HOUR, /another address.*60 minutes/],
  [{ kind: 'wrong-length' }, HOUR, /another size/],
  [{ kind: 'whole-files' }, HOUR, /whole files only/],
  [{ kind: 'unreachable' }, 5_000, /cannot be reached, or does not allow web pages.*CORS/],
  [{ kind: 'cut-off' }, 5_000, /ended the transfer early/],
  [{ kind: 'silent' }, 5_000, /nothing for 30 seconds/],
])('a person is told of %o', (failure, rest, says) => {
  expect(explainFailure('a.test', failure, rest)).toMatch(says);
});
