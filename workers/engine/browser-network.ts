/** Whether the browser has a network: the only place of the engine that asks it. */
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
