/** Trackers that misbehave, and a door that can be shut in front of a good one. Loopback only, ports chosen by the system. */
import { createHash } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface BadTracker {
  /** `ws://localhost:<port>` */
  readonly url: string;
  /** TCP connections so far. */
  readonly connections: number;
  close(): Promise<void>;
}

/** Serves raw TCP; `onSocket` says what happens to each connection. */
async function serveSockets(
  onSocket: (socket: Socket) => void,
  port = 0,
): Promise<BadTracker & { readonly port: number }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `ws://localhost:${bound}`,
    port: bound,
    get connections() {
      return connections;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Takes the TCP connection and never says a word: the WebSocket never opens. */
export function startHangingTracker(): Promise<BadTracker> {
  return serveSockets(() => {});
}

/**
 * Opens WebSockets as RFC 6455 asks and then sends `messages`, whatever it is told. It reads nothing: what it says does
 * not depend on what was asked.
 */
export function startBabblingTracker(messages: readonly string[]): Promise<BadTracker> {
  return serveSockets((socket) => {
    let head = '';
    const onData = (data: Buffer) => {
      head += data.toString('latin1');
      const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1];
      if (!key || !head.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      socket.resume();
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`,
      );
      for (const message of messages) socket.write(textFrame(message));
    };
    socket.on('data', onData);
  });
}

/** A port that refuses connections until `open()`, and then leads to the tracker at `target`. */
export async function makeShutDoor(target: string): Promise<{
  readonly url: string;
  open(): Promise<void>;
  close(): Promise<void>;
}> {
  // Taken and given back, so that it is free now and known before anyone listens on it.
  const reserved = await serveSockets(() => {});
  await reserved.close();
  let door: BadTracker | null = null;
  return {
    url: reserved.url,
    async open() {
      door = await serveSockets((socket) => {
        const inner = connect(Number(new URL(target).port), '127.0.0.1');
        inner.on('error', () => socket.destroy());
        inner.once('close', () => socket.destroy());
        socket.once('close', () => inner.destroy());
        socket.pipe(inner).pipe(socket);
      }, reserved.port);
    },
    close: async () => door?.close(),
  };
}

function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** One unmasked, unfragmented text frame (RFC 6455, 5.2): the length in as few bytes as it takes. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head.writeUInt8(0x81);
  head.writeUInt8(length < 126 ? length : length < 65_536 ? 126 : 127, 1);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}
