import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';
import {
  pickRarest,
  pickUrgent,
  type PickInput,
} from '../../../../../workers/engine/protocol/piece-picker.ts';

interface Scene {
  readonly have?: readonly number[];
  readonly wanted?: readonly number[];
  readonly urgent?: PickInput['urgent'];
  readonly availability?: readonly number[];
  readonly peer?: readonly number[];
  readonly started?: readonly number[];
  readonly chance?: number;
}

function bits(length: number, set: readonly number[]): Bitfield {
  const field = new Bitfield(length);
  for (const index of set) field.set(index);
  return field;
}

/** Eight pieces, all wanted, all at the peer, each with one other owner, unless the scene says otherwise. */
function input(scene: Scene): PickInput {
  const all = [0, 1, 2, 3, 4, 5, 6, 7];
  const { have = [], wanted = all, urgent = [], peer = all, started = [], chance = 0 } = scene;
  return {
    have: bits(8, have),
    wanted: bits(8, wanted),
    urgent,
    availability: Uint16Array.from(scene.availability ?? all.map(() => 2)),
    peerHas: (index) => peer.includes(index),
    isStarted: (index) => started.includes(index),
    chance,
  };
}

test.each<[string, Scene, number]>([
  ['the nearest piece of the range', { urgent: [{ first: 2, last: 5 }] }, 2],
  ['not what is here', { urgent: [{ first: 2, last: 5 }], have: [2, 3] }, 4],
  ['not what is started', { urgent: [{ first: 2, last: 5 }], started: [2] }, 3],
  ['only what the peer has', { urgent: [{ first: 2, last: 5 }], peer: [1, 5, 6] }, 5],
  ['unselected pieces too', { urgent: [{ first: 2, last: 5 }], wanted: [] }, 2],
  [
    'the first reader before the second',
    {
      urgent: [
        { first: 6, last: 7 },
        { first: 0, last: 1 },
      ],
    },
    6,
  ],
  [
    'the second reader when the first has all',
    {
      urgent: [
        { first: 6, last: 7 },
        { first: 0, last: 1 },
      ],
      have: [6, 7],
    },
    0,
  ],
  ['nothing when nobody waits', {}, -1],
  ['nothing when the peer has none of it', { urgent: [{ first: 2, last: 5 }], peer: [0] }, -1],
])('urgent: %s', (_, scene, expected) => {
  expect(pickUrgent(input(scene))).toBe(expected);
});

test.each<[string, Scene, number]>([
  ['the rarest', { availability: [4, 3, 2, 3, 4, 3, 2, 3] }, 2],
  ['the rarest that the peer has', { availability: [4, 3, 2, 3, 4, 3, 2, 3], peer: [0, 1, 4] }, 1],
  ['not what is here', { availability: [1, 2, 3, 3, 3, 3, 3, 3], have: [0] }, 1],
  ['not what is started', { availability: [1, 2, 3, 3, 3, 3, 3, 3], started: [0] }, 1],
  ['not what is unwanted', { availability: [1, 2, 3, 3, 3, 3, 3, 3], wanted: [4, 5] }, 4],
  ['among equals the first from where chance begins', { chance: 0.5 }, 4],
  ['past the end the scan goes on at the start', { chance: 0.99, peer: [1, 2] }, 1],
  ['nothing when all is here', { have: [0, 1, 2, 3, 4, 5, 6, 7] }, -1],
])('rarest: %s', (_, scene, expected) => {
  expect(pickRarest(input(scene))).toBe(expected);
});

test('whatever the state, the rarest pick is wanted, missing, unstarted, at the peer, and nothing such is rarer', () => {
  const indexes = fc.uniqueArray(fc.nat({ max: 7 }));
  const scene = fc.record({
    have: indexes,
    wanted: indexes,
    peer: indexes,
    started: indexes,
    availability: fc.array(fc.nat({ max: 4 }), { minLength: 8, maxLength: 8 }),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });
  fc.assert(
    fc.property(scene, (drawn) => {
      const { have, wanted, peer, started, availability } = drawn;
      // A peer that we ask is counted in the availability of what it has.
      const counted = availability.map((n, i) => (peer.includes(i) ? n + 1 : n));
      const candidates = wanted.filter(
        (i) => !have.includes(i) && peer.includes(i) && !started.includes(i),
      );
      const picked = pickRarest(input({ ...drawn, availability: counted }));
      if (!candidates.length) {
        expect(picked).toBe(-1);
        return;
      }
      expect(candidates).toContain(picked);
      expect(counted[picked]).toBe(Math.min(...candidates.map((i) => counted[i]!)));
    }),
  );
});
