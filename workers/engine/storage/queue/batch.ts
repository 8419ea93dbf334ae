/**
 * Which queued pieces are written next, and in what writes.
 *
 * Invariants: a batch is of one extent, that of the oldest piece that may be written, and takes its pieces in the order
 * they were queued, so the batches of an extent keep the queue's order; no piece is twice in a batch, so two writes of one
 * piece keep theirs. Within a batch, contiguous pieces make writes of MIN_WRITE_BYTES or little more.
 */

/** A write of at least this many bytes runs at full speed (FACTS.md, Storage); to join more costs a copy and gains nothing. */
export const MIN_WRITE_BYTES = 1024 * 1024;
export const MIN_BATCH_PIECES = 5;
export const MAX_BATCH_PIECES = 50;
const NONE: ReadonlySet<number> = new Set();
const SLOW_MS = 100;
const FAST_MS = 10;

export interface QueuedPiece {
  readonly index: number;
}

/** The pieces of the next batch: 5 to 50, half as many after a batch that took over 100 ms, twice after one under 10 ms. */
export function nextBatchPieces(pieces: number, tookMs: number): number {
  if (tookMs > SLOW_MS) return Math.max(MIN_BATCH_PIECES, Math.floor(pieces / 2));
  if (tookMs < FAST_MS) return Math.min(MAX_BATCH_PIECES, pieces * 2);
  return pieces;
}

/** How many pieces a batch may take: `batchPieces`, but never fewer than make a write of MIN_WRITE_BYTES. */
export function batchLimit(batchPieces: number, pieceLength: number): number {
  return Math.max(batchPieces, Math.ceil(MIN_WRITE_BYTES / pieceLength));
}

/**
 * Splits the queue (oldest first) into the next batch and what stays, both in the queue's order. Pieces of `busy` extents
 * stay.
 */
export function takeBatch<P extends QueuedPiece>(
  queue: readonly P[],
  extentOf: (index: number) => number,
  maxPieces: number,
  busy: ReadonlySet<number> = NONE,
): { readonly batch: readonly P[]; readonly rest: P[] } {
  // Mostly there is one: it costs no more than a piece has to.
  if (queue.length === 1) {
    const isFree = !busy.has(extentOf(queue[0]!.index));
    return isFree ? { batch: queue, rest: [] } : { batch: [], rest: [...queue] };
  }
  const batch = new Map<number, P>();
  const rest: P[] = [];
  const oldest = queue.find(({ index }) => !busy.has(extentOf(index)));
  const extent = oldest && extentOf(oldest.index);
  let isOver = false;
  for (const piece of queue) {
    const isOurs = !isOver && extentOf(piece.index) === extent;
    if (isOurs) isOver = batch.has(piece.index) || batch.size >= maxPieces;
    if (isOurs && !isOver) batch.set(piece.index, piece);
    else rest.push(piece);
  }
  return { batch: [...batch.values()], rest };
}

/**
 * The writes of a batch: contiguous pieces together, ascending, in the order of each write's oldest piece. A long run is
 * cut into as many nearly equal parts as have MIN_WRITE_BYTES each.
 */
export function toRuns<P extends QueuedPiece>(batch: readonly P[], pieceLength: number): P[][] {
  if (batch.length === 1) return [[batch[0]!]];
  const runs: P[][] = [];
  for (const piece of [...batch].sort((a, b) => a.index - b.index)) {
    const run = runs.at(-1);
    if (run?.at(-1)?.index === piece.index - 1) run.push(piece);
    else runs.push([piece]);
  }
  const age = new Map(batch.map((piece, i) => [piece, i]));
  const oldest = (run: P[]) => Math.min(...run.map((piece) => age.get(piece)!));
  return runs.flatMap((run) => cut(run, pieceLength)).sort((a, b) => oldest(a) - oldest(b));
}

function cut<P>(run: readonly P[], pieceLength: number): P[][] {
  const piecesPerWrite = Math.ceil(MIN_WRITE_BYTES / pieceLength);
  const parts = Math.max(1, Math.floor(run.length / piecesPerWrite));
  const at = (part: number) => Math.round((part * run.length) / parts);
  return Array.from({ length: parts }, (_, part) => run.slice(at(part), at(part + 1)));
}
