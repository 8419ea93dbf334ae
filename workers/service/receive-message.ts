/** Messages from pages. Shapes that are not ours are ignored; a port nobody asked for is closed. */
import { toBrokerMessage } from '../contract/broker.ts';
import type { Broker, PageLike } from './broker.ts';

/** What is needed of an `ExtendableMessageEvent`. */
export interface PageMessage {
  readonly data: unknown;
  readonly source: PageLike | null;
  waitUntil(work: Promise<unknown>): void;
}

export function receiveMessage(
  event: PageMessage,
  broker: Broker,
  skipWaiting: () => Promise<void>,
): void {
  const message = toBrokerMessage(event.data);
  switch (message?.kind) {
    case 'engine-port':
      return broker.deliver(message.requestId, message.port);
    case 'engine-failed':
      return broker.refuse(message.requestId, message.error);
    case 'engine-wanted':
      if (event.source) event.waitUntil(broker.passOn(message, event.source));
      return;
    case 'skip-waiting':
      return event.waitUntil(skipWaiting());
    // We are the ones who say `engine-port-wanted`.
    case 'engine-port-wanted':
    case undefined:
      return;
  }
}
