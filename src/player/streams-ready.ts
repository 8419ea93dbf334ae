const PATIENCE_MS = 10_000;

/**
 * Resolves when a service worker controls this page, so that `stream/…` is answered by it and not by the network.
 * On the very first visit that takes a moment. After a while it resolves anyway: the player says what fails.
 */
export async function streamsReady(): Promise<void> {
  const container = navigator.serviceWorker;
  if (!container || container.controller) return;
  await new Promise<void>((resolve) => {
    container.addEventListener('controllerchange', () => resolve(), { once: true });
    setTimeout(resolve, PATIENCE_MS);
  });
}
