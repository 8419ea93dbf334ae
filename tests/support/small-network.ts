// A tracker and the connections between peers, on one network that a test can cut. Time is the test's.
import type { RtcCommand, RtcEvent } from '../../workers/contract/rtc.ts';
import { RtcPool } from '../../workers/engine/protocol/rtc-peer/rtc-pool.ts';
import type { FakeClock } from './fake-clock.ts';

/** A client whose first packet was lost sends it again after so long, for some seconds. */
const SYN_AGAIN_MS = 3_000;
/** ICE says after so long that nothing comes any more (RFC 7675), and only much later that it failed. */
const CONSENT_LOST_MS = 6_000;

export class SmallNetwork {
  isUp = true;
  /** How often somebody tried to reach the tracker. */
  attempts = 0;
  /** How many connections between peers there ever were. */
  linked = 0;
  readonly #sockets = new Set<NetSocket>();
  readonly #announced = new Map<string, NetSocket>();
  readonly #hosts = new Map<string, NetHost>();

  constructor(
    readonly clock: FakeClock,
    /** Of each direction of a connection between peers. */
    readonly bytesPerSecond: number,
  ) {}

  /** What stands for `WebSocket` on this network. */
  socketClass(): new (url: string) => NetSocket {
    // oxlint-disable-next-line no-this-alias -- a class of its own, made for this network.
    const network = this;
    return class extends NetSocket {
      constructor(url: string) {
        super(url, network);
      }
    };
  }

  host(name: string): NetHost {
    const host = new NetHost(name, this);
    this.#hosts.set(name, host);
    return host;
  }

