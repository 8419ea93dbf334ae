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
  readonly #ring: RillEvent[] = [];
  #nextId: number;
  readonly #firstId: number;

  /** `firstId` is that of the first event to come. */
  constructor(clock: Pick<Clock, 'now'>, firstId = 1, capacity = CAPACITY) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#firstId = firstId;
    this.#nextId = firstId;
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

  /** Those after the given id that are still kept, oldest first. */
  since(id: number): readonly RillEvent[] {
    const oldest = Math.max(this.#firstId, this.#nextId - this.#capacity);
    const events: RillEvent[] = [];
    for (let next = Math.max(id + 1, oldest); next < this.#nextId; next++) {
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
