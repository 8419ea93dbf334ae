/**
 * A network that can be cut, between Rill and the world: its TCP connections to the tracker and every UDP packet between
 * peers go through this process. Peers are led here by the candidates in what the tracker hands on: each description
 * names one socket of ours, which passes packets on to whoever it belongs to. DevTools cannot do this: its offline
 * conditions end neither a data channel nor an open WebSocket (seen in Chromium 156, `packetLoss: 100` included).
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { startTracker, type TestTracker } from './tracker.ts';

export interface NetworkBox {
  /** For peers that are not behind the box; their connections to Rill go through it all the same. */
  readonly tracker: TestTracker;
  /** The tracker's address for Rill. */
  readonly trackerUrl: string;
  /** UDP packets passed on so far. */
  readonly packets: number;
  /** From now on packets are lost, and what is sent over TCP waits. Nobody is told. */
  cut(): void;
  restore(): void;
  close(): Promise<void>;
}

export async function startNetworkBox(): Promise<NetworkBox> {
  const wire = { isCut: false, packets: 0 };
  const relays = new Relays(wire);
  const tracker = await startTracker({ handOn: (text) => relays.rewrite(text) });
  const sockets = new Set<Socket>();
  const door = createServer((outer) => {
    const inner = connect(Number(new URL(tracker.url).port), '127.0.0.1');
    for (const [socket, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.on('data', (bytes) => other.write(bytes));
      if (wire.isCut) socket.pause();
    }
  });
  await new Promise<void>((resolve) => {
    door.listen(0, '127.0.0.1', resolve);
  });
  return {
    tracker,
    trackerUrl: `ws://localhost:${(door.address() as AddressInfo).port}`,
    get packets() {
      return wire.packets;
    },
    cut() {
      wire.isCut = true;
      for (const socket of sockets) socket.pause();
    },
    restore() {
      wire.isCut = false;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      relays.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        door.close(resolve);
      });
      await tracker.close();
    },
  };
}

/** Where packets of one end of a connection come out, and where it was last heard from. */
interface Relay {
  readonly socket: UdpSocket;
  owner: { readonly address: string; readonly port: number } | null;
}

interface HandedOn {
  readonly offer_id?: string;
  readonly offer?: { sdp: string };
  readonly answer?: { sdp: string };
}

class Relays {
  /** The offering end's, by offer. */
  readonly #offers = new Map<string, Relay>();
  readonly #all = new Set<Relay>();
  readonly #address = ownAddress();

  constructor(readonly wire: { readonly isCut: boolean; packets: number }) {}

  /** The tracker's message with our address in place of the peer's own. */
  async rewrite(text: string): Promise<string> {
    const message = JSON.parse(text) as HandedOn;
    const { offer_id: offerId, offer, answer } = message;
    if (!offerId || !(offer ?? answer)) return text;
    const relay = await this.#open();
    if (offer) this.#offers.set(offerId, relay);
    const asked = this.#offers.get(offerId);
    if (answer && asked) this.#join(asked, relay);
    const description = (offer ?? answer)!;
    const candidate = `a=candidate:1 1 udp 2113937151 ${this.#address} ${relay.socket.address().port} typ host generation 0`;
    const lines = description.sdp.split('\r\n').filter((line) => !line.startsWith('a=candidate:'));
    // Attributes of the media section come last.
    description.sdp = [...lines.filter(Boolean), candidate, ''].join('\r\n');
    return JSON.stringify(message);
  }

  close(): void {
    for (const { socket } of this.#all) socket.close();
  }

  async #open(): Promise<Relay> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => {
      socket.bind(0, this.#address, resolve);
    });
    const relay: Relay = { socket, owner: null };
    this.#all.add(relay);
    return relay;
  }

  /** What comes in at one end's socket goes to that end, and comes from the other end's. */
  #join(a: Relay, b: Relay): void {
    for (const [into, from] of [
      [a, b],
      [b, a],
    ] as const) {
      into.socket.on('message', (packet, { address, port }) => {
        from.owner = { address, port };
        if (this.wire.isCut || !into.owner) return;
        this.wire.packets++;
        from.socket.send(packet, into.owner.port, into.owner.address);
      });
    }
  }
}

/** Peers do not use loopback addresses (RFC 8828). */
function ownAddress(): string {
  const found = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  return found?.address ?? '127.0.0.1';
}
