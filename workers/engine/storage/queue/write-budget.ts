/**
 * The bytes that wait for storage, over all torrents, against one limit.
 *
 * Invariant (hysteresis): pressure begins when the sum reaches the limit and ends when it is down to half of it; in
 * between it stays what it was. Nothing is refused here: pieces already in flight when the pressure begins still come,
 * so the sum may pass the limit by at most those.
 */
export class WriteBudget {
  #limitBytes: number;
  #usedBytes = 0;
  #isPressed = false;
  readonly #listeners = new Set<() => void>();

  /** `limitBytes` is the high-water mark, above 0. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get isPressed(): boolean {
    return this.#isPressed;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  add(bytes: number): void {
    this.#usedBytes += bytes;
    this.#update();
  }

  remove(bytes: number): void {
    this.#usedBytes -= bytes;
    if (this.#usedBytes < 0)
      throw new RangeError('more bytes left the write budget than entered it');
    this.#update();
  }

  /** Moves the high-water mark; pressure may begin or end by it. */
  setLimit(limitBytes: number): void {
    this.#limitBytes = limitBytes;
    this.#update();
  }

  /** Calls `listener` each time the pressure ends; the returned function stops that. */
  onRelieved(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #update(): void {
    if (!this.#isPressed) {
      this.#isPressed = this.#usedBytes >= this.#limitBytes;
    } else if (this.#usedBytes <= this.#limitBytes / 2) {
      this.#isPressed = false;
      for (const listener of [...this.#listeners]) listener();
    }
  }
}
