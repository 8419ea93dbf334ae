/** Whose turn it is, as tables: who asks, what the limits are, and who runs. */
import { expect, test } from 'vitest';
import type { InfoHash } from '../../../../../workers/contract/ids.ts';
import {
  decideTurns,
  REST_MS,
  type QueueEntry,
  type QueueLimits,
} from '../../../../../workers/engine/application/queue.ts';

const NOW = 10_000_000;
const LIMITS: QueueLimits = { metadata: 1, download: 2, seed: 1 };
const id = (name: string) => name as InfoHash;

/** Named in the order in which they were added. */
function entry(name: string, facts: Partial<QueueEntry> = {}): QueueEntry {
  return {
    infoHash: id(name),
    kind: 'download',
    priority: 'normal',
    order: name.codePointAt(0)!,
    isForced: false,
    isRunning: false,
    isInVain: false,
    yieldedAtMs: null,
    ...facts,
  };
}

const idle = { isRunning: true, isInVain: true };

function decided(entries: readonly QueueEntry[], limits = LIMITS) {
  const { running, waiting, yielding } = decideTurns(entries, limits, NOW);
  return {
    runs: [...running].sort().join(''),
    waits: [...waiting.metadata, ...waiting.download, ...waiting.seed].join(''),
    yields: yielding.join(''),
  };
}

test.each<[string, readonly QueueEntry[], { runs: string; waits: string; yields?: string }]>([
  ['nobody asks', [], { runs: '', waits: '' }],
  ['there is room for all', [entry('a'), entry('b')], { runs: 'ab', waits: '' }],
  [
    'who came first goes first',
    ['d', 'b', 'a', 'c'].map((name) => entry(name)),
    { runs: 'ab', waits: 'cd' },
  ],
  [
    'priority comes before place',
    [entry('a', { priority: 'low' }), entry('b'), entry('c'), entry('d', { priority: 'high' })],
    { runs: 'bd', waits: 'ca' },
  ],
  [
    'what is more urgent takes the place of what runs',
    [entry('a', { isRunning: true }), entry('b', { isRunning: true }), entry('c', { order: 0 })],
    { runs: 'ac', waits: 'b' },
  ],
  [
    'equal places are told apart all the same',
    [entry('c', { order: 1 }), entry('a', { order: 1 }), entry('b', { order: 1 })],
    { runs: 'ab', waits: 'c' },
  ],
  [
    'each kind has a limit of its own',
    [
      entry('a', { kind: 'metadata' }),
      entry('b', { kind: 'metadata' }),
      entry('c'),
      entry('d', { kind: 'seed' }),
      entry('e', { kind: 'seed' }),
    ],
    { runs: 'acd', waits: 'be' },
  ],
  [
    'the forced run and take nobody’s place',
    [entry('a'), entry('b'), entry('c'), entry('d', { isForced: true }), entry('e', idle)],
    { runs: 'abd', waits: 'ce' },
  ],
  [
    'whose turn is in vain makes way for who waits',
    [entry('a', idle), entry('b', { isRunning: true }), entry('c')],
    { runs: 'bc', waits: 'a', yields: 'a' },
  ],
  [
    'whose turn is in vain stays while nobody waits',
    [entry('a', idle), entry('b', idle)],
    { runs: 'ab', waits: '' },
  ],
  [
    'as many make way as wait, the lowest in rank first',
    [entry('a', idle), entry('b', idle), entry('c')],
    { runs: 'ac', waits: 'b', yields: 'b' },
  ],
  [
    'a seed that nobody wants makes way too',
    [entry('a', { kind: 'seed', ...idle }), entry('b', { kind: 'seed' })],
    { runs: 'b', waits: 'a', yields: 'a' },
  ],
  [
    'who yielded comes after all others, whatever the priority',
    [entry('a', { priority: 'high', yieldedAtMs: NOW - 1 }), entry('b'), entry('c'), entry('d')],
    { runs: 'bc', waits: 'da' },
  ],
  [
    'a place that falls free is theirs at once, the first to yield first',
    [
      entry('a', { yieldedAtMs: NOW - 1 }),
      entry('b', { yieldedAtMs: NOW - 3 }),
      entry('c', { yieldedAtMs: NOW - 2 }),
    ],
    { runs: 'bc', waits: 'a' },
  ],
  [
    'nobody makes way for one that yielded a moment ago',
    [entry('a', idle), entry('b', idle), entry('c', { yieldedAtMs: NOW - REST_MS + 1 })],
    { runs: 'ab', waits: 'c' },
  ],
  [
    'one that has rested has its turn again',
    [entry('a', idle), entry('b', idle), entry('c', { yieldedAtMs: NOW - REST_MS })],
    { runs: 'ac', waits: 'b', yields: 'b' },
  ],
])('%s', (_, entries, expected) => {
  expect(decided(entries)).toEqual({ yields: '', ...expected });
});

test('a decision that is carried out is made again, until something changes', () => {
  const before = [entry('a', idle), entry('b', idle), entry('c'), entry('d'), entry('e')];
  const first = decideTurns(before, LIMITS, NOW);
  const after = before.map((one) => ({
    ...one,
    isRunning: first.running.has(one.infoHash),
    isInVain: false,
    yieldedAtMs: first.yielding.includes(one.infoHash) ? NOW : null,
  }));
  const second = decideTurns(after, LIMITS, NOW + 5_000);
  expect(second).toEqual({ ...first, yielding: [] });
  expect(second.waiting.download).toEqual(['e', 'a', 'b']);
});
