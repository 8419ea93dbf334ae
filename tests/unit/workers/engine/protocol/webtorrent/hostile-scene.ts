/**
 * A real torrent (webtorrent's, with our wires, over our connections) and peers in the same process: hostile ones that
 * send what bytes they like, and honest ones that give what they are asked for.
 */
import Wire from 'bittorrent-protocol';
import { Bitfield } from '../../../../../../workers/engine/model/bitfield.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import type { DownloadPlan } from '../../../../../../workers/engine/model/swarm.ts';
import { BanList } from '../../../../../../workers/engine/protocol/ban-list.ts';
import { InFlightLimits } from '../../../../../../workers/engine/protocol/in-flight-limits.ts';
import { RateLimits } from '../../../../../../workers/engine/protocol/rate-limits.ts';
import type { DataChannelLike } from '../../../../../../workers/engine/protocol/rtc-peer/data-channel.ts';
import { RtcConnection } from '../../../../../../workers/engine/protocol/rtc-peer/rtc-connection.ts';
import { RillClient } from '../../../../../../workers/engine/protocol/webtorrent/client.ts';
import { metadataExtension } from '../../../../../../workers/engine/protocol/webtorrent/metadata-extension.ts';
import { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import { readInfo } from '../../../../../../workers/engine/readers/torrent-info.ts';
import { fakeDeps } from '../../../../../support/fake-clock.ts';
import { FakeChunkStore, FakeStorage } from '../../../../../support/fake-storage.ts';
import { bencode, makeTorrent, sha1 } from '../../../../../support/torrents.ts';

/** As the table says: 10 pieces of 16,384 bytes, the last of 1,000. */
export const made = makeTorrent({ name: 'ten.bin', files: 9 * 16_384 + 1_000 });

export const wholePiece = (index: number) =>
  made.content.subarray(index * made.pieceLength, (index + 1) * made.pieceLength);

/** One side of a data channel; what is sent is copied, as a network would. */
class ChannelEnd implements DataChannelLike {
  onopen: (() => void) | null = null;
  onmessage: ((bytes: Uint8Array<ArrayBuffer>) => void) | null = null;
  ondrain: (() => void) | null = null;
  onclose: (() => void) | null = null;
  isClosed = false;
  /** Nobody reads at the other side: what is sent stays in the buffer of the channel. */
  isStuck = false;
  other: ChannelEnd | null = null;

  get hasRoom(): boolean {
    return !this.isClosed && !this.isStuck;
  }

  send(bytes: Uint8Array): void {
    this.other?.onmessage?.(new Uint8Array(bytes));
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.other?.close();
    this.onclose?.();
  }
}

class TorrentStore extends FakeChunkStore {
  /** The torrent uses its buffers again once a piece is stored. */
  override write(index: number, bytes: Uint8Array): Promise<void> {
    return super.write(index, bytes.slice());
  }
}

interface Message {
  readonly id: number;
  readonly body: Buffer;
}

/** Whoever is at the other end, byte for byte. */
export class RawPeer {
  readonly #received: Buffer[] = [];
  /** Called when something has come. */
  onHeard: () => void = () => {};

  constructor(readonly channel: ChannelEnd) {
    channel.onmessage = (bytes) => {
      this.#received.push(Buffer.from(bytes));
      this.onHeard();
    };
  }

  get isDropped(): boolean {
    return this.channel.isClosed;
  }

  send(...messages: readonly Uint8Array[]): void {
    for (const bytes of messages) if (!this.isDropped) this.channel.send(bytes);
  }

  /** What is sent to it from now on stays where it is. */
  stopReading(): void {
    this.channel.other!.isStuck = true;
  }

  /** What came after the handshake, without keep-alives. */
  get messages(): readonly Message[] {
    const bytes = Buffer.concat(this.#received);
    const messages: Message[] = [];
    for (let at = 68; at + 4 < bytes.length;) {
      const length = bytes.readUInt32BE(at);
      const body = bytes.subarray(at + 4, at + 4 + length);
      if (length > 0) messages.push({ id: body[0]!, body: body.subarray(1) });
      at += 4 + length;
    }
    return messages;
  }

  count(id: number): number {
    return this.messages.filter((message) => message.id === id).length;
  }
}

export class HostileScene {
  readonly client = new RillClient();
  readonly deps = fakeDeps(0.5);
  readonly storage = new FakeStorage();
  readonly bans = new BanList(() => this.deps.clock.now());
  readonly warnings: string[] = [];
  readonly failures: number[] = [];
  readonly torrent: RillTorrent;
  plan: DownloadPlan | null = null;
  #connections = 0;

  private constructor() {
    this.torrent = new RillTorrent(made.infoHash, this.client, {
      events: {
        metadata: (infoBytes) => void this.begin(infoBytes),
        piece: () => undefined,
        hashFailure: (index) => this.failures.push(index),
        storageFailed: (error) => this.warnings.push(error.message),
        warning: (message) => this.warnings.push(message),
      },
      limits: new InFlightLimits(20),
      rates: new RateLimits(this.deps.clock).join(),
      bans: this.bans,
      uploadSlots: () => 4,
      deps: this.deps,
      onPeersChanged: () => undefined,
      onPeersDead: () => undefined,
    });
  }

  /** `open`: the metadata is known and all is wanted; `magnet`: only the info hash is known. */
  static async enter(phase: 'open' | 'magnet', pieces: readonly number[] = []) {
    const scene = new HostileScene();
    if (phase === 'open') await scene.begin(made.infoBytes, pieces);
    return scene;
  }

  async begin(infoBytes: Uint8Array, pieces: readonly number[] = []): Promise<void> {
    const meta = await readInfo(infoBytes);
    if (!meta.ok) throw new Error(meta.error.message);
    const map = new PieceMap(meta.value.lengthBytes, meta.value.pieceLength);
    const have = new Bitfield(map.pieceCount);
    const store = new TorrentStore(meta.value.infoHash, map, this.storage);
    for (const index of pieces) {
      await store.write(index, wholePiece(index));
      have.set(index);
    }
    const wanted = new Bitfield(map.pieceCount);
    for (let i = 0; i < map.pieceCount; i++) wanted.set(i);
    this.plan = { meta: meta.value, map, have, store };
    this.torrent.begin(this.plan, wanted);
  }

  get isComplete(): boolean {
    return this.plan?.have.isFull ?? false;
  }

  /** Every piece that we claim is in the store as it should be. */
  get isContentTrue(): boolean {
    const { plan } = this;
    if (!plan) return true;
    return Array.from({ length: plan.map.pieceCount }, (_, i) => i).every((index) => {
      const stored = this.storage.disk.pieces.get(`${plan.meta.infoHash}/${index}`);
      return plan.have.has(index)
        ? stored !== undefined && Buffer.compare(stored, wholePiece(index)) === 0
        : stored === undefined;
    });
  }

  get wires(): readonly Wire[] {
    return this.torrent.wires;
  }

  /** Somebody who has connected and said nothing. */
  stranger(): RawPeer {
    return new RawPeer(this.#connect());
  }

  /** A peer that has said its handshake, and that it knows the extensions that the table says. */
  async hostile({ hasFast = true, hasExtensions = true } = {}): Promise<RawPeer> {
    const peer = this.stranger();
    peer.send(handshake(hasFast, `hostile ${this.#connections}`));
    if (hasExtensions) peer.send(EXTENSIONS);
    await tasks(3);
    return peer;
  }

  /** A peer that has everything and gives it to whoever asks. */
  honest(): void {
    const channel = this.#connect();
    const wire = new (Wire as new () => Wire & Shaking)();
    wire.on('data', (bytes: Uint8Array) => channel.send(bytes));
    channel.onmessage = (bytes) => wire.write(bytes);
    channel.onclose = () => wire.destroy();
    wire.use(metadataExtension({ infoBytes: made.infoBytes, exchange: null }));
    wire.on('request', (index: number, offset: number, length: number, respond: Respond) =>
      respond(null, wholePiece(index).slice(offset, offset + length)),
    );
    wire.once('handshake', () =>
      queueMicrotask(() => {
        wire.haveAll();
        wire.unchoke();
      }),
    );
    wire.handshake(
      made.infoHash,
      sha1(Buffer.from(`honest ${this.#connections}`)).toString('hex'),
      {
        fast: true,
      },
    );
  }

  leave(): Promise<void> {
    return new Promise((resolve) => this.torrent.destroy({}, resolve));
  }

  #connect(): ChannelEnd {
    const ours = new ChannelEnd();
    const theirs = new ChannelEnd();
    ours.other = theirs;
    theirs.other = ours;
    const connection = new RtcConnection(++this.#connections, () => undefined);
    connection.bind(ours);
    ours.onopen?.();
    this.torrent.admit(connection);
    return theirs;
  }
}

const EXTENSIONS = message(20, Buffer.from([0]), bencode({ m: { ut_metadata: 1, ut_pex: 2 } }));

export function message(id: number, ...body: readonly Uint8Array[]): Buffer<ArrayBuffer> {
  const bytes = Buffer.concat([Buffer.from([id]), ...body]);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Numbers as a peer sends them. */
export function uint32(...numbers: readonly number[]): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, i) => bytes.writeUInt32BE(number, 4 * i));
  return bytes;
}

interface Shaking {
  handshake(infoHash: string, peerId: string, extensions: { readonly fast: boolean }): void;
}

type Respond = (error: Error | null, bytes: Uint8Array) => void;

function handshake(hasFast: boolean, name: string): Buffer {
  return Buffer.concat([
    Buffer.from('\u0013BitTorrent protocol'),
    Buffer.from([0, 0, 0, 0, 0, 0x10, 0, hasFast ? 0x04 : 0]),
    Buffer.from(made.infoHash, 'hex'),
    sha1(Buffer.from(name)),
  ]);
}

/** Lets that many turns of the event loop go by. */
export async function tasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
