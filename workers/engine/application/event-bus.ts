/**
 * Every event passes here once and in order; the newest are kept.
 *
 * Invariants: ids grow by one; at most `capacity` events are kept, oldest out first; a listener that throws is dropped and
 * stops neither the others nor whoever told of the event.
 */
import type { NewEvent, RillEvent } from '../../contract/events.ts';
import type { Clock } from '../model/deps.ts';

const CAPACITY = 10_000;

export class EventBus {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #capacity: number;
  readonly #listeners = new Set<(event: RillEvent) => void>();
  /** The event of id n is at n modulo the capacity. */
  readonly #ring: (RillEvent | undefined)[];
  #nextId: number;
  readonly #firstId: number;

  /** `firstId` is that of the first event to come. */
  constructor(clock: Pick<Clock, 'now'>, firstId = 1, capacity = CAPACITY) {
    this.#clock = clock;
    this.#capacity = capacity;
    // Whole from the start: one that grows from its middle is kept as a dictionary, at ten times the cost.
    this.#ring = Array.from({ length: capacity }, () => undefined);
    this.#firstId = firstId;
    this.#nextId = firstId;
  }

  /** The last id that was given; that before the first while there was none. */
  get newestId(): number {
    return this.#nextId - 1;
  }

  /** Every event from this id on is here. */
  get oldestId(): number {
    return Math.max(this.#firstId, this.#nextId - this.#capacity);
  }

  emit(event: NewEvent): void {
    const id = this.#nextId++;
    const entered: RillEvent = { ...event, id, at: new Date(this.#clock.now()).toISOString() };
    this.#ring[id % this.#capacity] = entered;
    for (const listener of this.#listeners) {
      try {
        listener(entered);
      } catch {
        this.#listeners.delete(listener);
      }
    }
  }

  /** Those after the given id that are still kept, oldest first, `limit` of them at most. */
  since(id: number, limit = Infinity): readonly RillEvent[] {
    const first = Math.max(id + 1, this.oldestId);
    const end = Math.min(this.#nextId, first + limit);
    const events: RillEvent[] = [];
    for (let next = first; next < end; next++) {
      events.push(this.#ring[next % this.#capacity]!);
    }
    return events;
  }

  /** Calls back for each event to come; the returned function ends that. */
  listen(listener: (event: RillEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
