import { on } from 'svelte/events';
import { createSubscriber } from 'svelte/reactivity';

const subscribe = createSubscriber((update) => {
  const stopOnline = on(window, 'online', update);
  const stopOffline = on(window, 'offline', update);
  return () => {
    stopOnline();
    stopOffline();
  };
});

/** Whether the browser has a network at all; reactive where it is read. */
export function isOnline(): boolean {
  subscribe();
  return navigator.onLine;
}
