/**
 * A real torrent over a real client and real connections, watched from outside: what reached it, what of that was wrong, and
 * what it told of. Nothing of the engine is replaced but the two meters of each wire that read the machine's own clock.
 */
import type Wire from 'bittorrent-protocol';
import { Bitfield } from '../../workers/engine/model/bitfield.ts';
import { BanList } from '../../workers/engine/protocol/ban-list.ts';
import type { DataChannelLike } from '../../workers/engine/protocol/rtc-peer/data-channel.ts';
import { RtcConnection } from '../../workers/engine/protocol/rtc-peer/rtc-connection.ts';
import { InFlightLimits } from '../../workers/engine/protocol/in-flight-limits.ts';
import { RateLimits } from '../../workers/engine/protocol/rate-limits.ts';
import { RateMeter } from '../../workers/engine/protocol/rate-meter.ts';
import { RillClient } from '../../workers/engine/protocol/webtorrent/client.ts';
import { RillTorrent } from '../../workers/engine/protocol/webtorrent/torrent.ts';
import { between, type Random } from '../support/seeded-random.ts';
import { checkedStore, trueBlock } from './content.ts';
import { Line, type LineSpeeds } from './link.ts';
import { peerIdOf, type Member, type World } from './member.ts';

export interface HonestSpec {
  readonly name: string;
  readonly speeds: LineSpeeds;
  readonly isSeed: boolean;
  readonly degree: number;
}

export class HonestMember implements Member {
  readonly isHonest = true;
  readonly id: string;
  readonly name: string;
  readonly degree: number;
  readonly line: Line;
  readonly limits = new InFlightLimits(20);
  readonly bans: BanList;
  readonly have: Bitfield;
  readonly torrent: WatchedTorrent;
  readonly warnings: string[] = [];
  readonly faults: string[] = [];
  /** Payload that reached it, asked for or not. */
  receivedBytes = 0;
  failedPieces = 0;
  finishedAtS: number | null = null;
  /** Of each member that gave wrong blocks: in how many pieces that then failed. */
  readonly spoiledBy = new Map<string, number>();
  /** By piece: who gave wrong blocks since it last failed or came out right. */
  readonly #wrong = new Map<number, Set<string>>();
  readonly #client = new RillClient();
  #connections = 0;

  constructor(
    readonly world: World,
    place: number,
    readonly spec: HonestSpec,
    random: Random,
    onFinished: () => void,
  ) {
    const { clock, content } = world;
    this.id = peerIdOf(place);
    this.bans = new BanList(() => clock.now());
    this.name = spec.name;
    this.degree = spec.degree;
    this.line = new Line(clock, spec.speeds);
    const { pieceCount } = content.map;
    this.have = new Bitfield(pieceCount);
    const wanted = new Bitfield(pieceCount);
    for (let i = 0; i < pieceCount; i++) {
      wanted.set(i);
      if (spec.isSeed) this.have.set(i);
    }
    if (spec.isSeed) this.finishedAtS = 0;
    Object.assign(this.#client, { peerId: this.id });
    this.torrent = new WatchedTorrent(this, this.#client, {
      deps: { clock, random, log: () => undefined },
      limits: this.limits,
      rates: new RateLimits(clock).join(),
      bans: this.bans,
      uploadSlots: () => 4,
      onPeersChanged: () => undefined,
      onPeersDead: () => undefined,
      events: {
        metadata: () => undefined,
        piece: (index) => this.#gotPiece(index, onFinished),
        hashFailure: (index) => this.#failed(index),
        storageFailed: ({ message }) => this.faults.push(`storage failed: ${message}`),
        warning: (message) => this.warnings.push(message),
      },
    });
    const store = checkedStore(
      content,
      clock,
      () => between(random, 1, 20),
      (index) => this.faults.push(`piece ${index} was stored wrong`),
    );
    this.torrent.begin({ meta: content.meta, map: content.map, store, have: this.have }, wanted);
  }

  get wastedBytes(): number {
    return this.torrent.wastedBytes;
  }

  /** What it had to fetch. */
  get neededBytes(): number {
    return this.spec.isSeed ? 0 : this.world.content.map.lengthBytes;
  }

  connect(channel: DataChannelLike): void {
    const connection = new RtcConnection(++this.#connections, () => undefined);
    // As TorrentPeers does: it may open after the torrent has left.
    connection.once('open', () => {
      if (this.torrent.destroyed) connection.destroy();
      else this.torrent.admit(connection);
    });
    connection.bind(channel);
  }

  heard(from: string, index: number, offset: number, block: Uint8Array): void {
    this.receivedBytes += block.length;
    const isTrue =
      Buffer.compare(block, trueBlock(this.world.content, index, offset, block.length)) === 0;
    if (isTrue) return;
    const wrong = this.#wrong.get(index);
    if (wrong) wrong.add(from);
    else this.#wrong.set(index, new Set([from]));
  }

  isBanned(peerId: string): boolean {
    return this.bans.isBanned(peerId);
  }

  leave(): Promise<void> {
    this.torrent.scheduler?.clear();
    return new Promise((resolve) => {
      this.torrent.destroy({}, () => this.#client.destroy(() => resolve()));
    });
  }

  #gotPiece(index: number, onFinished: () => void): void {
    this.#wrong.delete(index);
    if (!this.have.isFull || this.finishedAtS !== null) return;
    this.finishedAtS = this.world.clock.elapsedS;
    onFinished();
  }

  #failed(index: number): void {
    this.failedPieces++;
    for (const liar of this.#wrong.get(index) ?? []) {
      this.spoiledBy.set(liar, (this.spoiledBy.get(liar) ?? 0) + 1);
    }
    this.#wrong.delete(index);
  }
}

class WatchedTorrent extends RillTorrent {
  constructor(
    readonly member: HonestMember,
    client: RillClient,
    context: RillTorrent['context'],
  ) {
    super(member.world.content.meta.infoHash, client, context);
  }

  override _onWire(wire: Wire): void {
    const { clock } = this.context.deps;
    wire.uploadSpeed = meter(new RateMeter(clock));
    // Its interval is the machine's; nobody here waits for a keep-alive.
    wire.setKeepAlive = () => undefined;
    super._onWire(wire);
    const onPiece = wire._onPiece;
    wire._onPiece = (index, offset, block) => {
      this.member.heard(wire.peerId ?? '', index, offset, block);
      onPiece.call(wire, index, offset, block);
    };
  }
}

/** As bittorrent-protocol's `throughput`. */
function meter(rate: RateMeter): (bytes?: number) => number {
  return (bytes) => {
    if (bytes) rate.add(bytes);
    return rate.bps;
  };
}
