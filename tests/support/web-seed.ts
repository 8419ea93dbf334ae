/** A web seed that a test can watch: how many bytes it has sent, and who still listens. */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { MadeTorrent } from './torrents.ts';

export interface TestWebSeed {
  readonly url: string;
  /** Payload bytes handed to connections so far. */
  readonly sentBytes: number;
  /** Requests whose answer is not over. */
  readonly openRequests: number;
  close(): Promise<void>;
}

const TICK_MS = 20;

/**
 * Serves the files of a torrent to any page, in ranges and slowly.
 * @param files as {@link MadeTorrent} has them; a request names one by its last path element
 * @param bytesPerSecond for each request
 */
export async function startWebSeed(
  files: MadeTorrent['files'],
  bytesPerSecond: number,
): Promise<TestWebSeed> {
  let sentBytes = 0;
  let openRequests = 0;
  const server = createServer((request, response) => {
    const asked = decodeURIComponent(request.url ?? '');
    const file = files.find(({ path }) => asked.endsWith(`/${path}`));
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    const content = file.bytes;
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (request.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Headers', 'range');
      response.writeHead(204).end();
      return;
    }
    const start = Number(from ?? 0);
    const end = Math.min(Number(to ?? content.length - 1) + 1, content.length);
    response.writeHead(206, {
      'Content-Length': end - start,
      'Content-Range': `bytes ${start}-${end - 1}/${content.length}`,
    });
    openRequests += 1;
    let at = start;
    const timer = setInterval(() => {
      const chunk = content.subarray(at, Math.min(end, at + (bytesPerSecond * TICK_MS) / 1000));
      at += chunk.length;
      sentBytes += chunk.length;
      if (at < end) return void response.write(chunk);
      clearInterval(timer);
      response.end(chunk);
    }, TICK_MS);
    response.once('close', () => {
      clearInterval(timer);
      openRequests -= 1;
    });
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    get sentBytes() {
      return sentBytes;
    },
    get openRequests() {
      return openRequests;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
