/**
 * Since when a torrent has run and nothing of use came. Invariants: only time counts in which it ran, could have fared better,
 * and did the same thing; bytes that were thrown away are not of use.
 */

export interface StallSample {
  /** What it does; when that changes it begins anew. */
  readonly doing: string;
  /** Grows when something of use comes, or is given. */
  readonly progress: number;
  /** It is nobody's fault that nothing comes: the network is away, or what is stored is being hashed. */
  readonly isExcused: boolean;
}

export class StallMeter {
  #doing = '';
  #best = 0;
  #sinceMs = 0;
  #hasMoved = false;

  /** Something of use came between the last two looks. */
  get hasMoved(): boolean {
    return this.#hasMoved;
  }

  /** Looks at the torrent, `null` while it does not run. Returns since when nothing came, `null` if something did since the last look. */
  look(sample: StallSample | null, nowMs: number): number | null {
    const isNew = sample?.doing !== this.#doing;
    this.#doing = sample?.doing ?? '';
    this.#hasMoved = false;
    if (!sample) return null;
    if (isNew) this.#best = sample.progress;
    this.#hasMoved = sample.progress > this.#best;
    this.#best = Math.max(this.#best, sample.progress);
    if (isNew || this.#hasMoved || sample.isExcused) {
      this.#sinceMs = nowMs;
      return null;
    }
    return this.#sinceMs;
  }
}
