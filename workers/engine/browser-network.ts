/** Whether the browser has a network: the only place of the engine that asks it. */

/** Calls back with how it is now, when it is not there, and with each change. */
export function followNetwork(changed: (isOnline: boolean) => void): void {
  addEventListener('online', () => changed(true));
  addEventListener('offline', () => changed(false));
  if (!navigator.onLine) changed(false);
}
