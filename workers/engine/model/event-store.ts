/** The port to what is kept of the event log between starts of the engine. */
import type { RillEvent } from '../../contract/events.ts';

/** This many of the newest are kept; a store may keep a few more, never fewer. */
export const KEPT_EVENTS = 10_000;

export interface StoredEvents {
  /** Oldest first; what cannot be read is left out. */
  readonly events: readonly RillEvent[];
  /** No event has had this id or one above it; `null` where nothing outlives the engine, so that nobody knows. */
  readonly unusedId: number | null;
}

/** Every method rejects when storage fails. One call of `append` at a time. */
export interface EventStore {
  read(): Promise<StoredEvents>;
  /** From now on `read` says this `unusedId`. */
  reserve(unusedId: number): Promise<void>;
  /** Adds events that are newer than all before; the oldest make room for them. */
  append(events: readonly RillEvent[]): Promise<void>;
}
