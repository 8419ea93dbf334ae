/**
 * Which block that others were asked for an idle peer is asked for too: pure. Where everything that is wanted is under way, a
 * download ends no sooner than its slowest answer; whoever has nothing to do may overtake it, and the first answer cancels
 * the rest (webtorrent/wire-session.ts).
 *
 * Invariants:
 * - nobody is asked twice for a block, and nobody for one that is here;
 * - a block is asked of at most `MAX_ASKERS` at once, a further one only when all before have had their time: so a swarm in
 *   which everyone answers as expected is asked for nothing twice;
 * - of several such blocks the one with the fewest askers comes first, and of those the one that is furthest from coming;
 * - one block at a time: never more is asked for twice than one answer brings.
 */
import type { ActivePiece, Ask } from './active-piece.ts';

/**
 * `reader`: a reader waits for the piece; `endgame`: all that is wanted is under way; `idle`: this peer alone has nothing
 * else to give now.
 */
export type Stage = 'reader' | 'endgame' | 'idle';

const MAX_ASKERS = { reader: 2, endgame: 3, idle: 2 } as const satisfies Record<Stage, number>;
/** An ask is late after this long where somebody waits, and in mid-download, in milliseconds. */
const READER_PATIENCE_MS = 1_500;
const IDLE_PATIENCE_MS = 5_000;
/** In the endgame: this much after it was due. */
const GRACE_MS = 500;
/** Or when it is due so much later than the idle peer would answer. */
const GAIN_MS = 1_000;

export interface LateBlock {
  readonly piece: ActivePiece;
  readonly block: number;
}

export interface IdlePeer {
  readonly id: string;
  /** How long it would probably take to give one more block, in milliseconds. */
  readonly waitMs: number;
  /** How long anything takes to come through our own line now (line-wait.ts): nobody is late before twice that. */
  readonly lineWaitMs?: number;
}

/** The block of these pieces to ask the peer for on top of others, or `null`. The peer has all the pieces. */
export function pickLate(
  pieces: Iterable<ActivePiece>,
  peer: IdlePeer,
  nowMs: number,
  stage: Stage,
): LateBlock | null {
  let best: LateBlock | null = null;
  let bestAskers = Infinity;
  let bestWaitMs = 0;
  for (const piece of pieces) {
    for (let block = 0; block < piece.blockCount; block++) {
      const asks = piece.asksOf(block);
      if (piece.isHere(block) || asks.length === 0 || asks.length > bestAskers) continue;
      if (asks.length >= MAX_ASKERS[stage]) continue;
      if (!asks.every((ask) => ask.peer !== peer.id && isLate(ask, peer, nowMs, stage))) continue;
      const waitMs = Math.min(...asks.map((ask) => expectedWaitMs(ask, nowMs)));
      if (asks.length === bestAskers && waitMs <= bestWaitMs) continue;
      best = { piece, block };
      bestAskers = asks.length;
      bestWaitMs = waitMs;
    }
  }
  return best;
}

/** Until when `pickLate` finds nothing in mid-download for anybody, whatever is asked for meanwhile. */
export function quietUntilMs(pieces: Iterable<ActivePiece>, nowMs: number): number {
  let oldestMs = nowMs;
  for (const piece of pieces) oldestMs = Math.min(oldestMs, piece.waitingSinceMs ?? nowMs);
  return oldestMs + IDLE_PATIENCE_MS;
}

function isLate({ atMs, dueMs }: Ask, peer: IdlePeer, nowMs: number, stage: Stage): boolean {
  const lineMs = 2 * (peer.lineWaitMs ?? 0);
  switch (stage) {
    case 'reader':
      return nowMs >= atMs + READER_PATIENCE_MS;
    case 'idle':
      return nowMs >= atMs + Math.max(IDLE_PATIENCE_MS, lineMs);
    case 'endgame':
      return (
        nowMs >= Math.max(dueMs + GRACE_MS, atMs + lineMs) ||
        dueMs - (nowMs + Math.max(peer.waitMs, lineMs)) >= GAIN_MS
      );
  }
}

/** One that is overdue has been silent for long, and is expected to be so for as long again. */
function expectedWaitMs({ atMs, dueMs }: Ask, nowMs: number): number {
  return nowMs < dueMs ? dueMs - nowMs : nowMs - atMs;
}
