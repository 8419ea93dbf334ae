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
    for (let n = 1; n < seconds; n++) this.look(1_000, seen);
    return this.look(1_000, seen);
  }

  look(afterMs: number, { stats, ...seen }: Seen = {}) {
    const nowMs = (this.#nowMs += afterMs);
    const moved = { downloadedBytes: 0, wastedBytes: 0, uploadedBytes: 0 };
    const quiet = { ...moved, peers: 1, aloneMs: 0, missingPieces: 0 };
    const observation = {
      nowMs,
      doing: 'download' as const,
      isExcused: false,
      isPressed: false,
      verifiedPieces: 0,
      ...seen,
      stats: { ...quiet, metadata: null, ...stats },
    };
    return this.signs.observe(observation, INTERVAL_MS);
  }
}

test('silence and the stall it comes to are among them', () => {
  const watch = new Watch();
  expect(watch.pass(29)).toMatchObject({ silentMs: 29_000, stalledSinceMs: null });
  expect(watch.pass(1)).toMatchObject({ silentMs: 30_000, stalledSinceMs: 0 });
});

test('nothing lasts while the machine sleeps', () => {
  const watch = new Watch();
  const bad = { isPressed: true, stats: { peers: 0, missingPieces: 1 } };
  watch.pass(10, bad);
  expect(watch.look(8 * 3_600_000, bad)).toMatchObject({
    aloneMs: 15_000,
    pressedMs: 15_000,
    missingMs: 15_000,
  });
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
