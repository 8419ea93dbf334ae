/**
 * Which torrents failed and rest before they are tried again.
 *
 *   (tried) ──begin──► resting ──(its time is over)──► tried again ──begin──► resting, one attempt more
 *                         └──clear──► forgotten             └──(an hour without a failure)──► forgotten
 *
 * Invariants: a torrent rests for the time its reason has, never longer, also when the clock is set back or that time is made
 * shorter meanwhile (a longer one counts for rests to come); a failure of one that
 * rests changes nothing; `changed` is called once for every beginning and every end. At most MAX_COOLDOWNS are known, the
 * oldest forgotten first.
 */
import type { CooldownReason } from '../../contract/cooldown.ts';
import type { InfoHash } from '../../contract/ids.ts';
import { unreachable } from '../../contract/errors.ts';
import type { CooldownSettings } from '../../contract/settings.ts';
import { MAX_COOLDOWNS, type CooldownRecord } from '../model/cooldown-store.ts';
import type { Clock } from '../model/deps.ts';

/** A failure this long after the last rest is the first of a new row. */
const ROW_MS = 60 * 60_000;

/** A rest, as of now. */
export interface Cooling extends CooldownRecord {
  /** At least 1. */
  readonly secondsLeft: number;
}

export interface CooldownDeps {
  readonly clock: Pick<Clock, 'now'>;
  /** Seconds by reason, as they are set now. */
  durationsS(): CooldownSettings;
  /** What a person calls the torrent; kept, for it may leave the library meanwhile. */
  nameOf(infoHash: InfoHash): string;
  /** A rest began (`cooling`) or ended (`null`). */
  changed(infoHash: InfoHash, cooling: Cooling | null): void;
}

export class Cooldowns {
  readonly #deps: CooldownDeps;
  /** Resting, or not long ago; in the order in which they failed. */
  readonly #records = new Map<InfoHash, CooldownRecord>();
  readonly #resting = new Set<InfoHash>();

  constructor(deps: CooldownDeps) {
    this.#deps = deps;
  }

  /** What an earlier engine knew; what is over is dropped. Of those that rest still nothing is said to `changed`. */
  restore(saved: readonly CooldownRecord[]): void {
    for (const record of saved) {
      this.#records.set(record.infoHash, record);
      if (this.#leftMs(record) > 0) this.#resting.add(record.infoHash);
    }
    this.#forgetOld();
  }

  /** It failed: it rests from now on, unless it does already. */
  begin(infoHash: InfoHash, reason: CooldownReason): void {
    if (this.secondsLeft(infoHash) > 0) return;
    this.#end(infoHash);
    const sinceMs = this.#deps.clock.now();
    const before = this.#records.get(infoHash);
    const name = this.#deps.nameOf(infoHash);
    const attempts = (before?.attempts ?? 0) + 1;
    const untilMs = sinceMs + durationS(reason, this.#deps.durationsS()) * 1000;
    // A map keeps the order in which keys came.
    this.#records.delete(infoHash);
    this.#records.set(infoHash, { infoHash, name, reason, attempts, sinceMs, untilMs });
    this.#resting.add(infoHash);
    if (this.#records.size > MAX_COOLDOWNS) this.clear(this.#records.keys().next().value!);
    this.#deps.changed(infoHash, this.of(infoHash));
  }

  /** Whole seconds until it is tried again; 0: it may be tried now. */
  secondsLeft(infoHash: InfoHash): number {
    return this.of(infoHash)?.secondsLeft ?? 0;
  }

  /** `null`: it does not rest. */
  of(infoHash: InfoHash): Cooling | null {
    if (!this.#resting.has(infoHash)) return null;
    const record = this.#records.get(infoHash)!;
    const leftMs = this.#leftMs(record);
    // Ended a moment ago; `expire` says so to who has to know.
    if (leftMs <= 0) return null;
    return { ...record, secondsLeft: Math.ceil(leftMs / 1000) };
  }

  /** A person says so: it may be tried at once, and nothing is held against it. Returns whether anything was. */
  clear(infoHash: InfoHash): boolean {
    const wasKnown = this.#records.delete(infoHash);
    this.#end(infoHash);
    return wasKnown;
  }

  clearAll(): void {
    for (const infoHash of [...this.#records.keys()]) this.clear(infoHash);
  }

  /** Those that rest, the next to be tried first. */
  list(): readonly Cooling[] {
    const cooling = [...this.#resting].flatMap((infoHash) => this.of(infoHash) ?? []);
    return cooling.sort((a, b) => a.secondsLeft - b.secondsLeft);
  }

  /** Ends what is over; call every second or so. */
  expire(): void {
    this.#forgetOld();
    for (const infoHash of [...this.#resting]) {
      if (!this.of(infoHash)) this.#end(infoHash);
    }
  }

  /** What the next engine has to know. */
  records(): readonly CooldownRecord[] {
    return [...this.#records.values()];
  }

  /** A clock that was set back does not make it longer: it then begins anew. */
  #leftMs(record: CooldownRecord): number {
    const now = this.#deps.clock.now();
    const setMs = durationS(record.reason, this.#deps.durationsS()) * 1000;
    const lengthMs = Math.min(record.untilMs - record.sinceMs, setMs);
    if (now >= record.sinceMs) return record.sinceMs + lengthMs - now;
    const anew = { ...record, sinceMs: now, untilMs: now + lengthMs };
    this.#records.set(record.infoHash, anew);
    return lengthMs;
  }

  #forgetOld(): void {
    for (const [infoHash, record] of this.#records) {
      if (this.#leftMs(record) <= -ROW_MS) this.clear(infoHash);
    }
  }

  #end(infoHash: InfoHash): void {
    if (this.#resting.delete(infoHash)) this.#deps.changed(infoHash, null);
  }
}

function durationS(reason: CooldownReason, { noPeers, timeout, connection }: CooldownSettings) {
  switch (reason) {
    case 'no-peers':
      return noPeers;
    case 'timeout':
      return timeout;
    case 'connection':
      return connection;
    default:
      return unreachable(reason);
  }
}
