import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  movedToFront,
  shuffledTiers,
  trackersToAnnounceTo,
  type Standing,
} from '../../../../../../workers/engine/protocol/trackers/tier-policy.ts';

/** Tiers as words of one-letter trackers: `abc de`. */
const tiersOf = (text: string) => text.split(' ').map((tier) => [...tier]);
/** Each tracker named in `works` works, each in `fails` fails, the others are untried. */
const standings =
  (works: string, fails: string) =>
  (url: string): Standing =>
    works.includes(url) ? 'works' : fails.includes(url) ? 'fails' : 'untried';

describe('which trackers are announced to', () => {
  test.each([
    // tiers, those that work, those that fail, every tier at once, tiers in turn
    ['at first: one of each tier, or of the first', 'abc de', '', '', 'ad', 'a'],
    ['one works', 'abc de', 'a', '', 'ad', 'a'],
    ['the first fails: the next of its tier is tried', 'abc de', '', 'a', 'abd', 'ab'],
    ['the second works while the first fails', 'abc de', 'b', 'a', 'abd', 'ab'],
    ['a whole tier fails: all of it, and the next tier', 'abc de', '', 'abc', 'abcd', 'abcd'],
    ['a tier fails and the next works', 'abc de', 'd', 'abc', 'abcd', 'abcd'],
    ['all fail: all', 'abc de', '', 'abcde', 'abcde', 'abcde'],
    ['the first tier is back', 'abc de', 'ad', 'bc', 'ad', 'a'],
    ['a later tier that works does not replace an earlier', 'a b c', 'bc', '', 'abc', 'a'],
    ['each its own tier', 'a b c', 'b', 'a', 'abc', 'ab'],
  ])('%s', (_, tiers, works, fails, atOnce, inTurn) => {
    const standingOf = standings(works, fails);
    expect(trackersToAnnounceTo(tiersOf(tiers), standingOf, true).join('')).toBe(atOnce);
    expect(trackersToAnnounceTo(tiersOf(tiers), standingOf, false).join('')).toBe(inTurn);
  });

  test('no tiers, none', () => {
    expect(trackersToAnnounceTo([], () => 'works', true)).toEqual([]);
    expect(trackersToAnnounceTo([[]], () => 'works', false)).toEqual([]);
  });

  test('unless all fail, one that does not is announced to; each tier in use has at most one such', () => {
    const someTiers = fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 6,
    });
    const seeds = fc.array(fc.constantFrom<Standing>('untried', 'works', 'fails'), {
      minLength: 36,
      maxLength: 36,
    });
    fc.assert(
      fc.property(someTiers, seeds, fc.boolean(), (shape, drawn, allTiers) => {
        let next = 0;
        const tiers = shape.map((tier) => tier.map(() => String(next++)));
        const standingOf = (url: string) => drawn[Number(url)]!;
        const chosen = trackersToAnnounceTo(tiers, standingOf, allTiers);
        const alive = (urls: readonly string[]) =>
          urls.filter((url) => standingOf(url) !== 'fails').length;
        expect(alive(chosen) > 0).toBe(alive(tiers.flat()) > 0);
        for (const tier of tiers) {
          const named = tier.filter((url) => chosen.includes(url));
          expect(alive(named)).toBeLessThanOrEqual(1);
          // Those left out stand behind one that does not fail.
          if (allTiers && named.length < tier.length) expect(alive(named)).toBe(1);
        }
        if (!allTiers) expect(alive(chosen)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the order of a tier', () => {
  test('is by chance and keeps every tracker in its tier', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.string())),
        fc.infiniteStream(fractions()),
        (tiers, chance) => {
          const shuffled = shuffledTiers(tiers, () => chance.next().value!);
          expect(shuffled.map((tier) => tier.toSorted())).toEqual(
            tiers.map((tier) => tier.toSorted()),
          );
        },
      ),
    );
  });

  test('is any of the possible ones, equally often', () => {
    const seen = new Map<string, number>();
    for (let i = 0; i < 6; i++) {
      const draws = [((i % 3) + 0.5) / 3, (Math.floor(i / 3) + 0.5) / 2];
      const [tier] = shuffledTiers([['a', 'b', 'c']], () => draws.shift()!);
      seen.set(tier!.join(''), (seen.get(tier!.join('')) ?? 0) + 1);
    }
    expect([...seen.values()]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test.each([
    ['abc de', 'c', 'cab de'],
    ['abc de', 'a', 'abc de'],
    ['abc de', 'e', 'abc ed'],
    ['abc de', 'x', 'abc de'],
  ])('of %s has %s in front when that works: %s', (tiers, url, moved) => {
    expect(movedToFront(tiersOf(tiers), url)).toEqual(tiersOf(moved));
  });
});

/** From 0 up to but not including 1, as `Deps.random` gives. */
function fractions(): fc.Arbitrary<number> {
  return fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
}
