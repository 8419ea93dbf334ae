import { describe, expect, it, test } from 'vitest';
import type { CooldownReason } from '../../../../../workers/contract/cooldown.ts';
import { toInfoHash, type InfoHash } from '../../../../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS } from '../../../../../workers/contract/settings.ts';
import { Cooldowns } from '../../../../../workers/engine/application/cooldown.ts';
import {
  MAX_COOLDOWNS,
  type CooldownRecord,
} from '../../../../../workers/engine/model/cooldown-store.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';
import { between, seededRandom } from '../../../../support/seeded-random.ts';

const hash = (n: number) => toInfoHash(n.toString(16).padStart(40, '0'))!;
const A = hash(1);
const B = hash(2);
const MINUTE = 60_000;

function scene(saved: readonly CooldownRecord[] = [], clock = new FakeClock()) {
  const said: string[] = [];
  const set = { ...DEFAULT_SETTINGS.cooldownS };
  const cooldowns = new Cooldowns({
    clock,
    durationsS: () => set,
    nameOf: (infoHash) => `torrent ${Number.parseInt(infoHash, 16)}`,
    changed: (infoHash, cooling) =>
      said.push(`${Number.parseInt(infoHash, 16)}:${cooling?.secondsLeft ?? 'over'}`),
  });
  cooldowns.restore(saved);
  return { clock, cooldowns, said, set };
}

describe('how long', () => {
  it.each<[CooldownReason, number]>([
    ['no-peers', 300],
    ['timeout', 600],
    ['connection', 120],
  ])('%s rests for %i s, counted down and then over', (reason, seconds) => {
    const { clock, cooldowns, said } = scene();
    cooldowns.begin(A, reason);
    expect(cooldowns.secondsLeft(A)).toBe(seconds);
    clock.advance(1);
    expect(cooldowns.secondsLeft(A)).toBe(seconds);
    clock.advance(999);
    expect(cooldowns.secondsLeft(A)).toBe(seconds - 1);
    clock.advance((seconds - 1) * 1000 - 1);
    expect(cooldowns.secondsLeft(A)).toBe(1);
    cooldowns.expire();
    clock.advance(1);
    expect(cooldowns.secondsLeft(A)).toBe(0);
    expect(said).toEqual([`1:${seconds}`]);
    cooldowns.expire();
    cooldowns.expire();
    expect(said).toEqual([`1:${seconds}`, '1:over']);
  });

  it('is not made longer by another failure, nor by a clock that is set back', () => {
    const { clock, cooldowns } = scene();
    cooldowns.begin(A, 'connection');
    clock.advance(MINUTE);
    cooldowns.begin(A, 'timeout');
    expect(cooldowns.of(A)).toMatchObject({ reason: 'connection', secondsLeft: 60, attempts: 1 });
    clock.sleep(-60 * MINUTE);
    expect(cooldowns.secondsLeft(A)).toBe(120);
    clock.advance(120_000);
    expect(cooldowns.secondsLeft(A)).toBe(0);
  });

  it('is shorter at once when its time is made so, and a longer time is for the next', () => {
    const { clock, cooldowns, said, set } = scene();
    cooldowns.begin(A, 'timeout');
    clock.advance(MINUTE);
    set.timeout = 1_200;
    expect(cooldowns.secondsLeft(A)).toBe(540);
    set.noPeers = 1;
    set.timeout = 90;
    expect(cooldowns.secondsLeft(A)).toBe(30);
    set.timeout = 60;
    cooldowns.expire();
    expect([cooldowns.of(A), said]).toEqual([null, ['1:600', '1:over']]);
    set.timeout = 1_200;
    cooldowns.begin(A, 'timeout');
    expect(cooldowns.of(A)).toMatchObject({ attempts: 2, secondsLeft: 1_200 });
  });

  it('of one says nothing of another', () => {
    const { cooldowns } = scene();
    cooldowns.begin(A, 'no-peers');
    expect(cooldowns.secondsLeft(B)).toBe(0);
    expect(cooldowns.of(B)).toBeNull();
  });
});

