import { expect, test } from 'vitest';
import { DIGEST_BYTES, Suspicion } from '../../../../../workers/engine/protocol/suspicion.ts';

/** One letter for each block: equal letters are equal blocks. */
function digests(blocks: string): Uint8Array {
  const made = new Uint8Array(blocks.length * DIGEST_BYTES);
  [...blocks].forEach((letter, at) => {
    made.fill(letter.charCodeAt(0), at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES);
  });
  return made;
}

/** What came: who gave each block, and what; the right piece has `g` everywhere. */
type Download = readonly [givers: string, blocks: string];

test.each<[string, readonly Download[], string]>([
  ['one source: struck at once', [['aaa', 'ggx']], 'a'],
  ['one source, all of it wrong: struck once', [['aaa', 'xxx']], 'a'],
  [
    'one of three: struck when the piece is right',
    [
      ['abc', 'gxg'],
      ['ddd', 'ggg'],
    ],
    'b',
  ],
  [
    'two of three',
    [
      ['abc', 'xxg'],
      ['ddd', 'ggg'],
    ],
    'ab',
  ],
  [
    'many blocks of one liar: one strike',
    [
      ['abab', 'gxgx'],
      ['cccc', 'gggg'],
    ],
    'b',
  ],
  [
    'the piece wrong again, of one: that one at once, the first liar later',
    [
      ['ab', 'gx'],
      ['cc', 'xg'],
      ['dd', 'gg'],
    ],
    'cb',
  ],
  [
    'wrong again of the same liar: once for each time',
    [
      ['ab', 'gx'],
      ['bb', 'gx'],
      ['aa', 'gg'],
    ],
    'bb',
  ],
  [
    'wrong again of several',
    [
      ['ab', 'gx'],
      ['ac', 'gx'],
      ['dd', 'gg'],
    ],
    'bc',
  ],
  [
    'right, of several',
    [
      ['ab', 'gx'],
      ['ab', 'gg'],
    ],
    'b',
  ],
  [
    'of those that gave all of it, only the last',
    [
      ['ab', 'gx'],
      ['aa', 'gg'],
    ],
    'b',
  ],
])('%s', (_, downloads, struck) => {
  const suspicion = new Suspicion();
  const strikes = downloads.flatMap(([givers, blocks]) =>
    /^g+$/.test(blocks)
      ? suspicion.proven(7, digests(blocks))
      : suspicion.failed(7, [...givers], digests(blocks)),
  );
  expect(strikes.join('')).toBe(struck);
  const isRight = /^g+$/.test(downloads.at(-1)![1]);
  expect([...suspicion.open]).toEqual(isRight ? [] : [7]);
});

test('suspects are all that gave some of it, until it is right', () => {
  const suspicion = new Suspicion();
  suspicion.failed(1, ['a', 'b'], digests('gx'));
  suspicion.failed(2, ['b', 'c'], digests('xg'));
  const suspects = () => ['a', 'b', 'c', 'd'].filter((peer) => suspicion.isSuspect(peer)).join('');
  expect(suspects()).toBe('abc');
  suspicion.proven(1, digests('gg'));
  expect(suspects()).toBe('bc');
  suspicion.forget(2);
  expect(suspects()).toBe('');
  // Who is proven to have lied is no suspect.
  suspicion.failed(3, ['d', 'd'], digests('gx'));
  expect(suspects()).toBe('');
});

test.each([
  ['one that had no part in it', 'clear', ['a', 'clear', 'liar'], true],
  ['a suspect while there is one that had no part', 'a', ['a', 'clear'], false],
  ['a suspect among suspects', 'a', ['a', 'b', 'liar'], true],
  ['who gave it wrong alone, while there are others', 'liar', ['liar', 'b'], false],
  ['who gave it wrong alone, and there is nobody else', 'liar', ['liar'], true],
  ['anyone, when nobody else is there', 'b', [], true],
])('the piece is fetched again of %s', (_, peer, sources, may) => {
  const suspicion = new Suspicion();
  suspicion.failed(1, ['a', 'b'], digests('gx'));
  suspicion.failed(1, ['liar', 'liar'], digests('gx'));
  expect(suspicion.mayFetch(1, peer, sources)).toBe(may);
  expect(suspicion.mayFetch(2, peer, sources)).toBe(true);
});

test('what is kept is bounded in pieces, and what is forgotten is said', () => {
  const suspicion = new Suspicion();
  const forgotten: number[] = [];
  suspicion.onForgotten = (index) => forgotten.push(index);
  for (let index = 0; index < 70; index++)
    suspicion.failed(index, ['a', `b${index}`], digests('gx'));
  expect([...suspicion.open]).toHaveLength(64);
  expect(forgotten).toEqual([0, 1, 2, 3, 4, 5]);
  expect(suspicion.isSuspect('b5')).toBe(false);
  expect(suspicion.isSuspect('b6')).toBe(true);
  expect(suspicion.proven(5, digests('gg'))).toEqual([]);
  expect(suspicion.proven(6, digests('gg'))).toEqual(['b6']);
});

test('and in blocks: the newest failure stays, however large', () => {
  const suspicion = new Suspicion();
  const blocks = 5_000;
  const givers = (liar: string) => Array.from({ length: blocks }, (_, i) => (i ? 'a' : liar));
  const wrong = digests(`x${'g'.repeat(blocks - 1)}`);
  suspicion.failed(1, givers('b'), wrong);
  suspicion.failed(2, givers('c'), wrong);
  expect([...suspicion.open]).toEqual([2]);
  suspicion.failed(2, givers('d'), wrong);
  expect(suspicion.isSuspect('c')).toBe(false);
  expect(suspicion.proven(2, digests('g'.repeat(blocks)))).toEqual(['d']);
  expect(suspicion.isSuspect('a')).toBe(false);
});
