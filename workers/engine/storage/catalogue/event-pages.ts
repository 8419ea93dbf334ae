/**
 * The event log in IndexedDB, in pages of some hundred events, so that a flush writes one or two of them and the oldest go a
 * page at a time. It has a database of its own, opened with its first use: nothing of it is needed to start.
 *
 * Invariants: a page is named by the id of its first event, so the order of the names is the order of time; a page that is
 * full, damaged or of a newer Rill is not written again; what a failed `append` was given is in no page as far as this knows, and may be given again.
 */
import { delMany, entries, set, setMany, type UseStore } from 'idb-keyval';
import type { RillEvent } from '../../../contract/events.ts';
import { readEventPage, readUnusedId, type StoredEventPage } from '../../model/event-schema.ts';
import { KEPT_EVENTS, type EventStore, type StoredEvents } from '../../model/event-store.ts';
import { openIdbStore, type OpenStore } from './open-databases.ts';

const PAGE_EVENTS = 256;
const UNUSED_ID_KEY = 'unused-id';

interface Page {
  readonly key: number;
  readonly count: number;
}

export class EventPages implements EventStore {
  readonly #store: UseStore;
  /** Oldest first; `null` until they were read. */
  #pages: readonly Page[] | null = null;
  /** What is in the newest of them; `null` for one that is not to be written again. */
  #newest: readonly RillEvent[] | null = null;

  constructor(prefix = 'rill', openStore: OpenStore = openIdbStore) {
    this.#store = openStore(`${prefix}-events`, 'events');
  }

  async read(): Promise<StoredEvents> {
    const stored = await entries<IDBValidKey, unknown>(this.#store);
    const events: RillEvent[] = [];
    const pages: Page[] = [];
    let unusedId: number | null = null;
    // In the order of their keys: numbers first, then the mark.
    for (const [key, value] of stored) {
      if (key === UNUSED_ID_KEY) unusedId = readUnusedId(value);
      if (typeof key !== 'number') continue;
      const read = readEventPage(value);
      pages.push({ key, count: read.events.length });
      this.#newest = read.isWhole ? read.events : null;
      events.push(...read.events);
    }
    this.#pages = pages;
    // A mark that is damaged, or was not yet written, is behind what is here.
    const lastOfPage = this.#newest ? 0 : (pages.at(-1)?.key ?? -PAGE_EVENTS) + PAGE_EVENTS;
    const lastId = Math.max(events.at(-1)?.id ?? 0, lastOfPage);
    return { events, unusedId: Math.max(unusedId ?? 1, lastId + 1) };
  }

  async reserve(unusedId: number): Promise<void> {
    await set(UNUSED_ID_KEY, unusedId, this.#store);
  }

  async append(events: readonly RillEvent[]): Promise<void> {
    if (!this.#pages) await this.read();
    const pages = [...(this.#pages ?? [])];
    const writes = new Map<number, RillEvent[]>();
    let newest = this.#newest && [...this.#newest];
    for (const event of events) {
      let key = pages.at(-1)?.key;
      if (key === undefined || !newest || newest.length >= PAGE_EVENTS) {
        key = event.id;
        newest = [];
        pages.push({ key, count: 0 });
      }
      newest.push(event);
      pages[pages.length - 1] = { key, count: newest.length };
      writes.set(key, newest);
    }
    const records = [...writes].map(([key, written]): [number, StoredEventPage] => [
      key,
      { version: 1, events: written },
    ]);
    await setMany(records, this.#store);
    this.#newest = newest;
    this.#pages = pages;
    // The events are written down: what cannot be deleted now is too old with the next of them, too.
    await this.#trim().catch(() => undefined);
  }

  async #trim(): Promise<void> {
    const pages = [...(this.#pages ?? [])];
    const gone: number[] = [];
    let count = pages.reduce((sum, page) => sum + page.count, 0);
    while (pages.length > 1 && count - pages[0]!.count >= KEPT_EVENTS) {
      const [oldest] = pages.splice(0, 1);
      count -= oldest!.count;
      gone.push(oldest!.key);
    }
    if (gone.length === 0) return;
    await delMany(gone, this.#store);
    this.#pages = pages;
  }
}
