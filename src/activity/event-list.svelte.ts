import {
  categoryOf,
  type EventCategory,
  type EventKind,
  type RillEvent,
} from '../../workers/contract/events.ts';

/** What is in the document at once: it stays as quick with ten thousand events as with ten. */
const ROWS = 100;

/** So many that they hide everything else, unless a person wants to see them. */
const DETAILS: ReadonlySet<EventKind> = new Set(['torrent:piece', 'torrent:progress']);

/**
 * The events a person asked for, newest first and a page at a time. The newest page is live; older ones stand still while
 * more happens.
 */
export class EventList {
  readonly #all: () => readonly RillEvent[];
  readonly #infoHash: () => string | null;
  #category = $state<EventCategory | null>(null);
  #hasDetails = $state(false);
  /** The newest event of each page that is turned over, the one in sight last; none: the newest page. */
  #turned = $state.raw<readonly number[]>([]);

  readonly #matching = $derived.by(() => {
    const infoHash = this.#infoHash();
    return this.#all()
      .filter((event) => this.#isWanted(event, infoHash))
      .reverse();
  });
  readonly #first = $derived.by(() => {
    const newestId = this.#turned.at(-1);
    if (newestId === undefined) return 0;
    const at = this.#matching.findIndex(({ id }) => id <= newestId);
    return at === -1 ? this.#matching.length : at;
  });

  /** @param infoHash of the one torrent to show, `null` for everything */
  constructor(all: () => readonly RillEvent[], infoHash: () => string | null) {
    this.#all = all;
    this.#infoHash = infoHash;
  }

  /** All that match, newest first. */
  get matching(): readonly RillEvent[] {
    return this.#matching;
  }

  /** The page in sight. */
  get rows(): readonly RillEvent[] {
    return this.#matching.slice(this.#first, this.#first + ROWS);
  }

  /** How many newer ones there are than those in sight. */
  get newerCount(): number {
    return this.#first;
  }

  get hasOlder(): boolean {
    return this.#first + ROWS < this.#matching.length;
  }

  get category(): EventCategory | null {
    return this.#category;
  }

  set category(category: EventCategory | null) {
    this.#category = category;
    this.newest();
  }

  get hasDetails(): boolean {
    return this.#hasDetails;
  }

  set hasDetails(hasDetails: boolean) {
    this.#hasDetails = hasDetails;
    this.newest();
  }

  older(): void {
    const next = this.#matching[this.#first + ROWS];
    if (next) this.#turned = [...this.#turned, next.id];
  }

  newer(): void {
    this.#turned = this.#turned.slice(0, -1);
  }

  /** Back to the page that is live. */
  newest(): void {
    this.#turned = [];
  }

  #isWanted(event: RillEvent, infoHash: string | null): boolean {
    if (infoHash !== null && event.infoHash !== infoHash) return false;
    if (!this.#hasDetails && DETAILS.has(event.kind)) return false;
    return this.#category === null || categoryOf(event.kind) === this.#category;
  }
}

/** The names of all torrents that events speak of, also of those that were removed; the newest name counts. */
export function namesOf(events: readonly RillEvent[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { infoHash, data } of events) {
    if (infoHash && typeof data?.['name'] === 'string') names.set(infoHash, data['name']);
  }
  return names;
}

/** One event a line, oldest first (JSON Lines). */
export function toJsonLines(newestFirst: readonly RillEvent[]): Uint8Array {
  const lines = newestFirst.toReversed().map((event) => `${JSON.stringify(event)}\n`);
  return new TextEncoder().encode(lines.join(''));
}
