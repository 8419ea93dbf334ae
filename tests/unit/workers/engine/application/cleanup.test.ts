import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  keepsWhatIsResumed,
  unused,
  type Cleanable,
} from '../../../../../workers/engine/application/cleanup.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12);
const IDLE_S = 1800;

/** Opened only to be watched, `ago` seconds since its last use. */
function watched(ago: number, change: Partial<Cleanable['record']> = {}): Cleanable {
  return {
    isHeld: false,
    record: {
      keepOffline: false,
      lastUsedAt: new Date(NOW_MS - ago * 1000).toISOString(),
      superSeeding: false,
      isForced: false,
      pausedBy: null,
      completedAt: null,
      ...change,
    },
  };
}

const nobody = () => false;

test.each<[string, Cleanable, boolean]>([
  ['what was not used for as long as that', watched(IDLE_S), true],
  ['longer', watched(10 * IDLE_S), true],
  ['not what was used a moment later', watched(IDLE_S - 0.001), false],
  ['not what the clock says is used in the future', watched(-100), false],
  ['not what is to be kept', watched(IDLE_S, { keepOffline: true }), false],
  ['not what is only looked into', { ...watched(IDLE_S), isHeld: true }, false],
  ['not what is super-seeded', watched(IDLE_S, { superSeeding: true }), false],
  ['not what is forced to run', watched(IDLE_S, { isForced: true }), false],
  ['what is paused', watched(IDLE_S, { pausedBy: 'user' }), true],
  ['what is complete', watched(IDLE_S, { completedAt: '2026-11-20T10:00:00.000Z' }), true],
])('there goes: %s', (_, torrent, isGoing) => {
  expect(unused([torrent], NOW_MS, IDLE_S, nobody)).toEqual(isGoing ? [torrent] : []);
});

test('not what somebody reads, and nothing at all with 0', () => {
  const old = watched(10 * IDLE_S);
  expect(unused([old], NOW_MS, IDLE_S, (torrent) => torrent === old)).toEqual([]);
  expect(unused([old], NOW_MS, 0, nobody)).toEqual([]);
});

test('who was used longest ago comes first', () => {
  const torrents = [watched(5_000), watched(9_000), watched(7_000)];
  expect(unused(torrents, NOW_MS, IDLE_S, nobody)).toEqual([torrents[1], torrents[2], torrents[0]]);
});

test('who resumes what is complete keeps it; resuming a download, or what runs, says nothing', () => {
  const at = '2026-11-20T10:00:00.000Z';
  expect(keepsWhatIsResumed(watched(0, { completedAt: at, pausedBy: 'user' }))).toBe(true);
  expect(keepsWhatIsResumed(watched(0, { completedAt: at, pausedBy: null }))).toBe(false);
  expect(keepsWhatIsResumed(watched(0, { pausedBy: 'user' }))).toBe(false);
  const kept = watched(0, { keepOffline: true, completedAt: at, pausedBy: 'user' });
  expect(keepsWhatIsResumed(kept)).toBe(false);
});

test('whatever there is, what goes is unused, not kept, not shared by choice and not read', () => {
  const torrent = fc.record({
    ago: fc.integer({ min: -100, max: 4 * IDLE_S }),
    isHeld: fc.boolean(),
    isRead: fc.boolean(),
    keepOffline: fc.boolean(),
    superSeeding: fc.boolean(),
    isForced: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(torrent), fc.constantFrom(0, 60, IDLE_S), (facts, idleS) => {
      const torrents = facts.map(({ ago, isHeld, isRead, ...record }) => ({
        ...watched(ago, record),
        isHeld,
        isRead,
        ago,
      }));
      const going = new Set(unused(torrents, NOW_MS, idleS, (one) => one.isRead));
      for (const one of torrents) {
        const { keepOffline, superSeeding, isForced } = one.record;
        const stays = one.isHeld || one.isRead || keepOffline || superSeeding || isForced;
        expect(going.has(one)).toBe(!stays && idleS > 0 && one.ago >= idleS);
      }
    }),
  );
});
