/**
 * Requests that a peer was sent and that we do not wait for any more: a block of one of them was on its way already and is
 * no offence, once. Any other block that we did not ask for is.
 *
 * Invariant: what is remembered is bounded; the oldest is forgotten first.
 */

/** Twice the longest pipeline: whoever is asked for that much is either answering or gone. */
const MAX_REMEMBERED = 1_024;

export class WithdrawnRequests {
  readonly #names = new Map<string, number>();
  #count = 0;

  /** The request was taken back, or its peer chokes us. */
  add(piece: number, offset: number, length: number): void {
    const name = nameOf(piece, offset, length);
    const times = this.#names.get(name) ?? 0;
    // Named last, forgotten last.
    this.#names.delete(name);
    this.#names.set(name, times + 1);
    this.#count++;
    if (this.#count <= MAX_REMEMBERED) return;
    const [oldest] = this.#names.keys();
    this.#take(oldest!);
  }

  /** Whether such a block may come; if so, once less from now on. */
  spend(piece: number, offset: number, length: number): boolean {
    return this.#take(nameOf(piece, offset, length));
  }

  #take(name: string): boolean {
    const times = this.#names.get(name);
    if (!times) return false;
    if (times === 1) this.#names.delete(name);
    else this.#names.set(name, times - 1);
    this.#count--;
    return true;
  }
}

function nameOf(piece: number, offset: number, length: number): string {
  return `${piece}+${offset}+${length}`;
}
