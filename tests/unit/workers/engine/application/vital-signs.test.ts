import { expect, test } from 'vitest';
import {
  VitalSigns,
  type Observation,
} from '../../../../../workers/engine/application/vital-signs.ts';

const INTERVAL_MS = 30_000;

type Seen = Partial<Omit<Observation, 'stats' | 'nowMs'>> & {
  stats?: Partial<Observation['stats']>;
};

class Watch {
  readonly signs = new VitalSigns(0);
  #nowMs = 0;

  /** Looks each second for so long, at the same thing. */
  pass(seconds: number, seen: Seen = {}) {
    for (let n = 0; n < seconds; n++) this.look(1_000, seen);
    return this.signs.signs;
  }

  look(afterMs: number, { stats, ...seen }: Seen = {}) {
    const nowMs = (this.#nowMs += afterMs);
    const quiet = { peers: 1, aloneMs: 0, downloadBps: 0, downloadedBytes: 0, missingPieces: 0 };
    const observation = {
      nowMs,
      isOpenToPeers: true,
      isPressed: false,
      verifiedPieces: 0,
      ...seen,
      stats: { ...quiet, metadata: null, ...stats },
    };
    return this.signs.observe(observation, INTERVAL_MS);
  }
}

test('silence grows to a stall, which began with the silence', () => {
  const watch = new Watch();
  expect(watch.pass(29)).toMatchObject({ silentMs: 29_000, stalledSinceMs: null });
  expect(watch.pass(1)).toMatchObject({ silentMs: 30_000, stalledSinceMs: 0 });
  expect(watch.pass(60)).toMatchObject({ silentMs: 90_000, stalledSinceMs: 0 });
});

test.each<[string, Seen]>([
  ['payload moves', { stats: { downloadBps: 1 } }],
  ['a block came', { stats: { downloadedBytes: 16_384 } }],
  ['some of the metadata came', { stats: { metadata: { receivedBytes: 9, sizeBytes: 90 } } }],
  ['a piece is verified', { verifiedPieces: 1 }],
  ['it is not to download', { isOpenToPeers: false }],
  ['storage presses', { isPressed: true }],
])('a stall is over when %s', (_, seen) => {
  const watch = new Watch();
  watch.pass(45);
  expect(watch.look(1_000, seen)).toMatchObject({ silentMs: 0, stalledSinceMs: null });
  // And it takes as long again.
  const { verifiedPieces = 0, stats } = seen;
  const still = { verifiedPieces, stats: { ...stats, downloadBps: 0 } };
  expect(watch.pass(29, still).stalledSinceMs).toBeNull();
  expect(watch.pass(1, still).stalledSinceMs).toBe(46_000);
});

test('nobody is silent while the machine sleeps', () => {
  const watch = new Watch();
  watch.pass(10);
  expect(watch.look(8 * 3_600_000)).toMatchObject({ silentMs: 15_000, stalledSinceMs: null });
});

test('a person who wants it to go on forgives the silence so far', () => {
  const watch = new Watch();
  watch.pass(45);
  watch.signs.forgive();
  expect(watch.pass(1)).toMatchObject({ silentMs: 1_000, stalledSinceMs: null });
});

test('it is alone for as long as nobody is there, though the swarm begins to count anew', () => {
  const watch = new Watch();
  const alone = { stats: { peers: 0 } };
  expect(watch.look(1_000, { stats: { peers: 0, aloneMs: 20_000 } }).aloneMs).toBe(20_000);
  expect(watch.pass(5, alone).aloneMs).toBe(25_000);
  expect(watch.pass(1).aloneMs).toBe(0);
  expect(watch.pass(2, alone).aloneMs).toBe(2_000);
});

test('storage that presses on and off is pressed all the while, until it was relieved for some seconds', () => {
  const watch = new Watch();
  const pressed = { isPressed: true };
  expect(watch.pass(3).pressedMs).toBe(0);
  expect(watch.pass(4, pressed).pressedMs).toBe(4_000);
  expect(watch.pass(5).pressedMs).toBe(9_000);
  expect(watch.pass(1, pressed).pressedMs).toBe(10_000);
  expect(watch.pass(6).pressedMs).toBe(0);
});

test('how long pieces have been missing is counted while any is', () => {
  const watch = new Watch();
  expect(watch.pass(7, { stats: { missingPieces: 3 } }).missingMs).toBe(7_000);
  expect(watch.pass(1).missingMs).toBe(0);
});
