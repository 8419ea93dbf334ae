/**
 * The bytes that wait for storage, over all torrents, against one limit.
 *
 * Invariants: whoever starts a piece only when `hasRoomFor` says so never has more wait than the limit, or than one piece
 * where that is larger. Pressure (hysteresis) begins when the sum reaches the limit, or when a piece is refused while more
 * than half of the limit waits; it ends when the sum is down to half. In between it stays what it was. What comes all the
 * same is taken: it is in memory already.
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

  /**
   * Whether a piece of `lengthBytes` may be started beside `inFlightBytes` (QueuedChunkStore.hasRoomFor). A refusal may
   * begin the pressure: from then on it is storage that holds up the download.
   */
  hasRoomFor(lengthBytes: number, inFlightBytes: number): boolean {
    const otherBytes = this.#usedBytes + inFlightBytes;
    const hasRoom = otherBytes === 0 || otherBytes + lengthBytes <= this.#limitBytes;
    if (!hasRoom && this.#usedBytes > this.#limitBytes / 2) this.#isPressed = true;
    return hasRoom;
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