  /** Nothing gets through any more, and nobody is told before ICE doubts it. */
  cut(): void {
    this.isUp = false;
    this.clock.after(CONSENT_LOST_MS, () => {
      if (!this.isUp) for (const host of this.#hosts.values()) host.waver(true);
    });
  }

  /** Whether connections between peers, and those to the tracker, go on where they were; else they lead nowhere. */
  restore(outlived: { readonly channels: boolean; readonly sockets: boolean }): void {
    this.isUp = true;
    for (const host of this.#hosts.values()) {
      if (outlived.channels) host.waver(false);
      else host.strand();
    }
    for (const socket of this.#sockets) {
      if (socket.readyState === 0) this.clock.after(SYN_AGAIN_MS, () => socket.open());
      else socket.isDead ||= !outlived.sockets;
    }
  }

  /** ICE notices what is dead, at both ends. */
  iceFails(): void {
    for (const host of this.#hosts.values()) host.failAll();
  }

  /** A second's worth of bytes gets through. */
  tick(): void {
    if (this.isUp) for (const host of this.#hosts.values()) host.deliver(this.bytesPerSecond);
  }

  end(): void {
    for (const host of this.#hosts.values()) host.close();
  }

  joins(socket: NetSocket): void {
    this.attempts++;
    this.#sockets.add(socket);
    if (this.isUp) queueMicrotask(() => socket.open());
  }

  leaves(socket: NetSocket): void {
    this.#sockets.delete(socket);
  }

  /** The tracker hears a message. */
  hears(from: NetSocket, message: Announce): void {
    const { peer_id: id, info_hash, event, offers = [], to_peer_id: to, answer } = message;
    const about = { action: 'announce', info_hash };
    if (answer) {
      const { offer_id } = message;
      return this.#announced.get(to!)?.hear({ ...about, peer_id: id, offer_id, answer });
    }
    if (event === 'stopped') return void this.#announced.delete(id);
    this.#announced.set(id, from);
    from.hear({ ...about, interval: 120, complete: 1, incomplete: 1 });
    const others = [...this.#announced].filter(([other]) => other !== id);
    offers.forEach((offer, i) => others[i]?.[1].hear({ ...about, peer_id: id, ...offer }));
  }

  hostOf(address: string): { host: NetHost; id: number } {
    const [name, id] = address.split('#');
    return { host: this.#hosts.get(name!)!, id: Number(id) };
  }
}

interface Announce {
  readonly peer_id: string;
  readonly info_hash: string;
  readonly event?: string;
  readonly offers?: readonly object[];
  readonly to_peer_id?: string;
  readonly offer_id?: string;
  readonly answer?: object;
}

class NetSocket {
  readyState = 0;
  isDead = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(
    readonly url: string,
    readonly network: SmallNetwork,
  ) {
    network.joins(this);
  }

  open(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.();
  }

  send(text: string): void {
    if (!this.isDead && this.network.isUp) this.network.hears(this, JSON.parse(text) as Announce);
  }

  hear(message: object): void {
    const data = JSON.stringify(message);
    queueMicrotask(() => {
      if (!this.isDead && this.network.isUp) this.onmessage?.({ data });
    });
  }

  close(): void {
    this.readyState = 3;
    this.network.leaves(this);
  }
}

interface End {
  readonly other: string;
  isOpen: boolean;
  isDead: boolean;
  readonly queue: ArrayBuffer[];
}

/** The page's end of the rtc contract; what it describes is where it is to be found. */
class NetHost {
  readonly pool: RtcPool;
  readonly #port: MessagePort;
  readonly #ends = new Map<number, End>();
  /** Connections that were made and not closed. */
  readonly #live = new Set<number>();

  constructor(
    readonly name: string,
    readonly network: SmallNetwork,
  ) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.pool = new RtcPool(port2);
    port1.onmessage = ({ data }: MessageEvent<RtcCommand>) => this.#receive(data);
  }

  waver(isWavering: boolean): void {
    for (const id of this.#ends.keys()) {
      if (isWavering) this.#post({ kind: 'disconnected', id });
      else this.#post({ kind: 'connected', id, address: null, port: null });
    }
  }

  strand(): void {
    for (const end of this.#ends.values()) end.isDead = true;
  }

  failAll(): void {
    for (const [id, { isDead }] of [...this.#ends])
      if (isDead || !this.network.isUp) this.#closed(id);
  }

  deliver(mostBytes: number): void {
    for (const [id, end] of this.#ends) {
      if (!end.isOpen || end.isDead) continue;
      const { host, id: otherId } = this.network.hostOf(end.other);
      for (let bytes = 0; bytes < mostBytes && end.queue.length;) {
        const message = end.queue.shift()!;
        bytes += message.byteLength;
        this.#post({ kind: 'pump-drained', id, bytes: message.byteLength });
        host.#post({ kind: 'pump-data', id: otherId, bytes: message });
      }
    }
  }

  close(): void {
    this.#port.close();
  }

  #receive(command: RtcCommand): void {
    const { id } = command;
    if (command.kind === 'offer' || command.kind === 'answer') this.#live.add(id);
    switch (command.kind) {
      case 'offer':
        return this.#post({ kind: 'sdp', id, type: 'offer', sdp: `${this.name}#${id}` });
      case 'answer':
        this.#link(id, command.sdp);
        return this.#post({ kind: 'sdp', id, type: 'answer', sdp: `${this.name}#${id}` });
      case 'accept':
        return this.#connect(id, command.sdp);
      case 'close':
        return this.#hangUp(id);
      case 'pump-send':
        this.#ends.get(id)?.queue.push(command.bytes);
    }
  }

  #link(id: number, other: string): void {
    this.#ends.set(id, { other, isOpen: false, isDead: false, queue: [] });
  }

  #connect(id: number, other: string): void {
    if (!this.#live.has(id)) return;
    this.#link(id, other);
    const remote = this.network.hostOf(other);
    const end = remote.host.#ends.get(remote.id);
    if (!this.network.isUp || !end) return;
    this.network.linked++;
    end.isOpen = this.#ends.get(id)!.isOpen = true;
    remote.host.#post({ kind: 'pump-open', id: remote.id });
    this.#post({ kind: 'pump-open', id });
  }

  /** Who is closed is told, if there is a way to tell it. */
  #hangUp(id: number): void {
    const end = this.#ends.get(id);
    this.#ends.delete(id);
    this.#live.delete(id);
    if (!end || !this.network.isUp) return;
    const { host, id: otherId } = this.network.hostOf(end.other);
    host.#closed(otherId);
  }

  #closed(id: number): void {
    if (this.#ends.delete(id))
      this.#post({ kind: 'closed', id, failure: 'lost', reason: 'it was lost' });
  }

  #post(event: RtcEvent): void {
    this.#port.postMessage(event);
  }
}
