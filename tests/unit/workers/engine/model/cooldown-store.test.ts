import { expect, it } from 'vitest';
import { readCooldowns } from '../../../../../workers/engine/model/cooldown-store.ts';

const good = {
  infoHash: 'ab'.repeat(20),
  name: 'A film',
  reason: 'no-peers',
  attempts: 2,
  sinceMs: 1_000,
  untilMs: 301_000,
};

it('reads what was saved', () => {
  expect(readCooldowns([good])).toEqual([good]);
});

it.each([[undefined], [null], ['text'], [{ 0: good }]])('takes %j for nothing', (stored) => {
  expect(readCooldowns(stored)).toEqual([]);
});

it.each([
  ['an info hash in capitals', { infoHash: 'AB'.repeat(20) }],
  ['no info hash', { infoHash: 'nonsense' }],
  ['a reason nobody knows', { reason: 'bad luck' }],
  ['no attempt', { attempts: 0 }],
  ['half an attempt', { attempts: 1.5 }],
  ['a time that is none', { untilMs: Number.NaN }],
  ['a time before all', { sinceMs: -1 }],
  ['a name without an end', { name: 'x'.repeat(5_000) }],
])('leaves an entry with %s out, and keeps the others', (_, change) => {
  expect(readCooldowns([{ ...good, ...change }, good])).toEqual([good]);
});
