/** The rests of a session as the rules have them (session.property.test.ts). */
import { expect } from 'vitest';
import type { CoolingTorrent } from '../../../../../workers/contract/cooldown.ts';
import type { CooldownSettings } from '../../../../../workers/contract/settings.ts';
import type { Reached } from './session-reached.ts';

interface Rest {
  readonly reason: CoolingTorrent['reason'];
  readonly sinceMs: number;
  /** As it was set when it began. */
  readonly lengthS: number;
}

/** Each rest lasts as long as its reason had when it began, or has now if that is shorter; only a person ends it sooner. */
export class Rests {
  /** By info hash. */
  readonly #rests = new Map<string, Rest>();

  constructor(readonly reached: Reached) {}

  /** Looks at all that rests; at least once between two changes of settings. `freed`: somebody wished that it be tried. */
  look(
    cooling: readonly CoolingTorrent[],
    setS: CooldownSettings,
    nowMs: number,
    freed: ReadonlySet<string>,
  ): void {
    const seen = new Map(cooling.map((one) => [one.infoHash as string, one]));
    for (const [infoHash, rest] of this.#rests) {
      const one = seen.get(infoHash);
      if (one && Date.parse(one.since) === rest.sinceMs) continue;
      const isOver = nowMs >= endMs(rest, setS);
      const isFreed = freed.has(infoHash);
      expect({ infoHash, isAllowedToGoOn: isOver || isFreed }).toEqual({
        infoHash,
        isAllowedToGoOn: true,
      });
      this.reached.note(isOver ? 'rests over by themselves' : 'rests ended by a person');
      const changedS = secondsOf(rest.reason, setS) - rest.lengthS;
      if (isOver && changedS < 0) this.reached.note('rests over sooner by settings');
      if (isOver && changedS > 0) this.reached.note('rests not made longer by settings');
      this.#rests.delete(infoHash);
    }
    for (const [infoHash, { since, reason, retryAfterS }] of seen) {
      const known = this.#rests.get(infoHash);
      const sinceMs = Date.parse(since);
      const rest = known ?? { reason, sinceMs, lengthS: secondsOf(reason, setS) };
      if (!known) this.reached.note('rests begun');
      this.#rests.set(infoHash, rest);
      const leftS = Math.ceil((endMs(rest, setS) - nowMs) / 1000);
      expect({ infoHash, retryAfterS }).toEqual({ infoHash, retryAfterS: leftS });
      expect(retryAfterS).toBeGreaterThanOrEqual(1);
    }
  }
}

export function secondsOf(
  reason: CoolingTorrent['reason'],
  { noPeers, timeout, connection }: CooldownSettings,
): number {
  return { 'no-peers': noPeers, timeout, connection }[reason];
}

function endMs({ reason, sinceMs, lengthS }: Rest, setS: CooldownSettings): number {
  return sinceMs + Math.min(lengthS, secondsOf(reason, setS)) * 1000;
}
