import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  RECHOKE_MS,
  rechoke,
  settle,
  type Choice,
  type ChokerInput,
  type ChokerPeer,
} from '../../../../../workers/engine/protocol/choker.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { seededRandom } from '../../../../support/seeded-random.ts';

const OLD_MS = -600_000;

/** A choked, interested peer that has been here for long. */
function peer(id: string, more: Partial<ChokerPeer<string>> = {}): ChokerPeer<string> {
  return {
    id,
    isInterested: true,
    isChoked: true,
    isSnubbed: false,
    giveBps: 0,
    takeBps: 0,
    connectedAtMs: OLD_MS,
    ...more,
  };
}

const giver = (id: string, giveBps: number, more: Partial<ChokerPeer<string>> = {}) =>
  peer(id, { giveBps, ...more });

function input(
  peers: readonly ChokerPeer<string>[],
  more: Partial<ChokerInput<string>> = {},
): ChokerInput<string> {
  return {
    peers,
    isSeeding: false,
    slots: 2,
    nowMs: 0,
    random: seededRandom(1),
    optimistic: null,
    ...more,
  };
}

const names = ({ unchoked, optimistic }: Choice<string>) =>
  [...unchoked]
    .map((id) => (id === optimistic?.id ? `${id}?` : id))
    .sort()
    .join(' ');

describe('a round', () => {
  const turn = { id: 'o', turnsAtMs: 30_000 };
  test.each<[string, ChokerPeer<string>[], Partial<ChokerInput<string>>, string]>([
    ['nobody', [], {}, ''],
    ['nobody is interested and nobody gives', [peer('a', { isInterested: false })], {}, ''],
    ['fewer than the slots', [peer('a'), peer('b')], {}, 'a b'],
    ['the best givers', [giver('a', 1), giver('b', 3), giver('c', 2)], {}, 'a? b c'],
    [
      'when seeding, the best takers',
      [giver('a', 9, { takeBps: 1 }), peer('b', { takeBps: 3 }), peer('c', { takeBps: 2 })],
      { isSeeding: true },
      'a? b c',
    ],
    [
      'among those that give the same, who takes most',
      [peer('a'), peer('b', { takeBps: 2 }), peer('c', { takeBps: 1 })],
      {},
      'a? b c',
    ],
    [
      'among equals, who is unchoked already',
      [peer('a'), peer('b', { isChoked: false }), peer('c', { isChoked: false })],
      {},
      'a? b c',
    ],
    [
      'a faster one that is not interested, beside the slots',
      [giver('a', 9, { isInterested: false }), giver('b', 3), giver('c', 2)],
      {},
      'a b c',
    ],
    [
      'no slower one that is not interested',
      [giver('a', 3), giver('b', 2), giver('c', 1, { isInterested: false })],
      {},
      'a b',
    ],
    [
      'who snubs us loses its slot, however fast it was',
      [giver('a', 9, { isSnubbed: true, isChoked: false }), giver('b', 3), giver('c', 2)],
      {},
      'a? b c',
    ],
    [
      'a free slot is not given to who snubs us',
      [giver('a', 9, { isSnubbed: true }), peer('s', { isSnubbed: true })],
      { optimistic: { id: 's', turnsAtMs: 30_000 } },
      's?',
    ],
    [
      'an optimistic turn goes on',
      [peer('o'), giver('b', 3), giver('c', 2), giver('d', 1)],
      { optimistic: turn, nowMs: 20_000 },
      'b c o?',
    ],
    [
      'a turn that is over passes on, and the best of before competes',
      [giver('o', 9), giver('b', 3), giver('c', 2)],
      { optimistic: turn, nowMs: 30_000 },
      'b c? o',
    ],
    [
      'a turn is not the same one’s twice while others wait',
      [peer('o'), giver('b', 3), giver('c', 2), peer('d')],
      { optimistic: turn, nowMs: 30_000 },
      'b c d?',
    ],
    [
      'alone it keeps its turn',
      [peer('o'), giver('b', 3), giver('c', 2)],
      { optimistic: turn, nowMs: 30_000 },
      'b c o?',
    ],
    [
      'who wants nothing any more gives its turn up',
      [peer('o', { isInterested: false }), giver('b', 3), giver('c', 2), peer('d')],
      { optimistic: turn, nowMs: 10_000 },
      'b c d?',
    ],
    [
      'who left gives its turn up',
      [giver('b', 3), giver('c', 2), peer('d')],
      { optimistic: turn, nowMs: 10_000 },
      'b c d?',
    ],
  ])('%s', (_, peers, more, expected) => {
    expect(names(rechoke(input(peers, more)))).toBe(expected);
  });

  test.each([
    [24_000, 'o'],
    [25_000, 'd'],
    [29_990, 'd'],
    [30_010, 'd'],
  ])('a round that comes at %i ms ends the turn of 30 s or leaves it to the next', (nowMs, id) => {
    const peers = [peer('o'), giver('b', 3), giver('c', 2), peer('d')];
    expect(rechoke(input(peers, { optimistic: turn, nowMs })).optimistic?.id).toBe(id);
  });

  test('who has just connected is three times as likely to get the turn', () => {
    const random = seededRandom(7);
    const old = ['b', 'c', 'd'].map((id) => peer(id));
    const peers = [giver('x', 9), giver('y', 8), peer('new', { connectedAtMs: -29_000 }), ...old];
    let turns = 0;
    for (let i = 0; i < 6_000; i++) {
      if (rechoke(input(peers, { random })).optimistic?.id === 'new') turns++;
    }
    // Three tickets of six.
    expect(turns / 6_000).toBeCloseTo(3 / 6, 1);
  });

  test('every waiting peer has its turn, thirty seconds each', () => {
    const clock = new FakeClock();
    const random = seededRandom(3);
    const peers = [giver('x', 9), giver('y', 8), peer('a'), peer('b'), peer('c')];
    const turns: string[] = [];
    let optimistic: ChokerInput<string>['optimistic'] = null;
    clock.every(RECHOKE_MS, () => {
      ({ optimistic } = rechoke(input(peers, { nowMs: clock.now(), random, optimistic })));
      turns.push(optimistic!.id);
    });
    clock.advance(30 * 60_000);
    const changes = turns.filter((id, i) => id !== turns[i - 1]);
    expect(changes).toHaveLength(turns.length / 3);
    for (const id of ['a', 'b', 'c']) {
      expect(changes.filter((one) => one === id).length).toBeGreaterThan(changes.length / 5);
    }
  });
});

