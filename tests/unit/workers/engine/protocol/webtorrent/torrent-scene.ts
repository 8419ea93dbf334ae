/** RillTorrents over real wires on a clock that the test moves, and peers whose every answer the test gives. */
import type Wire from 'bittorrent-protocol';
import type { OutgoingRequest, WireExtension } from 'bittorrent-protocol';
import { pieceIndex } from '../../../../../../workers/contract/ids.ts';
import { Bitfield } from '../../../../../../workers/engine/model/bitfield.ts';
import type { QueuedChunkStore } from '../../../../../../workers/engine/model/chunk-store.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import type { DownloadPlan } from '../../../../../../workers/engine/model/swarm.ts';
import type { TorrentMeta } from '../../../../../../workers/engine/model/torrent-meta.ts';
import { BanList } from '../../../../../../workers/engine/protocol/ban-list.ts';
import { InFlightLimits } from '../../../../../../workers/engine/protocol/in-flight-limits.ts';
import { RateLimits } from '../../../../../../workers/engine/protocol/rate-limits.ts';
import type { RillClient } from '../../../../../../workers/engine/protocol/webtorrent/client.ts';
import { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import type { WireSession } from '../../../../../../workers/engine/protocol/webtorrent/wire-session.ts';
import { readTorrentFile } from '../../../../../../workers/engine/readers/torrent-file.ts';
import { FakeClock, settled } from '../../../../../support/fake-clock.ts';
import { seededRandom } from '../../../../../support/seeded-random.ts';
import {
  makeTorrent,
  type MadeTorrent,
  type TorrentSpec,
} from '../../../../../support/torrents.ts';
import { connect, newWire } from './bare-torrent.ts';

const PIECE_BYTES = 64 * 1024;

export interface ScriptedPeer {
  /** Its own end. */
  readonly wire: Wire;
  /** The torrent's session with it. */
  readonly session: WireSession;
  /** What it was asked for and has neither answered nor been told to forget. */
  readonly asked: readonly OutgoingRequest[];
  /** It gives so many of the blocks it was asked for, or all. */
  answer(count?: number): void;
  /** It gives as many, and none of them is right. */
  lie(count?: number): void;
}

interface PeerFacts {
  /** As hex; one that nobody has by default. */
  readonly id?: string;
  /** Where it is, as the page would say. */
  readonly address?: { remoteAddress: string | null };
  /** Whether it speaks the fast extension (BEP 6); it does by default. */
  readonly hasFast?: boolean;
  /** Extensions it speaks beside (BEP 10). */
  readonly extensions?: readonly (new (wire: Wire) => WireExtension)[];
}

export class TorrentScene {
  readonly deps;
  /** Over all torrents of the scene. */
  readonly rates: RateLimits;
  uploadSlots = 4;
  /** How often it was said that more or fewer peers are wanted. */
  peerChanges = 0;
  /** Warnings and failures of storage. */
  readonly complaints: string[] = [];
  readonly bans: BanList;
  readonly #torrents: RillTorrent[] = [];
  /** How often peers were found dead. */
  deaths = 0;
  #peers = 0;

  private constructor(
    readonly made: MadeTorrent,
    readonly meta: TorrentMeta,
  ) {
    this.deps = { clock: new FakeClock(), random: seededRandom(1), log: () => undefined };
    this.rates = new RateLimits(this.deps.clock);
    this.bans = new BanList(() => this.clock.now());
  }

  static make(pieceCount: number): Promise<TorrentScene> {
    return TorrentScene.of({ files: pieceCount * PIECE_BYTES });
  }

  /** A torrent of other files, in pieces of 64 KiB. */
  static async of(spec: TorrentSpec): Promise<TorrentScene> {
    const made = makeTorrent({ ...spec, pieceLength: PIECE_BYTES });
    const read = await readTorrentFile(made.torrentBytes);
    if (!read.ok) throw new Error(read.error.message);
    return new TorrentScene(made, read.value.meta);
  }

  get clock(): FakeClock {
    return this.deps.clock;
  }

  /** A torrent that wants everything and has everything or nothing. */
  torrent(isSeed: boolean): RillTorrent {
    const client = { enter: () => undefined } as unknown as RillClient;
    const torrent = new RillTorrent(this.made.infoHash, client, {
      deps: this.deps,
      limits: new InFlightLimits(20),
      rates: this.rates.join(),
      bans: this.bans,
      uploadSlots: () => this.uploadSlots,
      onPeersChanged: () => this.peerChanges++,
      onPeersDead: () => this.deaths++,
      events: {
        metadata: () => undefined,
        piece: () => undefined,
        hashFailure: () => undefined,
        storageFailed: ({ message }) => this.complaints.push(message),
        warning: (message) => this.complaints.push(message),
      },
    });
    this.#torrents.push(torrent);
    torrent.begin(this.#plan(isSeed), all(this.meta.pieceHashes.length / 20));
    return torrent;
  }

  /** A peer that says and does what the test has it say and do. */
  async peer(
    torrent: RillTorrent,
    { id, address, hasFast = true, extensions = [] }: PeerFacts = {},
  ): Promise<ScriptedPeer> {
    const wire = newWire();
    for (const extension of extensions) wire.use(extension);
    const asked = wire.peerRequests;
    this.#connect(torrent, wire, address);
    wire.handshake(this.made.infoHash, id ?? this.#nextId(), { fast: hasFast });
    await settled();
    const session = [...torrent.sessions].at(-1)!;
    return {
      wire,
      session,
      asked,
      answer: (count) => this.#answer(asked.slice(0, count), (bytes) => bytes),
      lie: (count) => this.#answer(asked.slice(0, count), (bytes) => bytes.map((byte) => ~byte)),
    };
  }

  /** What the torrent has stored is what it should be. */
  async isContentTrue(torrent: RillTorrent): Promise<boolean> {
    const { have, store } = torrent.plan!;
    for (let i = 0; i < have.length; i++) {
      if (!have.has(i)) continue;
      const stored = await store.read(pieceIndex(i), 0, PIECE_BYTES);
      if (Buffer.compare(stored, this.#content(i, 0, PIECE_BYTES)) !== 0) return false;
    }
    return true;
  }

  /** Connects two torrents; returns the session that each has of the other. */
  async link(a: RillTorrent, b: RillTorrent): Promise<readonly [WireSession, WireSession]> {
    this.#connect(a, this.#connect(b));
    await settled();
    return [[...a.sessions].at(-1)!, [...b.sessions].at(-1)!];
  }

  /** Time passes second by second, and what it sets off has the time to happen. */
  async pass(seconds: number, eachSecond: () => void = () => undefined): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.clock.advance(1_000);
      eachSecond();
      await settled();
    }
  }

  async end(): Promise<void> {
    for (const torrent of this.#torrents) torrent.destroy({}, () => undefined);
    await settled();
  }

  /** A new wire of the torrent, connected to the other end if there is one yet, that says who it is. */
  #connect(torrent: RillTorrent, otherEnd?: Wire, conn: PeerFacts['address'] | null = null): Wire {
    const wire = newWire();
    const id = this.#nextId();
    torrent._peers.set(id, { wire, conn, destroy: () => wire.destroy() });
    wire.once('close', () => {
      torrent._peers.delete(id);
      torrent.wires = torrent.wires.filter((one) => one !== wire);
    });
    wire.once('handshake', () => torrent._onWire(wire));
    if (otherEnd) connect(wire, otherEnd);
    wire.handshake(this.made.infoHash, id, { fast: true });
    return wire;
  }

  #answer(asked: readonly OutgoingRequest[], make: (bytes: Uint8Array) => Uint8Array): void {
    for (const { piece, offset, length, callback } of asked) {
      callback(null, make(this.#content(piece, offset, length)));
    }
  }

  #content(piece: number, offset: number, length: number): Uint8Array {
    const start = piece * PIECE_BYTES + offset;
    return this.made.content.slice(start, start + length);
  }

  #nextId(): string {
    return (++this.#peers).toString(16).padStart(40, '0');
  }

  #plan(isSeed: boolean): DownloadPlan {
    const { meta, made } = this;
    const map = new PieceMap(meta.lengthBytes, meta.pieceLength);
    const pieces = new Map<number, Uint8Array>();
    const have = isSeed ? all(map.pieceCount) : new Bitfield(map.pieceCount);
    for (let i = 0; i < map.pieceCount && isSeed; i++) {
      pieces.set(i, made.content.slice(i * PIECE_BYTES, (i + 1) * PIECE_BYTES));
    }
    const store: QueuedChunkStore = {
      isPressed: false,
      onRelieved: null,
      queuedPieces: 0,
      queuedBytes: 0,
      averageWriteMs: 0,
      hasRoomFor: () => true,
      write: async (index, bytes) => void pieces.set(index, bytes.slice()),
      read: async (index, at, length) => new Uint8Array(pieces.get(index)!.slice(at, at + length)),
      flush: async () => undefined,
      close: async () => undefined,
      destroy: async () => undefined,
    };
    return { meta, map, have, store };
  }
}

function all(pieceCount: number): Bitfield {
  const pieces = new Bitfield(pieceCount);
  for (let i = 0; i < pieceCount; i++) pieces.set(i);
  return pieces;
}
