import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import {
  NO_WORTH,
  surplusOf,
  type WorthyPlace,
} from '../../../../../workers/engine/protocol/surplus.ts';

interface Named extends WorthyPlace<string> {
  readonly id: string;
}

/**
 * `'a1:open a2:open<500 a3:open>20#900@5'`: places of the torrent of their first letter, `<` what they give us and `>` what
 * they take, both per second, `#` bytes so far, `@` since when in seconds, `!` redundant, `?` snubbed.
 */
function places(text: string): Named[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((word) => {
      const [, id = '', state = ''] = /^(\w+):([a-z]+)/.exec(word) ?? [];
      const number = (mark: string) => Number(new RegExp(`${mark}(\\d+)`).exec(word)?.[1] ?? 0);
      return {
        id,
        holder: id[0]!,
        state: state as Named['state'],
        sinceMs: number('@') * 1000,
        isRedundant: word.includes('!'),
        worth: {
          isSnubbed: word.includes('?'),
          downloadBps: number('<'),
          uploadBps: number('>'),
          movedBytes: number('#'),
        },
      };
    });
}

it.each([
  ['nothing while there is room', 3, 50, 'a1:open a2:open b1:open', ''],
  ['the one that came last, when nothing has moved', 1, 50, 'a1:open@1 a2:open@2', 'a2'],
  ['who has moved least', 1, 50, 'a1:open#10 a2:open#9', 'a2'],
  ['who moves least now before that', 1, 50, 'a1:open<1#1 a2:open#900', 'a2'],
  ['who only takes of us as who gives', 1, 50, 'a1:open>5 b1:open<9 b2:open<3', 'b2 a1'],
  ['who snubs us before the idle', 2, 50, 'a1:open a2:open?#900 b1:open', 'a2'],
  ['unanswered offers before that', 2, 50, 'a1:offered a2:open? b1:connecting', 'a1'],
  ['where no payload will ever move before all', 1, 50, 'a1:offered a2:open!#900', 'a2'],
  ['of a torrent over its limit, though there is room', 9, 1, 'a1:open#5 a2:open b1:open', 'a2'],
  ['of that first, then of all', 2, 2, 'a1:open#5 a2:open#6 a3:open#7 b1:open', 'a1 b1'],
  ['never the only source of a torrent', 0, 50, 'a1:open<1 a2:open#9 b1:open<1', 'a2'],
  ['of two sources the slower', 0, 0, 'a1:open<5 a2:open<4', 'a2'],
])('closes %s', (_, total, limit, taken, expected) => {
  const closed = surplusOf(total, places(taken), () => limit);
  expect(closed.map(({ id }) => id).join(' ')).toBe(expected);
});

test('closes as few as will do, and leaves every torrent that is given something its source', () => {
  const place = fc.record({
    holder: fc.constantFrom('a', 'b', 'c'),
    state: fc.constantFrom('offered', 'connecting', 'open'),
    sinceMs: fc.nat(9),
    isRedundant: fc.boolean(),
    worth: fc.record({
      isSnubbed: fc.boolean(),
      downloadBps: fc.nat(3),
      uploadBps: fc.constant(NO_WORTH.uploadBps),
      movedBytes: fc.nat(9),
    }),
  });
  fc.assert(
    fc.property(fc.array(place), fc.nat(12), fc.nat(6), (taken, total, limit) => {
      const closed = new Set(surplusOf(total, taken, () => limit));
      const kept = taken.filter((one) => !closed.has(one));
      const of = (all: typeof taken, holder: string) => all.filter((one) => one.holder === holder);
      const gives = ({ worth }: (typeof taken)[number]) => worth.downloadBps > 0;
      for (const holder of ['a', 'b', 'c']) {
        const [before, after] = [of(taken, holder), of(kept, holder)];
        expect(after.some(gives)).toBe(before.some(gives));
        expect(after.length <= limit || after.every(gives)).toBe(true);
      }
      const isWithin = taken.length <= total && closed.size > 0;
      if (isWithin) expect(['a', 'b', 'c'].some((of_) => of(taken, of_).length > limit)).toBe(true);
      expect(kept.length <= total || kept.every(gives)).toBe(true);
    }),
  );
});
