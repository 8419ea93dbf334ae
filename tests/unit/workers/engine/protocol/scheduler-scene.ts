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
import { PeerHoldings } from '../../../../../workers/engine/protocol/peer-holdings.ts';

/** Any peer answers within this time, as far as the scheduler expects. */
export const WAIT_MS = 500;

export function scheduler(
  pieceCount: number,
  options: { limits?: InFlightLimits; blocks?: number; wanted?: readonly number[] } = {},
): BlockScheduler {
  const { limits = new InFlightLimits(20), blocks = 2 } = options;
  const map = new PieceMap(pieceCount * blocks * BLOCK_LENGTH, blocks * BLOCK_LENGTH);
  const all = Array.from({ length: pieceCount }, (_, n) => n);
  const wanted = bits(pieceCount, options.wanted ?? all);
  return new BlockScheduler(map, new Bitfield(pieceCount), wanted, limits, () => 0);
}

/** A bitfield with these bits set; those past its end are left out. */
export function bits(length: number, set: readonly number[]): Bitfield {
  const field = new Bitfield(length);
  for (const index of set) field.set(index);
  return field;
}

const views = new WeakMap<BlockScheduler, Map<string, PeerView>>();

/** A peer of this scheduler that has the given pieces, or all. Asked for again it is the same one, with what it has now. */
export function peer(of: BlockScheduler, id: string, has?: readonly number[]): PeerView {
  const known = views.get(of) ?? new Map<string, PeerView>();
  views.set(of, known);
  const { pieceCount } = of.map;
  const holdings = new PeerHoldings(pieceCount);
  const view = known.get(id) ?? { id, holdings, waitMs: () => WAIT_MS };
  known.set(id, view);
  const all = Array.from({ length: pieceCount }, (_, i) => i);
  of.picker.claims(view.holdings, bits(pieceCount, has ?? all));
  return view;
}

/** A request as `piece:block`, or `none`. */
export function name(request: BlockRequest | null): string {
  return request ? `${request.piece.index}:${request.offsetBytes / BLOCK_LENGTH}` : 'none';
}
