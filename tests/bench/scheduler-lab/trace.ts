/**
 * One trace of a swarm, given to a torrent over wires of its own process: what every peer has, then HAVEs and blocks in turn,
 * each as the bytes of one channel message in a task of its own, as a browser delivers them. The peers unchoke at once and
 * answer what they are asked for, oldest first; who answers next, and who has what next, is the same for every torrent.
 */
import Wire from 'bittorrent-protocol';
import { seededRandom } from '../../support/seeded-random.ts';
import { INFO_HASH, PIECE_COUNT } from './zero-torrent.ts';

/** A wire that says who it is: what webtorrent's Peer calls. */
interface OwnWire extends Wire {
  handshake(infoHash: string, peerId: string, extensions: { readonly fast: boolean }): void;
  downloadSpeed(): number;
}

/** Takes a wire whose handshake has come, as a Torrent does. */
export type Adopt = (wire: Wire) => void;

const PEERS = 100;
const SEEDS = 5;
/** As fast as every peer seems to be: what a torrent sizes its pipelines by. Over webtorrent's mark of a slow one. */
const PEER_BPS = 64 * 1024;
const MESSAGE = { unchoke: 1, have: 4, bitfield: 5, request: 6, piece: 7 } as const;
const REQUEST_BYTES = 17;

interface Peer {
  readonly wire: OwnWire;
  /** The bodies of the requests that wait for an answer: piece, offset, length. */
  readonly asked: Uint8Array[];
  readonly pieces: Uint8Array;
}

export class Trace {
  readonly #random = seededRandom(11);
  readonly #peers: Peer[] = [];
  #turn = 0;

  constructor(readonly adopt: Adopt) {}

  /** Connects every peer; resolves when each has said what it has and has unchoked us. */
  async begin(): Promise<void> {
    for (let n = 0; n < PEERS; n++) {
      const pieces = new Uint8Array(PIECE_COUNT / 8).map(() =>
        n < SEEDS ? 255 : Math.floor(this.#random() * 256),
      );
      const wire = new (Wire as unknown as new (type: string) => OwnWire)('webrtc');
      const peer: Peer = { wire, asked: [], pieces };
      wire.on('data', (sent: Uint8Array) => {
        if (sent.length === REQUEST_BYTES && sent[4] === MESSAGE.request)
          peer.asked.push(sent.subarray(5));
      });
      wire.once('handshake', () => {
        this.adopt(wire);
        wire.handshake(INFO_HASH, '0'.repeat(40), { fast: false });
      });
      wire.write(handshakeOf(n));
      await nextTask();
      wire.downloadSpeed = () => PEER_BPS;
      wire.write(message(MESSAGE.bitfield, pieces));
      wire.write(message(MESSAGE.unchoke));
      await nextTask();
      this.#peers.push(peer);
    }
  }

  /** So many blocks, each after a HAVE. */
  async blocks(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      this.#have();
      await nextTask();
      await this.#answer();
    }
  }

  /** A piece that the peer did not have; seeds have nothing to tell. */
  #have(): void {
    const { wire, pieces } = this.#peers[SEEDS + this.#draw(PEERS - SEEDS)]!;
    let index = this.#draw(PIECE_COUNT);
    while (pieces[index >> 3]! & (0x80 >> (index & 7))) index = (index + 1) % PIECE_COUNT;
    pieces[index >> 3]! |= 0x80 >> (index & 7);
    const body = new Uint8Array(4);
    new DataView(body.buffer).setUint32(0, index);
    wire.write(message(MESSAGE.have, body));
  }

  /** Head and payload come apart, as most clients send them. */
  async #answer(): Promise<void> {
    const { wire, asked } = this.#nextAsked();
    const request = asked.shift()!;
    const length = new DataView(request.buffer, request.byteOffset).getUint32(8);
    const head = new Uint8Array(13);
    new DataView(head.buffer).setUint32(0, 9 + length);
    head[4] = MESSAGE.piece;
    head.set(request.subarray(0, 8), 5);
    wire.write(head);
    await nextTask();
    wire.write(new Uint8Array(length));
    await nextTask();
  }

  #nextAsked(): Peer {
    const first = this.#draw(PEERS);
    for (let n = 0; n < PEERS; n++) {
      const peer = this.#peers[(first + n) % PEERS]!;
      if (peer.asked.length) return peer;
    }
    throw new Error(`nobody is asked for anything, after ${this.#turn} draws`);
  }

  #draw(below: number): number {
    this.#turn++;
    return Math.floor(this.#random() * below);
  }
}

function handshakeOf(peer: number): Uint8Array {
  const bytes = new Uint8Array(68);
  bytes.set(new TextEncoder().encode('\u0013BitTorrent protocol'));
  bytes.set(
    INFO_HASH.match(/../g)!.map((hex) => parseInt(hex, 16)),
    28,
  );
  bytes.set(new TextEncoder().encode(`-XX0000-${String(peer).padStart(12, '0')}`), 48);
  return bytes;
}

function message(id: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(5 + body.length);
  new DataView(bytes.buffer).setUint32(0, 1 + body.length);
  bytes[4] = id;
  bytes.set(body, 5);
  return bytes;
}

const tasks = new MessageChannel();
let endTask: () => void = () => undefined;
tasks.port1.onmessage = () => endTask();

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    endTask = resolve;
    tasks.port2.postMessage(null);
  });
}
