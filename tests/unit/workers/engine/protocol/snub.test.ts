import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  GONE_AFTER_MS,
  SNUBBED_AFTER_MS,
  SnubWatch,
} from '../../../../../workers/engine/protocol/snub.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

/** A watch, and what it said with the second it said it in. */
function watched() {
  const clock = new FakeClock();
  const startMs = clock.now();
  const said: string[] = [];
  const say = (what: string) => said.push(`${(clock.now() - startMs) / 1000} ${what}`);
  const watch = new SnubWatch(clock, { snubbed: () => say('snubbed'), gone: () => say('gone') });
  return { clock, watch, said };
}

type Step = number | 'ask' | 'idle' | 'block' | 'end' | `sleep ${number}`;

/** Numbers are seconds that pass. */
function play(...steps: readonly Step[]): string[] {
  const { clock, watch, said } = watched();
  for (const step of steps) {
    if (typeof step === 'number') clock.advance(step * 1000);
    else if (step === 'ask' || step === 'idle') watch.asks(step === 'ask');
    else if (step === 'block') watch.heard();
    else if (step === 'end') watch.end();
    else clock.sleep(Number(step.slice('sleep '.length)) * 1000);
  }
  return said;
}

test.each<[string, Step[], string[]]>([
  ['asked for nothing', [600], []],
  ['silent for just under a minute', ['ask', 59.999], []],
  ['silent for a minute', ['ask', 60], ['60 snubbed']],
  ['silent for three minutes', ['ask', 180], ['60 snubbed', '180 gone']],
  ['a block in time', ['ask', 59, 'block', 59], []],
  ['silent after a block', ['ask', 59, 'block', 60], ['119 snubbed']],
  ['a block while snubbed', ['ask', 100, 'block', 59], ['60 snubbed']],
  ['snubbed again', ['ask', 100, 'block', 60], ['60 snubbed', '160 snubbed']],
  [
    'gone after it lived again',
    ['ask', 170, 'block', 180],
    ['60 snubbed', '230 snubbed', '350 gone'],
  ],
  ['idle time does not count', ['ask', 30, 'idle', 600, 'ask', 29], []],
  ['asked time adds up', ['ask', 30, 'idle', 600, 'ask', 30], ['660 snubbed']],
  ['asking anew begins nothing anew', ['ask', 50, 'idle', 'ask', 10], ['60 snubbed']],
  ['idle over the limit', ['ask', 59, 'idle', 600], []],
  ['a block while idle', ['ask', 59, 'idle', 'block', 5, 'ask', 59], []],
  ['idle while snubbed', ['ask', 60, 'idle', 600, 'ask', 119], ['60 snubbed']],
  [
    'gone after idle while snubbed',
    ['ask', 60, 'idle', 600, 'ask', 120],
    ['60 snubbed', '780 gone'],
  ],
  ['ended', ['ask', 59, 'end', 600], []],
  ['ended while snubbed', ['ask', 61, 'end', 'ask', 'block', 600], ['60 snubbed']],
  ['asleep for an hour', ['ask', 10, 'sleep 3600', 0, 119], ['3610 snubbed']],
])('%s', (_, steps, said) => {
  expect(play(...steps)).toEqual(said);
});

test('blocks cost no timers', () => {
  const { clock, watch } = watched();
  watch.asks(true);
  for (let i = 0; i < 1_000; i++) {
    watch.heard();
    watch.asks(false);
    watch.asks(true);
    clock.advance(10);
  }
  expect(clock.pendingTimers).toBe(1);
  watch.end();
  expect(clock.pendingTimers).toBe(0);
});

test('it is snubbed exactly when the asked time since the last block says so', () => {
  const step = fc.oneof(
    fc.constantFrom('ask' as const, 'idle' as const, 'block' as const),
    fc.nat(50),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, watch, said } = watched();
      let isAsked = false;
      let silentMs = 0;
      let wasGone = false;
      for (const one of steps) {
        if (typeof one === 'number') {
          clock.advance(one * 1000);
          if (isAsked) silentMs += one * 1000;
        } else if (one === 'block') {
          watch.heard();
          silentMs = 0;
        } else {
          isAsked = one === 'ask';
          watch.asks(isAsked);
        }
        wasGone ||= silentMs >= GONE_AFTER_MS;
        expect(watch.isSnubbed).toBe(silentMs >= SNUBBED_AFTER_MS);
        expect(said.some((text) => text.endsWith('gone'))).toBe(wasGone);
      }
    }),
    { numRuns: 500 },
  );
});
