/** When a torrent is silent, stalled, and has had its turn in vain, as tables: what each look finds, a second apart. */
import { expect, test } from 'vitest';
import {
  SEED_TURN_MS,
  StallWatch,
  isInVain,
  isStall,
  type StallSample,
} from '../../../../../workers/engine/application/stall.ts';

const INTERVAL_MS = 3_000;

type Facts = Partial<Omit<StallSample, 'stats'>> & Partial<StallSample['stats']>;

function sample({ doing = 'download', isExcused = false, ...facts }: Facts): StallSample {
  const { verifiedPieces = 0, ...stats } = facts;
  const none = { downloadedBytes: 0, wastedBytes: 0, uploadedBytes: 0, metadata: null };
  return { doing, isExcused, verifiedPieces, stats: { ...none, ...stats } };
}

type Seen = readonly (readonly [seconds: number, facts: Facts])[];

/** Looks each second, at the same facts for as many seconds as are said; the silence then, in seconds. */
function silences(seen: Seen): number[] {
  const watch = new StallWatch(0);
  let nowMs = 0;
  return seen.map(([seconds, facts]) => {
    for (let n = 0; n < seconds; n++) watch.look(sample(facts), (nowMs += 1_000), INTERVAL_MS);
    return watch.silentMs / 1_000;
  });
}

const paused = { doing: null };
const metadata = (receivedBytes: number) =>
  ({ doing: 'metadata', metadata: { receivedBytes, sizeBytes: 99 } }) as const;

test.each<[string, Seen, number[]]>([
  [
    'silence grows',
    [
      [2, {}],
      [5, {}],
    ],
    [2, 7],
  ],
  [
    'a block ends it',
    [
      [4, {}],
      [1, { downloadedBytes: 1 }],
      [2, { downloadedBytes: 1 }],
    ],
    [4, 0, 2],
  ],
  [
    'a verified piece ends it',
    [
      [4, {}],
      [1, { verifiedPieces: 1 }],
    ],
    [4, 0],
  ],
  [
    'what was thrown away does not',
    [
      [4, {}],
      [1, { downloadedBytes: 9, wastedBytes: 9 }],
    ],
    [4, 5],
  ],
  [
    'what comes in the place of what was thrown away does',
    [
      [1, { downloadedBytes: 900 }],
      [1, { downloadedBytes: 900, wastedBytes: 800 }],
      [1, { downloadedBytes: 901, wastedBytes: 800 }],
    ],
    [1, 2, 0],
  ],
  [
    'what is given is of no use to a download',
    [
      [2, {}],
      [1, { uploadedBytes: 5 }],
    ],
    [2, 3],
  ],
  [
    'bytes of the metadata end it',
    [
      [2, metadata(0)],
      [1, metadata(5)],
      [1, metadata(5)],
    ],
    [2, 0, 1],
  ],
  [
    'metadata that was thrown away may come again',
    [
      [1, metadata(50)],
      [1, metadata(0)],
      [1, metadata(5)],
    ],
    [1, 2, 0],
  ],
  [
    'with the metadata its download begins',
    [
      [4, metadata(0)],
      [1, {}],
      [1, {}],
    ],
    [4, 0, 1],
  ],
  [
    'who gives is silent while nobody asks',
    [
      [2, { doing: 'seed' }],
      [1, { doing: 'seed', uploadedBytes: 1 }],
    ],
    [2, 0],
  ],
  [
    'who pauses waits for nothing',
    [
      [2, {}],
      [9, paused],
      [1, {}],
    ],
    [2, 0, 1],
  ],
  [
    'who is held back waits for nobody',
    [
      [2, {}],
      [9, { isExcused: true }],
      [1, {}],
    ],
    [2, 0, 1],
  ],
  [
    'a swarm that is joined anew counts anew',
    [
      [2, { downloadedBytes: 500 }],
      [2, { downloadedBytes: 0 }],
      [1, { downloadedBytes: 1 }],
    ],
    [2, 4, 0],
  ],
])('%s', (_, seen, expected) => {
  expect(silences(seen)).toEqual(expected);
});

test.each<[StallSample['doing'], number, { isStall: boolean; isInVain: boolean }]>([
  ['download', INTERVAL_MS - 1, { isStall: false, isInVain: false }],
  ['download', INTERVAL_MS, { isStall: true, isInVain: false }],
  ['download', 2 * INTERVAL_MS - 1, { isStall: true, isInVain: false }],
  ['download', 2 * INTERVAL_MS, { isStall: true, isInVain: true }],
  ['metadata', INTERVAL_MS, { isStall: true, isInVain: false }],
  ['metadata', 2 * INTERVAL_MS, { isStall: true, isInVain: true }],
  ['seed', SEED_TURN_MS - 1, { isStall: false, isInVain: false }],
  ['seed', SEED_TURN_MS, { isStall: false, isInVain: true }],
  [null, SEED_TURN_MS, { isStall: false, isInVain: false }],
])('%s, silent for %d ms: %o', (doing, silentMs, expected) => {
  expect({
    isStall: isStall(doing, silentMs, INTERVAL_MS),
    isInVain: isInVain(doing, silentMs, INTERVAL_MS),
  }).toEqual(expected);
});

test('a stall began with the silence, lasts as long as that, and is forgiven on request', () => {
  const watch = new StallWatch(0);
  const look = (nowMs: number, facts: Facts = {}) => {
    watch.look(sample(facts), nowMs, INTERVAL_MS);
    return [watch.stalledSinceMs, watch.isInVain, watch.movedMs];
  };
  expect(look(1_000, { downloadedBytes: 1 })).toEqual([null, false, -Infinity]);
  expect(look(2_000, { downloadedBytes: 2 })).toEqual([null, false, 2_000]);
  const still = { downloadedBytes: 2 };
  expect(look(4_999, still)).toEqual([null, false, 2_000]);
  expect(look(5_500, still)).toEqual([2_000, false, 2_000]);
  expect(look(8_000, still)).toEqual([2_000, true, 2_000]);
  watch.forgive();
  expect([watch.stalledSinceMs, watch.isInVain]).toEqual([null, false]);
  expect(look(9_000, still)).toEqual([null, false, 2_000]);
  expect(look(11_000, still)).toEqual([8_000, false, 2_000]);
  expect(look(12_000, { downloadedBytes: 3 })).toEqual([null, false, 12_000]);
});

test('nobody is silent while the machine sleeps', () => {
  const watch = new StallWatch(0);
  watch.look(sample({}), 8 * 3_600_000, INTERVAL_MS);
  expect(watch.silentMs).toBe(5_000);
  watch.look(sample({}), 0, INTERVAL_MS);
  expect(watch.silentMs).toBe(5_000);
});
