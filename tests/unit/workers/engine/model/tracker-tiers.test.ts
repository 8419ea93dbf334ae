import { expect, test } from 'vitest';
import { uniqueTiers } from '../../../../../workers/engine/model/tracker-tiers.ts';

test.each([
  ['nothing', [], []],
  [
    'a tracker in two tiers',
    [
      ['a', 'b'],
      ['b', 'c'],
    ],
    [['a', 'b'], ['c']],
  ],
  ['a tracker twice in one', [['a', 'a']], [['a']]],
  ['an empty tier', [[], ['a'], ['a']], [['a']]],
])('%s', (_, tiers, unique) => {
  expect(uniqueTiers(tiers)).toEqual(unique);
});
