// The part of bittorrent-tracker's server that the tests use; the package ships no types.
declare module 'bittorrent-tracker/server' {
  import type { EventEmitter } from 'node:events';
  import type { Server as HttpServer } from 'node:http';

  interface Swarm {
    readonly complete: number;
    readonly incomplete: number;
  }

  interface Client {
    send(text: string, done: (error?: Error) => void): void;
  }

  export default class Server extends EventEmitter {
    constructor(options: {
      http?: boolean;
      udp?: boolean;
      ws?: boolean;
      stats?: boolean;
      interval?: number;
    });
    readonly http: HttpServer;
    readonly ws: {
      on(event: 'connection', listener: (client: Client) => void): void;
    };
    /** Swarms by info hash in lower-case hex. */
    readonly torrents: Readonly<Record<string, Swarm | undefined>>;
    listen(port: number, hostname: string, onListening: () => void): void;
    close(done: () => void): void;
  }
}
