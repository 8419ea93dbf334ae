import { expect, it } from 'vitest';
import { toInfoHash } from '../../../../../workers/contract/ids.ts';
import {
  MetadataPatience,
  type Looking,
} from '../../../../../workers/engine/application/metadata-patience.ts';

const A = toInfoHash('a'.repeat(40))!;
const alone: Looking = { infoHash: A, peers: 0, receivedBytes: 0, isIdle: false };

/** Looks once a second; `at` says what there is in that second. Returns when and why it was given up. */
function run(seconds: number, at: (second: number) => Partial<Looking>, isUnreachable = false) {
  const patience = new MetadataPatience();
  const ended: string[] = [];
  for (let second = 0; second <= seconds; second++) {
    const looking = [{ ...alone, ...at(second) }];
    for (const { reason } of patience.look(second * 1000, looking, 10_000, isUnreachable))
      ended.push(`${second} ${reason}`);
  }
  return ended;
}

it.each<[string, (second: number) => Partial<Looking>, boolean, readonly string[]]>([
  ['nobody there', () => ({}), false, ['10 no-peers']],
  ['known peers, no connection', () => ({}), true, ['10 connection']],
  ['peers that give nothing', () => ({ peers: 2 }), false, ['10 timeout']],
  ['peers that left', (s) => ({ peers: s < 9 ? 1 : 0 }), false, ['10 no-peers']],
  [
    'a part at 5 s',
    (s) => ({ peers: 1, receivedBytes: s < 5 ? 0 : 16_384 }),
    false,
    ['15 timeout'],
  ],
  ['parts all the time', (s) => ({ peers: 1, receivedBytes: s }), false, []],
  ['no network from 3 s to 8 s', (s) => ({ isIdle: s > 3 && s <= 8 }), false, ['15 no-peers']],
])('%s', (_, at, isUnreachable, ended) => {
  expect(run(18, at, isUnreachable)).toEqual(ended);
});

it('does not count a sleep of the machine', () => {
  const patience = new MetadataPatience();
  expect(patience.look(0, [alone], 10_000, false)).toEqual([]);
  expect(patience.look(3_600_000, [alone], 10_000, false)).toEqual([]);
  expect(patience.look(3_606_000, [alone], 10_000, false)).toEqual([
    { infoHash: A, reason: 'no-peers' },
  ]);
});

it('begins anew for what was not looked for meanwhile', () => {
  const patience = new MetadataPatience();
  for (const second of [0, 4, 8]) patience.look(second * 1000, [alone], 10_000, false);
  patience.look(9_000, [], 10_000, false);
  for (const second of [10, 14, 18]) {
    expect(patience.look(second * 1000, [alone], 10_000, false)).toEqual([]);
  }
  expect(patience.look(20_000, [alone], 10_000, false)).toHaveLength(1);
});
