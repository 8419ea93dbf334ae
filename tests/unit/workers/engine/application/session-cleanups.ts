/** The cleanup of a session as the rules have it (session.property.test.ts). */
import { expect } from 'vitest';
import type { TorrentRecord } from '../../../../../workers/engine/model/catalogue.ts';
import type { Reached } from './session-reached.ts';

/** Of the scene. */
const PERIOD_MS = 300_000;

/** What was only watched goes, and by the look after its time; what is kept or forced stays, however long it was not used. */
export class Cleanups {
  /** Since when it goes by what is set now, in this engine. */
  #sinceMs = 0;
  /** When each was seen to be kept or forced last, by info hash. */
  readonly #stayedMs = new Map<string, number>();

  constructor(readonly reached: Reached) {}

  /** The engine has started, or its settings are others. */
  beginAnew(nowMs: number): void {
    this.#sinceMs = nowMs;
  }

  /** It was there and is gone, and nobody removed it. */
  went(
    { keepOffline, isForced }: TorrentRecord,
    usedMs: number,
    idleS: number,
    nowMs: number,
  ): void {
    expect({ keepOffline, isForced }).toEqual({ keepOffline: false, isForced: false });
    expect(idleS).toBeGreaterThan(0);
    expect(nowMs - usedMs).toBeGreaterThanOrEqual(idleS * 1000);
    this.reached.note('cleanups');
  }

  /** It is there. */
  stays(
    { infoHash, keepOffline, isForced }: TorrentRecord,
    usedMs: number,
    idleS: number,
    nowMs: number,
  ): void {
    const isToStay = keepOffline || isForced;
    // What is complete is forced no more.
    const stayedMs = isToStay ? 0 : (this.#stayedMs.get(infoHash) ?? 0);
    if (isToStay) this.#stayedMs.set(infoHash, nowMs);
    const fromMs = Math.max(usedMs + idleS * 1000, this.#sinceMs, stayedMs);
    if (idleS === 0 || nowMs < fromMs + PERIOD_MS) return;
    expect({ infoHash, isToStay }).toEqual({ infoHash, isToStay: true });
    this.reached.note(keepOffline ? 'kept ones spared by a cleanup' : 'forced ones spared');
  }
}
