import { expect, test } from 'vitest';
import { StallMeter, type StallSample } from '../../../../../workers/engine/application/stall.ts';

const at = (progress: number, facts: Partial<StallSample> = {}): StallSample => ({
  doing: 'download',
  progress,
  isExcused: false,
  ...facts,
});

/** Looks once a second from 0 on; what each look says. */
function looks(samples: readonly (StallSample | null)[]) {
  const meter = new StallMeter();
  return samples.map((sample, second) => meter.look(sample, second * 1000));
}

test.each<[string, readonly (StallSample | null)[], readonly (number | null)[]]>([
  ['nothing comes from the beginning', [at(0), at(0), at(0)], [null, 0, 0]],
  ['what comes begins the wait anew', [at(0), at(5), at(5), at(5)], [null, null, 1000, 1000]],
  [
    'bytes that were thrown away are no progress',
    [at(9), at(4), at(9), at(10)],
    [null, 0, 0, null],
  ],
  [
    'who does not run does not stall',
    [at(0), null, null, at(0), at(0)],
    [null, null, null, null, 3000],
  ],
  [
    'doing something else begins anew, wherever its figures begin',
    [at(70, { doing: 'metadata' }), at(0), at(0), at(1)],
    [null, null, 1000, null],
  ],
  [
    'without a network nobody stalls',
    [at(0), at(0, { isExcused: true }), at(0, { isExcused: true }), at(0)],
    [null, null, null, 2000],
  ],
])('%s', (_, samples, expected) => {
  expect(looks(samples)).toEqual(expected);
});

test('it says whether something came, and not that it begins', () => {
  const meter = new StallMeter();
  const moved = [at(5), at(5), at(6), null, at(9)].map((sample, ms) => {
    meter.look(sample, ms);
    return meter.hasMoved;
  });
  expect(moved).toEqual([false, false, true, false, false]);
});
