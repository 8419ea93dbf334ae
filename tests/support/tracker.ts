import type { AddressInfo, Socket } from 'node:net';
import Server from 'bittorrent-tracker/server';

export interface TestTracker {
  /** `ws://localhost:<port>` */
  readonly url: string;
  /** Every announce so far, oldest first; `event` as the client sent it, `update` when it sent none. */
  readonly announces: readonly { readonly event: string; readonly infoHash: string }[];
  /** Who is in a torrent's swarm now; `infoHash` in lower-case hex. */
  peers(infoHash: string): { readonly seeders: number; readonly leechers: number };
  close(): Promise<void>;
}

const EVENTS = ['start', 'update', 'complete', 'stop'];

/** The real `bittorrent-tracker` server, WebSocket only. */
export async function startTracker(
  options: {
    intervalMs?: number;
    /** Where another was before; default: a free one. */
    port?: number;
    /** What a peer is sent instead of the tracker's own message. */
    handOn?: (text: string) => Promise<string>;
  } = {},
): Promise<TestTracker> {
  const server = new Server({
    // WebSocket connections arrive as upgrades on the HTTP server.
    http: true,
    ws: true,
    udp: false,
    stats: false,
    ...(options.intervalMs !== undefined && { interval: options.intervalMs }),
  });
  // A client that sends nonsense makes the server emit these; the tests send nonsense on purpose.
  server.on('warning', () => {});
  server.on('error', () => {});
  const announces: { event: string; infoHash: string }[] = [];
  for (const event of EVENTS) {
    server.on(event, (_address: unknown, params: { info_hash?: string } | undefined) => {
      announces.push({ event, infoHash: params?.info_hash ?? '' });
    });
  }
  const { handOn } = options;
  if (handOn) {
    server.ws.on('connection', (client) => {
      const send = client.send.bind(client);
      let sent = Promise.resolve();
      // In the order in which they were sent.
      client.send = (text, done) => {
        sent = sent.then(async () => send(await handOn(text), done));
      };
    });
  }
  const sockets = new Set<Socket>();
  server.http.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.http.address() as AddressInfo;
  return {
    url: `ws://localhost:${port}`,
    announces,
    peers(infoHash) {
      const swarm = server.torrents[infoHash];
      return { seeders: swarm?.complete ?? 0, leechers: swarm?.incomplete ?? 0 };
    },
    close: () =>
      new Promise((resolve) => {
        // Also those upgraded to WebSockets, which are no longer the HTTP server's to close.
        for (const socket of sockets) socket.destroy();
        server.close(resolve);
      }),
  };
}
