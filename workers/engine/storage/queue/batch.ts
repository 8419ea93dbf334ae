/**
 * Which queued pieces are written next, and in what writes.
 *
 * Invariants: a batch is of one extent, that of the oldest piece, and takes its pieces in the order they were queued, so
 * the batches of an extent keep the queue's order; no piece is twice in a batch, so two writes of one piece keep theirs.
 * Within a batch, contiguous pieces make one write.
 */

/** A write of at least this many bytes runs at full speed (FACTS.md, Storage). */
export const MIN_WRITE_BYTES = 1024 * 1024;
/** A longer write gains nothing, and a synchronous one holds up the worker. */
export const MAX_WRITE_BYTES = 4 * 1024 * 1024;
export const MIN_BATCH_PIECES = 5;
export const MAX_BATCH_PIECES = 50;
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

/** Splits the queue (oldest first) into the next batch and what stays, both in the queue's order. */
export function takeBatch<P extends QueuedPiece>(
  queue: readonly P[],
  extentOf: (index: number) => number,
  maxPieces: number,
): { readonly batch: readonly P[]; readonly rest: P[] } {
  const batch = new Map<number, P>();
  const rest: P[] = [];
  const extent = queue[0] && extentOf(queue[0].index);
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
 * The writes of a batch: contiguous pieces together, ascending, in the order of each write's oldest piece. A run of over
 * MAX_WRITE_BYTES is cut into nearly equal parts, so that none falls under MIN_WRITE_BYTES by it.
 */
export function toRuns<P extends QueuedPiece>(batch: readonly P[], pieceLength: number): P[][] {
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
  const parts = Math.min(run.length, Math.ceil((run.length * pieceLength) / MAX_WRITE_BYTES));
  const at = (part: number) => Math.round((part * run.length) / parts);
  return Array.from({ length: parts }, (_, part) => run.slice(at(part), at(part + 1)));
}
