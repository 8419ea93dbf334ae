import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../../workers/contract/settings.ts';
import {
  Recovery,
  recoveryRules,
  RUNGS,
  type RecoveryRules,
  type Rung,
} from '../../../../../workers/engine/application/recovery.ts';

const RULES: RecoveryRules = { intervalMs: 30_000, maxRetries: 4, backoffFactor: 2 };
const always = () => true;

/** What is done, and in which second, while the torrent stays stalled and is looked at each second. */
function climb(
  {
    rules = RULES,
    isUseful = always,
  }: { rules?: RecoveryRules; isUseful?: (rung: Rung) => boolean },
  seconds: number,
): string[] {
  const recovery = new Recovery();
  const done: string[] = [];
  for (let second = 0; second <= seconds; second++) {
    const step = recovery.step(second * 1000, rules, isUseful);
    if (step) done.push(`${second} ${step.kind}`);
  }
  return done;
}

test('the rungs follow one another, each wait twice as long as the one before, and then it is given up once', () => {
  expect(climb({}, 10_000)).toEqual([
    '0 reannounce',
    '30 all-trackers',
    '90 drop-snubbed',
    '210 restart',
    '450 give-up',
  ]);
});

test.each<[string, Partial<RecoveryRules>, string[]]>([
  ['fewer tries', { maxRetries: 2 }, ['0 reannounce', '30 all-trackers', '90 give-up']],
  [
    'more tries than rungs begin with the first again',
    { maxRetries: 6, backoffFactor: 1 },
    ['0 reannounce', '30 all-trackers', '60 drop-snubbed', '90 restart', '120 reannounce'].concat(
      '150 all-trackers',
      '180 give-up',
    ),
  ],
  [
    'no wait is longer than an hour',
    { maxRetries: 3, intervalMs: 3_000_000, backoffFactor: 10 },
    ['0 reannounce', '3000 all-trackers', '6600 drop-snubbed', '10200 give-up'],
  ],
])('%s', (_, rules, expected) => {
  expect(climb({ rules: { ...RULES, ...rules } }, 12_000)).toEqual(expected);
});

test.each<[string, readonly Rung[], readonly string[]]>([
  ['nobody is silent', ['drop-snubbed'], ['reannounce', 'all-trackers', 'restart', 'reannounce']],
  [
    'there are no other trackers either',
    ['all-trackers', 'drop-snubbed'],
    ['reannounce', 'restart', 'reannounce', 'restart'],
  ],
])('a rung that would change nothing is left out: %s', (_, useless, expected) => {
  const kinds = climb({ isUseful: (rung) => !useless.includes(rung) }, 1_000).map(
    (line) => line.split(' ')[1],
  );
  expect(kinds).toEqual([...expected, 'give-up']);
});

test('it says how long it waits, and what it tried', () => {
  const recovery = new Recovery();
  expect(recovery.step(0, RULES, always)).toEqual({ kind: 'reannounce', waitMs: 30_000 });
  expect(recovery.step(29_999, RULES, always)).toBeNull();
  expect(recovery.step(30_000, RULES, always)).toEqual({ kind: 'all-trackers', waitMs: 60_000 });
  expect(recovery.tried).toEqual(RUNGS.slice(0, 2));
});

test.each([0, 1, 2, 3, 4, 5])(
  'after %d steps progress leads back to the first, at once',
  (steps) => {
    const recovery = new Recovery();
    for (let n = 0, atMs = 0; n < steps; n++, atMs += 3_600_000) recovery.step(atMs, RULES, always);
    expect(recovery.hasGivenUp).toBe(steps === 5);
    recovery.reset();
    expect(recovery).toMatchObject({ tried: [], hasGivenUp: false });
    expect(recovery.step(1, RULES, always)).toEqual({ kind: 'reannounce', waitMs: 30_000 });
  },
);

test('a wait that began under other settings is as long as they say now', () => {
  const recovery = new Recovery();
  const slow = { ...RULES, intervalMs: 3_600_000 };
  recovery.step(0, slow, always);
  expect(recovery.step(60_000, slow, always)).toBeNull();
  expect(recovery.step(60_000, RULES, always)).toEqual({ kind: 'all-trackers', waitMs: 60_000 });
  // 60 s after that it would be due; a larger factor makes it later.
  expect(recovery.step(120_000, { ...RULES, backoffFactor: 4 }, always)).toBeNull();
  expect(recovery.step(120_000, { ...RULES, maxRetries: 2 }, always)).toEqual({ kind: 'give-up' });
});

test('the rules are the settings’', () => {
  expect(recoveryRules(DEFAULT_SETTINGS)).toEqual(RULES);
});
