/**
 * Everything a browser asks of other hosts, seen where it cannot hide: at the proxy that the browser is told to use. Pages,
 * workers, service workers and WebSockets alike come here, names unresolved, and nothing is let through. Loopback hosts
 * are not proxied.
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What Chromium asks for on its own account, page or no page: updates, sign-in, form filling. */
const BROWSERS_OWN =
  /^(?:update|content-autofill|[a-z-]*optimizationguide[a-z-]*)\.googleapis\.com:|^(?:accounts|clients2)\.google\.com:/;

export interface ForwardProxy {
  /** The flags that make a Chromium use it. */
  readonly args: readonly string[];
  /** Every host that pages and workers have asked for so far, as `name:port`, sorted. */
  hosts(): string[];
  close(): Promise<void>;
}

export async function startForwardProxy(): Promise<ForwardProxy> {
  const hosts = new Set<string>();
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://proxy.invalid');
    hosts.add(`${url.hostname}:${url.port || '80'}`);
    response.writeHead(502).end();
  });
  server.on('connect', (request, socket) => {
    hosts.add(request.url ?? '');
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    args: [`--proxy-server=http://127.0.0.1:${port}`],
    hosts: () => [...hosts].filter((host) => !BROWSERS_OWN.test(host)).sort(),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
