/** Wires that take blocks under rate limits on a clock that stands still, and how much went when. */
import type { TorrentRate, Taker } from '../../../../../workers/engine/protocol/rate-limits.ts';
import type { FakeClock } from '../../../../support/fake-clock.ts';

export const BLOCK = 16 * 1024;
export const KIB = 1024;
export const MIB = 1024 * 1024;

/** It takes block after block as long as it may, or `wants` of them. */
export class TestTaker implements Taker {
  isUrgent = false;
  needBytes = BLOCK;
  bytes = 0;
  turns = 0;
  /** Blocks it still wants. */
  wants = Infinity;
  /** When it was last served. */
  servedAtMs: number;

  constructor(
    readonly clock: FakeClock,
    readonly rate: TorrentRate,
    readonly onTake: (bytes: number) => void = () => undefined,
  ) {
    this.servedAtMs = clock.now();
  }

  use(): number {
    if (this.wants <= 0) return 0;
    this.wants--;
    this.turns++;
    this.bytes += this.needBytes;
    this.servedAtMs = this.clock.now();
    this.onTake(this.needBytes);
    return this.needBytes;
  }
}

/** `count` wires of one torrent that want all they can get. */
export function greedy(clock: FakeClock, rate: TorrentRate, count: number): TestTaker[] {
  const takers = Array.from({ length: count }, () => new TestTaker(clock, rate));
  for (const taker of takers) rate.wants(taker);
  return takers;
}

export function sum(takers: readonly TestTaker[]): number {
  return takers.reduce((bytes, taker) => bytes + taker.bytes, 0);
}
