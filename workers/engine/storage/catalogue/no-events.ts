/** The event log's store where nothing outlives the engine: what is in memory is all there is. */
import type { EventStore } from '../../model/event-store.ts';

export const NO_EVENTS: EventStore = {
  read: async () => ({ events: [], unusedId: null }),
  reserve: async () => {},
  append: async () => {},
};