describe('between rounds', () => {
  const open = { isChoked: false };
  test.each<[string, ChokerPeer<string>[], Partial<ChokerInput<string>>, string]>([
    ['the first are let in at once', [peer('a'), peer('b')], {}, 'a b'],
    [
      'then one on trial, and the rest wait',
      [peer('a', open), peer('b', open), peer('c')],
      {},
      'a b c?',
    ],
    [
      'nobody loses a slot to a faster one',
      [giver('a', 1, open), giver('b', 2, open), giver('c', 9), peer('d', open)],
      { optimistic: { id: 'd', turnsAtMs: 10 } },
      'a b d?',
    ],
    [
      'a turn that is over lasts until the round',
      [giver('a', 1, open), giver('b', 2, open), peer('d', open), peer('e')],
      { optimistic: { id: 'd', turnsAtMs: 10 }, nowMs: 99 },
      'a b d?',
    ],
    [
      'who was unchoked beside the slots and becomes interested takes that of the slowest',
      [giver('a', 1, open), giver('b', 2, open), giver('c', 9, open), peer('d', open)],
      { optimistic: { id: 'd', turnsAtMs: 10 } },
      'b c d?',
    ],
    [
      'a slot that is free goes to the best that waits',
      [giver('a', 1, open), giver('b', 2), giver('c', 9), peer('d', open)],
      { optimistic: { id: 'd', turnsAtMs: 10 } },
      'a c d?',
    ],
    [
      'who snubs us gets no free slot',
      [peer('a', open), peer('b', { isSnubbed: true }), peer('d', open)],
      { optimistic: { id: 'd', turnsAtMs: 10 } },
      'a d?',
    ],
    [
      'fewer slots take from the slowest',
      [giver('a', 1, open), giver('b', 2, open)],
      { slots: 1 },
      'a? b',
    ],
    [
      'who is unchoked and not interested stays so',
      [peer('a', { ...open, isInterested: false }), peer('b', open), peer('c')],
      {},
      'a b c',
    ],
  ])('%s', (_, peers, more, expected) => {
    expect(names(settle(input(peers, more)))).toBe(expected);
  });
});

const anyPeer = fc.record({
  isInterested: fc.boolean(),
  isChoked: fc.boolean(),
  isSnubbed: fc.boolean(),
  giveBps: fc.nat({ max: 3 }),
  takeBps: fc.nat({ max: 3 }),
  connectedAtMs: fc.integer({ min: -60_000, max: 0 }),
});
const anyScene = fc.record({
  peers: fc.array(anyPeer, { maxLength: 20 }),
  isSeeding: fc.boolean(),
  slots: fc.integer({ min: 1, max: 8 }),
  nowMs: fc.nat({ max: 60_000 }),
  seed: fc.nat(),
  optimistic: fc.option(
    fc.record({ id: fc.nat({ max: 25 }), turnsAtMs: fc.nat({ max: 60_000 }) }),
    {
      nil: null,
    },
  ),
});

test.each([
  ['a round', rechoke],
  ['settling', settle],
])('whoever is there, %s keeps its invariants', (_, choose: typeof rechoke) => {
  fc.assert(
    fc.property(anyScene, ({ peers: drawn, seed, ...rest }) => {
      const peers = drawn.map((one, id) => ({ ...one, id }));
      const choice = () => choose({ ...rest, peers, random: seededRandom(seed) });
      const { unchoked, optimistic } = choice();
      expect(choice()).toEqual({ unchoked, optimistic });
      const rate = (one: ChokerPeer<number>) => (rest.isSeeding ? one.takeBps : one.giveBps);
      const interested = peers.filter(({ isInterested }) => isInterested);
      const regular = interested.filter(({ id }) => unchoked.has(id) && id !== optimistic?.id);
      const choked = interested.filter(({ id }) => !unchoked.has(id));
      expect(regular.length).toBeLessThanOrEqual(rest.slots);
      if (optimistic) expect(interested.map(({ id }) => id)).toContain(optimistic.id);
      // Nobody waits while there is a slot to be had.
      if (choked.length) expect(optimistic).not.toBeNull();
      if (choked.some(({ isSnubbed }) => !isSnubbed)) expect(regular).toHaveLength(rest.slots);
      if (choose === settle) return;
      expect(regular.filter(({ isSnubbed }) => isSnubbed)).toEqual([]);
      const slowest = Math.min(...regular.map(rate));
      for (const one of choked) if (!one.isSnubbed) expect(rate(one)).toBeLessThanOrEqual(slowest);
      for (const one of peers) {
        if (one.isInterested || !unchoked.has(one.id)) continue;
        expect(rate(one)).toBeGreaterThan(0);
        if (regular.length === rest.slots) expect(rate(one)).toBeGreaterThanOrEqual(slowest);
      }
    }),
    { numRuns: 500 },
  );
});
