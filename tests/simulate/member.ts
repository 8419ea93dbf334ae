/** Anyone in a simulated swarm, as far as the others and the network know them. */
import type { DataChannelLike } from '../../workers/engine/protocol/rtc-peer/data-channel.ts';
import type { Content } from './content.ts';
import type { Line, Link } from './link.ts';
import type { SimClock } from './sim-clock.ts';

/** What all members share. */
export interface World {
  readonly clock: SimClock;
  readonly content: Content;
}

export interface Member {
  /** Peer id as hex. */
  readonly id: string;
  readonly name: string;
  readonly isHonest: boolean;
  readonly line: Line;
  /** How many connections it looks for. */
  readonly degree: number;
  /** Takes its side of a new channel, which is not open yet. */
  connect(channel: DataChannelLike, link: Link): void;
}

export function peerIdOf(place: number): string {
  return Buffer.from(`-RL0001-${String(place).padStart(12, '0')}`).toString('hex');
}
