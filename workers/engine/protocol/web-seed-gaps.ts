/**
 * Files that a web seed said it does not have (404, 410), as pure rules: such a file costs the pieces it is a part of, and the
 * seed goes on giving the others.
 *
 * Invariants:
 * - a missing file is left alone for five minutes, and for twice as long each time it is missing again, up to an hour;
 * - what speaks of the whole seed is no gap: when none of its files would be left, or `MAX_IN_ROW` were missing one after the
 *   other and none was given in between, so that a folder that is not there costs a handful of requests.
 */
import { restMs, type WebSeedFailure } from './web-seed-policy.ts';

export const MAX_IN_ROW = 8;

/** `known`: it was missing already; `file`: it is missing from now on; `seed`: the seed is to rest as a whole. */
export type Missing =
  | { readonly kind: 'known' }
  | { readonly kind: 'file'; readonly restMs: number; readonly isFirst: boolean }
  | { readonly kind: 'seed' };

interface Gap {
  /** How often in a row it was missing. */
  readonly times: number;
  readonly untilMs: number;
}

/** Whether the failure is about the file that was asked for, and says nothing of others. */
export function isOfOneFile(failure: WebSeedFailure): boolean {
  return failure.kind === 'refused' && (failure.status === 404 || failure.status === 410);
}

export class WebSeedGaps {
  /** By index of the file. */
  readonly #gaps = new Map<number, Gap>();
  #inRow = 0;

  /** `random`: 0 up to but not including 1. */
  constructor(readonly random: () => number) {}

  /** Bytes of the file came. */
  gave(file: number): void {
    this.#inRow = 0;
    this.#gaps.delete(file);
  }

  /** The seed does not have the file. `fileCount`: how many files it could have. */
  missed(file: number, failure: WebSeedFailure, fileCount: number, nowMs: number): Missing {
    const gap = this.#gaps.get(file);
    if (gap && gap.untilMs > nowMs) return { kind: 'known' };
    this.#inRow++;
    const missing = this.missing(nowMs);
    if (this.#inRow >= MAX_IN_ROW || missing.length + 1 >= fileCount) return { kind: 'seed' };
    const times = gap?.times ?? 0;
    const rest = restMs(failure, times, this.random());
    this.#gaps.set(file, { times: times + 1, untilMs: nowMs + rest });
    return { kind: 'file', restMs: rest, isFirst: missing.length === 0 && times === 0 };
  }

  /** Files that are not to be asked for now. */
  missing(nowMs: number): number[] {
    return [...this.#gaps].filter(([, { untilMs }]) => untilMs > nowMs).map(([file]) => file);
  }

  /** Milliseconds until the next of them may be asked for again, or `null` when none is missing. */
  nextMs(nowMs: number): number | null {
    const times = [...this.#gaps.values()].map(({ untilMs }) => untilMs - nowMs);
    const left = times.filter((ms) => ms > 0);
    return left.length ? Math.min(...left) : null;
  }
}

/** For a person: what is missing, and what comes of it. */
export function explainGap(host: string, rest: number): string {
  const minutes = Math.round(rest / 60_000);
  return `The web seed ${host} does not have one of the files. The others are fetched from it, and that one is asked for again in ${minutes} minutes.`;
}
