/**
 * Pieces that were ours and are no more. Invariant: none is fetched again before the shelf has stopped calling its files
 * finished, for the service worker serves those straight from the extents that will be written to.
 */
export class LostPieces {
  readonly #lost = new Set<number>();

  /** `writeDown` makes shelf and checkpoint true for so many pieces; `fetchAgain` is called for each of them after that. */
  constructor(
    readonly writeDown: (count: number) => Promise<void>,
    readonly fetchAgain: (index: number) => void,
  ) {}

  add(index: number): void {
    this.#lost.add(index);
    // In a microtask: a check reports many in a row.
    if (this.#lost.size === 1) queueMicrotask(() => void this.#settle());
  }

  async #settle(): Promise<void> {
    while (this.#lost.size > 0) {
      const lost = [...this.#lost];
      await this.writeDown(lost.length);
      for (const index of lost) {
        this.#lost.delete(index);
        this.fetchAgain(index);
      }
    }
  }
}
