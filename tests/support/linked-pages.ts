// Pages and trackers of several swarms in one process: what one says the other hears, until the network is cut.
import type { RtcCommand, RtcEvent } from '../../workers/contract/rtc.ts';
import { RtcPool } from '../../workers/engine/protocol/rtc-peer/rtc-pool.ts';

type Announce = Record<string, unknown> & {
  readonly info_hash: string;
  readonly peer_id: string;
  readonly offers?: readonly { readonly offer_id: string; readonly offer: object }[];
};

export class LocalNetwork {
  readonly pages: LinkedPage[] = [];
  readonly sockets: TrackerEnd[] = [];
  isCut = false;

  page(): LinkedPage {
    const page = new LinkedPage(this, this.pages.length);
    this.pages.push(page);
    return page;
  }

  /** Nothing comes through any more; trackers notice, connections do not know it yet. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets.splice(0)) socket.break();
  }

  /** As ICE finds out: some seconds after the cut, and for good a while later. */
  notice(kind: 'disconnected' | 'lost', pages: readonly LinkedPage[] = this.pages): void {
    for (const page of pages) page.notice(kind);
  }

  restore(): void {
    this.isCut = false;
  }

  /** One offer for each other peer of the torrent, as a tracker shares them out; answers to whom they are for. */
  announce(from: TrackerEnd, message: Announce): void {
    const { info_hash, peer_id, offers = [], to_peer_id, answer, offer_id } = message;
    from.peerIds.set(info_hash, peer_id);
    const others = this.sockets.filter((one) => one !== from && one.peerIds.has(info_hash));
    if (answer) {
      const about = { action: 'announce', info_hash, peer_id, offer_id, answer };
      others.find((one) => one.peerIds.get(info_hash) === to_peer_id)?.say(about);
      return;
    }
    from.say({ action: 'announce', info_hash, interval: 120, complete: 0, incomplete: 0 });
    others.slice(0, offers.length).forEach((one, index) => {
      one.say({ action: 'announce', info_hash, peer_id, ...offers[index] });
    });
  }
}

/** What to call WebSocket: each is a connection to the one tracker there is. */
export function socketsOf(network: LocalNetwork): new () => TrackerEnd {
  return class extends TrackerEnd {
    constructor() {
      super(network);
    }
  };
}

class TrackerEnd {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  /** By info hash, who announced here. */
  readonly peerIds = new Map<string, string>();

  constructor(readonly network: LocalNetwork) {
    setImmediate(() => {
      if (this.network.isCut) return this.break();
      if (this.readyState !== 0) return;
      this.network.sockets.push(this);
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(text: string): void {
    const message = JSON.parse(text) as Announce;
    setImmediate(() => this.network.announce(this, message));
  }

  say(message: object): void {
    setImmediate(() => this.onmessage?.({ data: JSON.stringify(message) }));
  }

  close(): void {
    this.readyState = 3;
    const at = this.network.sockets.indexOf(this);
    if (at >= 0) this.network.sockets.splice(at, 1);
  }

  break(): void {
    this.readyState = 3;
    this.onerror?.();
    this.onclose?.();
  }
}

/** The page's end of the rtc contract: an SDP names a page and its connection, `page/id`. */
export class LinkedPage {
  readonly pool: RtcPool;
  readonly #port: MessagePort;
  readonly #others = new Map<number, string>();
  readonly #alive = new Set<number>();

  constructor(
    readonly network: LocalNetwork,
    readonly index: number,
  ) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.pool = new RtcPool(port2);
    port1.onmessage = ({ data }: MessageEvent<RtcCommand>) => this.#receive(data);
  }

  notice(kind: 'disconnected' | 'lost'): void {
    for (const id of this.#others.keys()) {
      if (kind === 'disconnected') this.hear({ kind, id });
      else this.end(id, kind);
    }
  }

  close(): void {
    this.#port.close();
  }

  has(id: number): boolean {
    return this.#alive.has(id);
  }

  #receive(command: RtcCommand): void {
    const { id } = command;
    switch (command.kind) {
      case 'offer':
      case 'answer': {
        this.#alive.add(id);
        const sdp = `${this.index}/${id}`;
        return this.hear({ kind: 'sdp', id, type: command.kind, sdp });
      }
      case 'accept': {
        const [page, other] = this.#at(command.sdp);
        if (this.network.isCut || !this.#alive.has(id) || !page?.has(other)) return;
        this.open(id, command.sdp);
        return page.open(other, `${this.index}/${id}`);
      }
      case 'pump-send': {
        const [page, other] = this.#at(this.#others.get(id) ?? '');
        this.hear({ kind: 'pump-drained', id, bytes: command.bytes.byteLength });
        if (this.network.isCut) return;
        return page?.hear({ kind: 'pump-data', id: other, bytes: command.bytes });
      }
      case 'close': {
        const [page, other] = this.#at(this.#others.get(id) ?? '');
        this.#alive.delete(id);
        this.#others.delete(id);
        if (!this.network.isCut) page?.end(other, 'closed');
      }
    }
  }

  open(id: number, other: string): void {
    this.#others.set(id, other);
    this.hear({ kind: 'connected', id, address: `192.0.2.${this.index}`, port: 1000 + id });
    this.hear({ kind: 'pump-open', id });
  }

  end(id: number, failure: 'closed' | 'lost'): void {
    if (!this.#alive.delete(id)) return;
    this.#others.delete(id);
    this.hear({ kind: 'closed', id, failure, reason: failure });
  }

  #at(sdp: string): [LinkedPage | undefined, number] {
    const [page, id] = sdp.split('/');
    return [this.network.pages[Number(page)], Number(id)];
  }

  /** The engine hears that of a connection. */
  hear(event: RtcEvent): void {
    this.#port.postMessage(event);
  }
}
