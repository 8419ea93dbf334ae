import { fileURLToPath } from 'node:url';
import { serveFolder } from './static-server.mjs';

export interface SeenRequest {
  readonly method: string;
  /** Path and query as asked for, base included. */
  readonly path: string;
  readonly range: string | undefined;
}

export interface AppServer {
  readonly origin: string;
  /** Origin and base path: the app's address. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Drops every connection and refuses new ones, like a host that is gone. */
  stop(): void;
  /** Undoes {@link stop}, at the same address. */
  resume(): void;
  close(): Promise<void>;
}

/** `RILL_DIST` names another build, so that two checkouts of the build can be tested side by side. */
const DIST = process.env['RILL_DIST'] ?? fileURLToPath(new URL('../../dist/', import.meta.url));

/**
 * Serves the production build as a static host would, on a free loopback port.
 * @param options.base path it appears under, with slashes at both ends; default `/`
 * @param options.root another folder to serve; default `dist/`
 */
export async function startAppServer(
  options: { base?: string; root?: string } = {},
): Promise<AppServer> {
  const requests: SeenRequest[] = [];
  let stopped = false;
  const { server, origin, url } = await serveFolder({
    root: options.root ?? DIST,
    base: options.base ?? '/',
    onRequest({ method = '', url: path = '', headers }) {
      if (!stopped) requests.push({ method, path, range: headers.range });
      return !stopped;
    },
  });
  return {
    origin,
    url,
    requests,
    stop() {
      stopped = true;
      server.closeAllConnections();
    },
    resume() {
      stopped = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
