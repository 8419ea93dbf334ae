/** What the browser says of the network: the only place of the engine that asks it. */
import type { WorkerMessage } from '../contract/engine.ts';

/** Calls back with how it is now, when it is not there, and with each change. */
export function followNetwork(changed: (isOnline: boolean) => void): void {
  addEventListener('online', () => changed(true));
  addEventListener('offline', () => changed(false));
  addEventListener('message', ({ data }: MessageEvent<WorkerMessage | undefined>) => {
    if (data?.kind === 'network') changed(data.isOnline);
  });
  if (!navigator.onLine) changed(false);
}

/** What the page has said last of what the connection costs (WorkerMessage); `null` while it has said nothing. */
export function followMeter(): () => boolean | null {
  let isMetered: boolean | null = null;
  addEventListener('message', ({ data }: MessageEvent<WorkerMessage | undefined>) => {
    if (data?.kind === 'metered') isMetered = data.isMetered;
  });
  return () => isMetered;
}
