/** An engine that follows one that hung or failed says so: once to the person, and in the events. */
import type { EventBus } from './event-bus.ts';
import type { Notices } from './notices.ts';

/** @param because what became of the one before, as in "stopped answering"; nothing is said without it */
export function tellOfRestart(
  because: string | undefined,
  notices: Pick<Notices, 'add'>,
  events: Pick<EventBus, 'emit'>,
): void {
  if (because === undefined) return;
  const message = `Rill’s engine ${because} and was started again. Nothing that was stored is lost.`;
  notices.add({ kind: 'engine-restarted', message });
  events.emit({ kind: 'session:restarted', infoHash: null, message, data: { because } });
}
