import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  ANSWERABLE_MS,
  maxOffered,
  nextToOffer,
  placeForPeer,
  reservedPlaces,
  type Asker,
  type Place,
} from '../../../../../workers/engine/protocol/connection-budget.ts';

interface Named extends Place<string> {
  readonly id: string;
}

/** `'a:open a:offered@5'`: places of the torrents, `@` since when in seconds, `!` redundant. */
function places(text: string): Named[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((word, index) => {
      const [, holder = '', state = '', redundant, since] =
        /^(\w+):(\w+)(!?)(?:@(\d+))?$/.exec(word) ?? [];
      return {
        id: `${word}#${index}`,
        holder,
        state: state as Named['state'],
        sinceMs: Number(since ?? 0) * 1000,
        isRedundant: redundant === '!',
      };
    });
}

const times = (count: number, word: string) => Array.from({ length: count }, () => word).join(' ');

/** `'a b'`: who asks, who has waited longest first. */
function askers(text: string, limit = 50): Asker<string>[] {
  return text.split(' ').map((holder, lastServed) => ({ holder, limit, lastServed }));
}

describe('the next offer goes', () => {
  it.each([
    ['to whoever asks while nothing is taken', 60, '', 'a', 'a'],
    ['to a torrent with none before one with 20', 60, times(20, 'a:open'), 'a b', 'b'],
    ['to the one with fewer, offers counted', 60, 'a:offered a:offered b:open', 'a b', 'b'],
    ['of two with as many to the one that waits longer', 60, 'a:open b:open', 'b a', 'b'],
    ['to nobody when half of all places are offers', 60, times(30, 'a:offered'), 'b', null],
    ['to somebody at one offer less', 60, times(29, 'a:offered'), 'b', 'b'],
    ['past one that is at its limit', 120, times(50, 'a:open'), 'a', null],
    ['to nobody when all places are taken', 60, times(60, 'a:open'), 'b', null],
    [
      'not to one with peers when only the last places are free',
      60,
      times(55, 'a:open'),
      'a',
      null,
    ],
    ['to one without any in the last places', 60, times(59, 'a:open'), 'a b', 'b'],
    ['at the smallest budget once', 2, '', 'a', 'a'],
    ['at the smallest budget not twice', 2, 'a:offered', 'b', null],
  ])('%s', (_, total, taken, asking, expected) => {
    const grant = nextToOffer(total, places(taken), askers(asking, 50));
    expect(grant && [grant.holder, grant.displaced]).toEqual(expected && [expected, null]);
  });

  it('to a torrent of the smallest limit up to that limit', () => {
    const one = askers('a', 1);
    expect(nextToOffer(60, [], one)?.holder).toBe('a');
    expect(nextToOffer(60, places('a:connecting'), one)).toBeNull();
  });

  it('in the place of a redundant connection when all are taken', () => {
    const taken = places(`${times(59, 'a:open')} a:open!`);
    expect(nextToOffer(60, taken, askers('b'))?.displaced).toBe(taken[59]);
  });

  it('in the place of one of its own when the torrent is at its limit', () => {
    const taken = places('a:open b:open! a:open!');
    expect(nextToOffer(60, taken, askers('a', 2))?.displaced).toBe(taken[2]);
  });
});

describe('a peer that offers or answers gets', () => {
  const at = ANSWERABLE_MS;
  it.each([
    ['a free place', 60, 'a:open', 'a', ''],
    ['the last free place when its torrent has none', 60, times(59, 'b:open'), 'a', ''],
    ['no place kept for torrents that have none', 60, `a:open ${times(54, 'b:open')}`, 'a', null],
    ['nothing when all are taken and of use', 60, times(60, 'b:open'), 'a', null],
    ['the place of a redundant peer', 3, 'b:open b:open! b:open', 'a', 'b:open!#1'],
    ['the place of the oldest offer', 3, 'b:offered@1 b:offered b:open', 'a', 'b:offered#1'],
    ['no place of an offer that may still be answered', 3, 'b:offered@1 b:open b:open', 'a', null],
    ['an offer of its own torrent', 3, 'a:offered b:open b:open', 'a', 'a:offered#0'],
    ['no offer of a torrent with no more than it', 3, 'a:open b:offered c:open', 'a', null],
  ])('%s', (_, total, taken, holder, expected) => {
    const grant = placeForPeer(total, places(taken), { holder, limit: 50 }, at + 500);
    expect(grant && (grant.displaced?.id ?? '')).toBe(expected);
  });

  it.each([
    ['nothing', 'a:open a:connecting b:offered', null],
    ['the place of an offer of its own', 'a:open a:offered', 'a:offered#1'],
    ['the place of a redundant one of its own', 'a:open! a:offered b:open!', 'a:open!#0'],
  ])('%s when its torrent is at its limit', (_, taken, expected) => {
    const grant = placeForPeer(60, places(taken), { holder: 'a', limit: 2 }, at);
    expect(grant && grant.displaced?.id).toBe(expected);
  });
});

test('whatever is asked for, the budget and every limit hold, and everybody has something before anybody has two', () => {
  const torrents = ['a', 'b', 'c', 'd', 'e'];
  const steps = fc.array(
    fc.record({ who: fc.constantFrom(...torrents), isPeer: fc.boolean(), end: fc.nat(9) }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 1, max: 15 }),
      steps,
      (total, limit, list) => {
        const taken: Named[] = [];
        let clock = 0;
        const served = new Map<string, number>();
        for (const { who, isPeer, end } of list) {
          clock += 1_000;
          const grant = isPeer
            ? placeForPeer(total, taken, { holder: who, limit }, clock)
            : nextToOffer(
                total,
                taken,
                torrents.map((holder) => ({ holder, limit, lastServed: served.get(holder) ?? 0 })),
              );
          if (grant) {
            if (grant.displaced) taken.splice(taken.indexOf(grant.displaced), 1);
            const state = isPeer ? 'open' : 'offered';
            const { holder } = grant;
            if (!isPeer) {
              const heldBy = (one: string) => taken.filter((place) => place.holder === one).length;
              for (const other of torrents)
                expect(heldBy(holder)).toBeLessThanOrEqual(heldBy(other));
            }
            served.set(holder, clock);
            taken.push({ id: `${clock}`, holder, state, sinceMs: clock, isRedundant: false });
          }
          if (end < taken.length) taken.splice(end, 1);
          expect(taken.length).toBeLessThanOrEqual(total);
          const offered = taken.filter(({ state }) => state === 'offered').length;
          expect(offered).toBeLessThanOrEqual(maxOffered(total));
          for (const one of torrents) {
            expect(taken.filter(({ holder }) => holder === one).length).toBeLessThanOrEqual(limit);
          }
        }
      },
    ),
  );
});

test.each([
  [2, 1, 0],
  [60, 30, 5],
  [400, 200, 33],
])(
  'of %d places %d may be offers and %d are kept for those who have none',
  (total, offers, kept) => {
    expect([maxOffered(total), reservedPlaces(total)]).toEqual([offers, kept]);
  },
);
