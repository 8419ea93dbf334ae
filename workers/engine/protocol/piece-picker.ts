/**
 * Which piece to start next: pure, and the only place where that is decided. What a reader waits for comes first, nearest
 * byte first; all else rarest first, ties broken by chance so that peers do not all fetch the same piece.
 */
import type { Bitfield } from '../model/bitfield.ts';
import type { PieceRange } from '../model/piece-map.ts';

export interface PickInput {
  readonly have: Bitfield;
  readonly wanted: Bitfield;
  /** Ranges that readers wait for, most urgent first. */
  readonly urgent: readonly PieceRange[];
  /** How many peers have each piece. */
  readonly availability: Uint16Array;
  /** Whether the peer we would ask has the piece. */
  peerHas(index: number): boolean;
  /** Whether the piece is being downloaded or written already. */
  isStarted(index: number): boolean;
  /** 0 to 1: where the scan begins. */
  readonly chance: number;
}

/** The most urgent piece that a reader waits for and this peer can give, or -1. */
export function pickUrgent(input: PickInput): number {
  for (const { first, last } of input.urgent) {
    for (let i = first; i <= last; i++) {
      if (!input.have.has(i) && !input.isStarted(i) && input.peerHas(i)) return i;
    }
  }
  return -1;
}

/** The rarest wanted piece that this peer can give, or -1. */
export function pickRarest(input: PickInput): number {
  const { have, wanted, availability } = input;
  const count = have.length;
  let best = -1;
  let bestAvailability = Infinity;
  const start = Math.floor(input.chance * count);
  for (let n = 0; n < count; n++) {
    const i = start + n < count ? start + n : start + n - count;
    if (!wanted.has(i) || have.has(i)) continue;
    const rarity = availability[i]!;
    if (rarity >= bestAvailability || input.isStarted(i) || !input.peerHas(i)) continue;
    best = i;
    bestAvailability = rarity;
    if (rarity <= 1) break;
  }
  return best;
}