describe('attempts', () => {
  it('are counted while one failure follows another within an hour', () => {
    const { clock, cooldowns } = scene();
    for (const attempts of [1, 2, 3]) {
      cooldowns.begin(A, 'no-peers');
      expect(cooldowns.of(A)).toMatchObject({ attempts });
      clock.advance(5 * MINUTE);
      cooldowns.expire();
    }
    clock.advance(60 * MINUTE);
    cooldowns.expire();
    expect(cooldowns.records()).toEqual([]);
    cooldowns.begin(A, 'no-peers');
    expect(cooldowns.of(A)).toMatchObject({ attempts: 1 });
  });

  it('begin anew when a person cleared it', () => {
    const { clock, cooldowns, said } = scene();
    cooldowns.begin(A, 'no-peers');
    cooldowns.clear(A);
    cooldowns.clear(A);
    expect([cooldowns.secondsLeft(A), said]).toEqual([0, ['1:300', '1:over']]);
    cooldowns.begin(A, 'no-peers');
    clock.advance(5 * MINUTE);
    cooldowns.expire();
    cooldowns.clear(A);
    cooldowns.begin(A, 'no-peers');
    expect(cooldowns.of(A)).toMatchObject({ attempts: 1 });
  });
});

describe('the list', () => {
  it('has the next to be tried first, and all go at once', () => {
    const { cooldowns, said } = scene();
    cooldowns.begin(A, 'timeout');
    cooldowns.begin(B, 'connection');
    expect(cooldowns.list().map(({ name }) => name)).toEqual(['torrent 2', 'torrent 1']);
    cooldowns.clearAll();
    expect(cooldowns.list()).toEqual([]);
    expect(said.slice(2)).toEqual(['1:over', '2:over']);
  });

  it('is bounded: the oldest goes', () => {
    const { cooldowns } = scene();
    for (let n = 1; n <= MAX_COOLDOWNS + 1; n++) cooldowns.begin(hash(n), 'no-peers');
    expect(cooldowns.records()).toHaveLength(MAX_COOLDOWNS);
    expect([cooldowns.secondsLeft(A), cooldowns.secondsLeft(B)]).toEqual([0, 300]);
  });
});

describe('a restart', () => {
  it('goes on with what is left, and drops what is long over', () => {
    const { clock, cooldowns } = scene();
    cooldowns.begin(A, 'timeout');
    cooldowns.begin(B, 'connection');
    const saved = cooldowns.records();
    clock.advance(3 * MINUTE);
    const next = scene(saved, clock);
    expect(next.cooldowns.secondsLeft(A)).toBe(420);
    expect(next.cooldowns.secondsLeft(B)).toBe(0);
    expect(next.said).toEqual([]);
    // B failed not long ago: another failure is its second.
    next.cooldowns.begin(B, 'connection');
    expect(next.cooldowns.of(B)).toMatchObject({ attempts: 2 });
    clock.advance(24 * 60 * MINUTE);
    expect(scene(next.cooldowns.records(), clock).cooldowns.records()).toEqual([]);
  });
});

test('whatever happens in whatever order, each rest is as long as its reason says and its end is told once', () => {
  const reasons = ['no-peers', 'timeout', 'connection'] as const;
  const lengths = { 'no-peers': 300, timeout: 600, connection: 120 };
  for (let seed = 1; seed <= 50; seed++) {
    const random = seededRandom(seed);
    const clock = new FakeClock();
    const resting = new Map<InfoHash, number>();
    const cooldowns = new Cooldowns({
      clock,
      durationsS: () => DEFAULT_SETTINGS.cooldownS,
      nameOf: () => '',
      changed: (infoHash, cooling) => {
        expect(resting.has(infoHash)).toBe(cooling === null);
        if (cooling) resting.set(infoHash, clock.now() + lengths[cooling.reason] * 1000);
        else resting.delete(infoHash);
      },
    });
    for (let step = 0; step < 200; step++) {
      const infoHash = hash(between(random, 1, 4));
      const dice = random();
      if (dice < 0.5) clock.advance(between(random, 0, 90_000));
      else if (dice < 0.9) cooldowns.begin(infoHash, reasons[between(random, 0, 2)]!);
      else cooldowns.clear(infoHash);
      cooldowns.expire();
      const expected = [...resting].map(([one, untilMs]) => [
        one,
        Math.ceil((untilMs - clock.now()) / 1000),
      ]);
      const got = cooldowns.list().map((one) => [one.infoHash, one.secondsLeft]);
      expect(new Map(got as [string, number][])).toEqual(new Map(expected as [string, number][]));
    }
  }
});
