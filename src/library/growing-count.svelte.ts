/**
 * How many rows of a long list are there. Hundreds made in one go would keep the page from answering for half a second, so
 * the first screens come at once and the rest with the frames after it.
 */

const FIRST = 40;
const STEP = 40;

export class GrowingCount {
  /** Lists that were there whole before come back whole: their reader is put back where they were. */
  static #wasShown = FIRST;
  #shown = $state(GrowingCount.#wasShown);

  /** Within a component: it grows as long as that lives, up to `total()`. */
  constructor(total: () => number) {
    // Synchronises with the frames of the browser.
    $effect(() => {
      if (this.#shown >= total()) return;
      const frame = requestAnimationFrame(() => {
        this.#shown += STEP;
        GrowingCount.#wasShown = this.#shown;
      });
      return () => cancelAnimationFrame(frame);
    });
  }

  get shown(): number {
    return this.#shown;
  }
}
