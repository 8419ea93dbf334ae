import { expect, test } from 'vitest';
import { Violators } from '../../../../../workers/engine/protocol/violators.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

const MINUTE_MS = 60_000;

test('who broke a rule is refused for five minutes, and twice as long each time after that, up to an hour', () => {
  const clock = new FakeClock();
  const violators = new Violators(clock);
  expect(violators.isRefused('a')).toBe(false);
  for (const minutes of [5, 10, 20, 40, 60, 60]) {
    violators.note('a');
    clock.advance(minutes * MINUTE_MS - 1);
    expect([violators.isRefused('a'), violators.isRefused('b')]).toEqual([true, false]);
    clock.advance(1);
    expect(violators.isRefused('a')).toBe(false);
  }
});

test('of more than 500 the one that offended longest ago is forgotten', () => {
  const violators = new Violators(new FakeClock());
  for (let i = 0; i < 500; i++) violators.note(`peer ${i}`);
  violators.note('peer 0');
  violators.note('newcomer');
  const isRefused = (id: string) => violators.isRefused(id);
  expect(['peer 0', 'peer 1', 'peer 2', 'newcomer'].map(isRefused)).toEqual([
    true,
    false,
    true,
    true,
  ]);
});
