/** Registers the service worker and tells when a new version waits: the person decides when the page reloads. */
import type { BrokerMessage } from '../../workers/contract/broker.ts';

/** A page that stays open asks for a new version this often. */
const UPDATE_PERIOD_MS = 60 * 60 * 1000;

/**
 * @param onUpdateReady called when a new version is installed and waits; calling `apply` activates it and reloads.
 */
export function registerServiceWorker(onUpdateReady: (apply: () => void) => void): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  const url = new URL('service.worker.js', document.baseURI).href;
  navigator.serviceWorker
    .register(url, { scope: './', updateViaCache: 'none' })
    .then((registration) => watch(registration, onUpdateReady))
    .catch((error: unknown) => {
      // Without it downloads work and only playing and offline use do not; the player says so itself.
      console.warn('[rill] the service worker could not be registered', error);
    });
}

function watch(
  registration: ServiceWorkerRegistration,
  onUpdateReady: (apply: () => void) => void,
): void {
  const offer = (worker: ServiceWorker) =>
    onUpdateReady(() => {
      navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), {
        once: true,
      });
      worker.postMessage({ kind: 'skip-waiting' } satisfies BrokerMessage);
    });
  const follow = (worker: ServiceWorker) => {
    worker.addEventListener('statechange', () => {
      // With no controller this is the first install, not an update.
      if (worker.state === 'installed' && navigator.serviceWorker.controller) offer(worker);
    });
  };
  if (registration.waiting && navigator.serviceWorker.controller) offer(registration.waiting);
  if (registration.installing) follow(registration.installing);
  registration.addEventListener('updatefound', () => {
    if (registration.installing) follow(registration.installing);
  });
  setInterval(() => void registration.update().catch(() => undefined), UPDATE_PERIOD_MS);
}
