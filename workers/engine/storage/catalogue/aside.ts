/**
 * Invariant: a value that this code could not read is never lost to one that takes its place. It is copied here first;
 * the newest 50 such values are kept, for a person with a debugger or a later Rill.
 */
import { delMany, get, keys, set, type UseStore } from 'idb-keyval';

const KEPT = 50;

export class Aside {
  readonly #store: UseStore;
  readonly #now: () => number;
  /** Where there are values nobody could read, as `kind/key`. */
  readonly #unreadable = new Set<string>();

  /** `now` is in milliseconds since 1970. */
  constructor(store: UseStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** What is stored there is damaged, or of a newer Rill: it may only be replaced after `makeWay`. */
  note(kind: string, key: string): void {
    this.#unreadable.add(`${kind}/${key}`);
  }

  /** Call before anything is written to `key`; does nothing unless the place was noted. Rejects with the browser's error. */
  async makeWay(kind: string, key: string, from: UseStore): Promise<void> {
    const place = `${kind}/${key}`;
    if (!this.#unreadable.has(place)) return;
    const value: unknown = await get(key, from);
    const at = new Date(this.#now()).toISOString();
    if (value !== undefined) await set(`${at} ${place}`, { at, kind, key, value }, this.#store);
    this.#unreadable.delete(place);
    await this.#dropOldest();
  }

  async #dropOldest(): Promise<void> {
    const byAge = (await keys<string>(this.#store)).toSorted();
    if (byAge.length > KEPT) await delMany(byAge.slice(0, -KEPT), this.#store);
  }
}
