/** Which part of the service worker answers a request. Pure; the app may live under any base path. */
export interface RoutedRequest {
  readonly method: string;
  readonly mode: string;
  readonly url: string;
}

export type Route =
  /** `segments` are the path elements after `stream`, `save` or `api`, as they stand in the URL. */
  | { readonly kind: 'stream' | 'save' | 'api'; readonly segments: readonly string[] }
  /** The app's page itself. */
  | { readonly kind: 'shell' }
  /** A deep link to the app: the page's own URLs are relative, so it opens at `location` only. */
  | { readonly kind: 'redirect'; readonly location: string }
  /** A file the app is made of, if it is in the precache; else the network. */
  | { readonly kind: 'asset' };

/** Returns the route of a request, relative to the registration's `scope` (an absolute URL ending with a slash). */
export function routeOf(request: RoutedRequest, scope: string): Route {
  const url = new URL(request.url);
  const base = new URL(scope);
  if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname))
    return { kind: 'asset' };

  const path = url.pathname.slice(base.pathname.length);
  const [head, ...segments] = path.split('/');
  if (head === 'stream' || head === 'save' || head === 'api') {
    if (segments.at(-1) === '') segments.pop();
    return { kind: head, segments };
  }
  if (request.mode !== 'navigate' || request.method !== 'GET') return { kind: 'asset' };
  if (path === '' || path === 'index.html') return { kind: 'shell' };
  // Opening a file of the app (a licence, the sample torrent) is not opening the app.
  if (/\.[a-z0-9]+$/i.test(path)) return { kind: 'asset' };
  return { kind: 'redirect', location: `${base.href}${url.search}` };
}
