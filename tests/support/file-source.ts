/** A web seed as fast as the machine, which counts what it gives: what is served twice was not stored. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MadeTorrent } from './torrents.ts';

export interface FileSource {
  /** To be named in a torrent's `webSeeds`. */
  readonly url: string;
  /** Payload bytes given since the start. */
  readonly servedBytes: number;
  /** Serves these torrents' files from now on. */
  serve(...torrents: readonly MadeTorrent[]): void;
  /** Over all requests together; `Infinity`: no limit. */
  limit(bytesPerSecond: number): void;
  close(): Promise<void>;
}

/** Answers ranges of the files of the torrents it was told of, to any page. */
export async function startFileSource(): Promise<FileSource> {
  const files = new Map<string, Uint8Array>();
  let servedBytes = 0;
  let bytesPerSecond = Infinity;
  /** When the next byte may go, in milliseconds. */
  let freeAtMs = 0;

  function give(response: ServerResponse, bytes: Uint8Array): void {
    const nowMs = performance.now();
    freeAtMs = Math.max(freeAtMs, nowMs) + (bytes.length / bytesPerSecond) * 1000;
    const timer = setTimeout(() => {
      servedBytes += bytes.length;
      response.end(bytes);
    }, freeAtMs - nowMs);
    response.once('close', () => clearTimeout(timer));
  }

  const server = createServer((request, response) => {
    const file = files.get(decodeURIComponent(request.url ?? ''));
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (!file || !from || !to) return void response.writeHead(404).end();
    const bytes = file.subarray(Number(from), Number(to) + 1);
    response.writeHead(206, {
      'Content-Length': bytes.length,
      'Content-Range': `bytes ${from}-${to}/${file.length}`,
    });
    give(response, bytes);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    get servedBytes() {
      return servedBytes;
    },
    serve(...torrents) {
      files.clear();
      for (const torrent of torrents) {
        for (const { path, bytes } of torrent.files) {
          const isAlone = torrent.files.length === 1 && path === torrent.name;
          files.set(isAlone ? `/${path}` : `/${torrent.name}/${path}`, bytes);
        }
      }
    },
    limit(rate) {
      bytesPerSecond = rate;
      freeAtMs = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
