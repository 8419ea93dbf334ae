/** A scheduler over small pieces, and peers that have what a test says. */
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';
import { PieceMap } from '../../../../../workers/engine/model/piece-map.ts';
import { BLOCK_LENGTH } from '../../../../../workers/engine/protocol/active-piece.ts';
import {
  BlockScheduler,
  type BlockRequest,
  type PeerView,
} from '../../../../../workers/engine/protocol/block-scheduler.ts';
import { InFlightLimits } from '../../../../../workers/engine/protocol/in-flight-limits.ts';

export function scheduler(
  pieceCount: number,
  options: { limits?: InFlightLimits; blocks?: number; wanted?: readonly number[] } = {},
): BlockScheduler {
  const { limits = new InFlightLimits(20), blocks = 2 } = options;
  const map = new PieceMap(pieceCount * blocks * BLOCK_LENGTH, blocks * BLOCK_LENGTH);
  const wanted = new Bitfield(pieceCount);
  for (const i of options.wanted ?? Array.from({ length: pieceCount }, (_, n) => n)) wanted.set(i);
  return new BlockScheduler(map, new Bitfield(pieceCount), wanted, limits, () => 0);
}

/** A peer that has the given pieces, or all. */
export function peer(id: string, has?: readonly number[]): PeerView {
  return { id, has: (index) => has?.includes(index) ?? true };
}

/** A request as `piece:block`, or `none`. */
export function name(request: BlockRequest | null): string {
  return request ? `${request.piece.index}:${request.offsetBytes / BLOCK_LENGTH}` : 'none';
}
