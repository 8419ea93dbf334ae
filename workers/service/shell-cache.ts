/**
 * The app's own files, precached by Workbox when a version installs, so that the app opens with no network. They are
 * answered as they were fetched, with the headers the host gave them, and nothing is added.
 *
 * A new version waits until the person agrees (`skip-waiting`); the very first one has nothing to wait for.
 */
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  getCacheKeyForURL,
  precache,
  type PrecacheEntry,
} from 'workbox-precaching';

type RouteHandlerCallbackOptions = Parameters<ReturnType<typeof createHandlerBoundToURL>>[0];

export type ShellManifest = readonly (PrecacheEntry | string)[];

/** A `FetchEvent`, in the words of Workbox. */
type FetchEventLike = RouteHandlerCallbackOptions['event'] & { readonly request: Request };

/**
 * Registers the precache with the service worker's install and activate events: call it while the script runs for
 * the first time. `manifest` is what the build lists; a development server lists nothing.
 */
export function installShell(manifest: ShellManifest | undefined): void {
  cleanupOutdatedCaches();
  precache([...(manifest ?? [])]);
}

/** The answer from the precache, or `null` when the URL is not in it and belongs to the network. */
export function answerFromShell(event: FetchEventLike, url: string): Promise<Response> | null {
  const { href } = withoutHash(url);
  if (event.request.method !== 'GET' || !getCacheKeyForURL(href)) return null;
  return createHandlerBoundToURL(href)({ event, request: event.request, url: new URL(href) });
}

function withoutHash(url: string): URL {
  const result = new URL(url);
  result.hash = '';
  return result;
}
