/**
 * Hashes stored pieces one after the other, beside whatever else goes on: each hash is made off this thread, and between
 * two pieces everything else gets its turn.
 *
 *   running ◄──► paused
 *      └──► ended (all done, cancelled, or storage failed)
 */

/** One piece is read while another is hashed. */
const LANES = 2;

export interface CheckReport {
  /** Called once for each piece, in about their order. */
  checked(index: number, isIntact: boolean): void;
  /** Called once at the end unless cancelled; `error` when storage failed and the rest was not checked. */
  ended(error: unknown): void;
}

export class PieceCheck {
  #next = 0;
  #done = 0;
  #isCancelled = false;
  /** While paused: what the lanes wait for, and how it ends. */
  #pause: { readonly over: Promise<void>; readonly end: () => void } | null = null;

  constructor(
    readonly pieces: readonly number[],
    readonly isIntact: (index: number) => Promise<boolean>,
    readonly report: CheckReport,
  ) {
    // Whoever made this check holds it, and may have paused it, before anything is asked or reported.
    queueMicrotask(() => void this.#run());
  }

  /** 0 to 1. */
  get progress(): number {
    return this.pieces.length === 0 ? 1 : this.#done / this.pieces.length;
  }

  get isPaused(): boolean {
    return this.#pause !== null;
  }

  pause(): void {
    if (this.#pause) return;
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#pause = { over, end };
  }

  resume(): void {
    this.#pause?.end();
    this.#pause = null;
  }

  /** What is being hashed now is not reported any more. */
  cancel(): void {
    this.#isCancelled = true;
    this.resume();
  }

  async #run(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: LANES }, () => this.#lane()));
      if (!this.#isCancelled) this.report.ended(null);
    } catch (error) {
      if (!this.#isCancelled) this.report.ended(error);
      this.cancel();
    }
  }

  async #lane(): Promise<void> {
    for (;;) {
      await this.#pause?.over;
      if (this.#isCancelled || this.#next >= this.pieces.length) return;
      const index = this.pieces[this.#next++]!;
      const isIntact = await this.isIntact(index);
      await this.#pause?.over;
      if (this.#isCancelled) return;
      this.#done++;
      this.report.checked(index, isIntact);
    }
  }
}
