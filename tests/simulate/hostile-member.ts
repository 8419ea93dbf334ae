/** A member that speaks the protocol and does with it what its behaviour says (behaviours.ts). Each connection is one performance. */
import Wire from 'bittorrent-protocol';
import type { DataChannelLike } from '../../workers/engine/protocol/rtc-peer/data-channel.ts';
import { RtcConnection } from '../../workers/engine/protocol/rtc-peer/rtc-connection.ts';
import type { Random } from '../support/seeded-random.ts';
import { BEHAVIOURS, type HostileKind } from './behaviours.ts';
import { trueBlock } from './content.ts';
import { Line, type Link, type LineSpeeds } from './link.ts';
import { peerIdOf, type Member, type World } from './member.ts';

export interface HostileSpec {
  readonly name: string;
  readonly kind: HostileKind;
  readonly speeds: LineSpeeds;
  /** Whether it speaks the fast extension (BEP 6). */
  readonly hasFast: boolean;
  readonly degree: number;
}

interface ShakingWire extends Wire {
  handshake(infoHash: string, peerId: string, extensions: { readonly fast: boolean }): void;
}

export type Respond = (error: Error | null, bytes?: Uint8Array) => void;

export class HostileMember implements Member {
  readonly isHonest = false;
  readonly id: string;
  readonly name: string;
  readonly degree: number;
  readonly line: Line;
  #connections = 0;

  constructor(
    readonly world: World,
    place: number,
    readonly spec: HostileSpec,
    readonly random: Random,
  ) {
    this.id = peerIdOf(place);
    this.name = spec.name;
    this.degree = spec.degree;
    this.line = new Line(world.clock, spec.speeds);
  }

  connect(channel: DataChannelLike, link: Link): void {
    const connection = new RtcConnection(++this.#connections, () => undefined);
    const wire = new (Wire as unknown as new (type: string) => ShakingWire)('webrtc');
    wire.on('data', (bytes: Uint8Array) => void connection.write(bytes));
    wire.on('end', () => connection.destroy());
    wire.on('error', () => undefined);
    connection.on('data', (bytes: Uint8Array) => {
      if (!wire.destroying) wire.write(bytes);
    });
    connection.on('close', () => wire.destroy());
    connection.once('open', () => {
      wire.handshake(this.world.content.meta.infoHash, this.id, { fast: this.spec.hasFast });
    });
    wire.once('handshake', () => {
      // After our own handshake and whatever follows it by itself.
      queueMicrotask(() => {
        if (!wire.destroying) BEHAVIOURS[this.spec.kind](new Performance(this, wire, link));
      });
    });
    connection.bind(channel);
  }
}

/** One connection of a hostile member, with what its behaviour is made of. */
export class Performance {
  readonly random: Random;
  readonly pieceCount: number;
  #isOver = false;

  constructor(
    readonly member: HostileMember,
    readonly wire: Wire,
    readonly link: Link,
  ) {
    this.random = member.random;
    this.pieceCount = member.world.content.map.pieceCount;
    wire.once('finish', () => {
      this.#isOver = true;
    });
  }

  /** A number from `least` up to `most`. */
  range(least: number, most: number): number {
    return least + this.random() * (most - least);
  }

  claimAll(): void {
    const { wire, pieceCount } = this;
    if (wire.hasFast) return wire.haveAll();
    const bits = new Uint8Array(Math.ceil(pieceCount / 8)).fill(0xff);
    if (pieceCount % 8) bits[bits.length - 1] = (0xff00 >> (pieceCount % 8)) & 0xff;
    wire.bitfield(bits);
  }

  claimNothing(): void {
    const { wire, pieceCount } = this;
    if (wire.hasFast) wire.haveNone();
    else wire.bitfield(new Uint8Array(Math.ceil(pieceCount / 8)));
  }

  /** Its extension handshake (BEP 10) once more. */
  shakeHands(reqq: number): void {
    const text = `d1:mde4:reqqi${reqq}ee`;
    this.wire._message(
      20,
      [],
      Uint8Array.from(`\0${text}`, (letter) => letter.charCodeAt(0)),
    );
  }

  onRequest(
    answer: (respond: Respond, index: number, offset: number, length: number) => void,
  ): void {
    this.wire.on('request', (index: number, offset: number, length: number, respond: Respond) =>
      answer(respond, index, offset, length),
    );
  }

  truth(index: number, offset: number, length: number): Uint8Array {
    return trueBlock(this.member.world.content, index, offset, length).slice();
  }

  /** Not what it should be: one byte, or all of it. */
  lie(index: number, offset: number, length: number): Uint8Array {
    const bytes = this.truth(index, offset, length);
    if (this.random() < 0.5) bytes[Math.floor(this.random() * length)]! ^= 1;
    else bytes.fill(Math.floor(this.random() * 256));
    return bytes;
  }

  /** Unless the connection is over by then. */
  after(seconds: number, act: () => void): void {
    this.member.world.clock.plan(seconds * 1_000, () => {
      if (!this.#isOver) act();
    });
  }

  every(seconds: () => number, act: () => void): void {
    this.after(seconds(), () => {
      act();
      this.every(seconds, act);
    });
  }
}
