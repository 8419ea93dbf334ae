/**
 * The newest used lines of stored pieces, over all torrents, in memory bounded by one limit.
 *
 * Invariants: the lines held are never more than the limit; the least recently used goes first; an owner's lines are
 * gone when it says so. What a line holds, and whether that is still true, is its owner's business (cached-store.ts).
 */

/** A store whose lines are kept; only its identity matters. */
type Owner = object;

interface Line {
  readonly owner: Owner;
  readonly number: number;
  readonly bytes: Uint8Array;
}

export class ReadCache {
  #limitBytes: number;
  #bytes = 0;
  /** Least recently used first. */
  readonly #lines = new Set<Line>();
  readonly #byOwner = new Map<Owner, Map<number, Line>>();

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Bytes of all lines held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes effect at once. */
  setLimit(limitBytes: number): void {
    this.#limitBytes = limitBytes;
    this.#shrink();
  }

  /** The line, used just now, or `undefined`. It stays the cache's: it is to be copied, not given away. */
  get(owner: Owner, number: number): Uint8Array | undefined {
    const line = this.#byOwner.get(owner)?.get(number);
    if (!line) return undefined;
    this.#lines.delete(line);
    this.#lines.add(line);
    return line.bytes;
  }

  /** Keeps the line in place of an older one of the number; one larger than the limit is not kept. */
  put(owner: Owner, number: number, bytes: Uint8Array): void {
    this.drop(owner, number);
    const line: Line = { owner, number, bytes };
    const lines = this.#byOwner.get(owner) ?? new Map<number, Line>();
    this.#byOwner.set(owner, lines.set(number, line));
    this.#lines.add(line);
    this.#bytes += bytes.length;
    this.#shrink();
  }

  drop(owner: Owner, number: number): void {
    const line = this.#byOwner.get(owner)?.get(number);
    if (line) this.#remove(line);
  }

  dropOwner(owner: Owner): void {
    for (const line of [...(this.#byOwner.get(owner)?.values() ?? [])]) this.#remove(line);
  }

  #shrink(): void {
    for (const oldest of this.#lines) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#remove(oldest);
    }
  }

  #remove(line: Line): void {
    const lines = this.#byOwner.get(line.owner);
    lines?.delete(line.number);
    if (lines?.size === 0) this.#byOwner.delete(line.owner);
    this.#lines.delete(line);
    this.#bytes -= line.bytes.length;
  }
}
