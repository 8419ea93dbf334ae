/**
 * How much a peer is asked for ahead, and how soon it should come: pure. Bandwidth × delay. From a slow peer a second's worth:
 * that lasts for any round trip, and a choke or a seek takes no more back. From a fast one two round trips' worth: more
 * waits in the network, whose buffers it overruns, and then a data channel stands still for a second or more
 * (docs/decisions/0013).
 *
 * Invariants: never more than the peer takes (`reqq`, BEP 10), nor than `MAX_REQUESTS`; never fewer than `MIN_REQUESTS`, so that a
 * peer whose rate is not known yet shows it.
 */
import { BLOCK_LENGTH } from './active-piece.ts';

/** Requests kept under way are what the peer delivers in this time. */
const PIPELINE_MS = 1_000;
/** While a reader waits: what is asked for now stands behind all of it, and a player seeks twice before its first picture. */
const READER_PIPELINE_MS = 350;
const MIN_REQUESTS = 2;
const MAX_REQUESTS = 500;
/** However near it is: the fastest of the depths that were tried, and it covers what a peer does in fits and starts. */
const SAFE_REQUESTS = 48;
/** Beside two round trips: for a peer that is busy. */
const BUSY_MS = 30;

/** What is expected of a peer that has given nothing of late, and of any at the best and the worst, in milliseconds. */
const UNKNOWN_WAIT_MS = 1_000;
const MIN_WAIT_MS = 500;
const MAX_WAIT_MS = 60_000;

/** What a peer gives, in bytes per second, and how far it is. */
export interface Pace {
  /** The mean of late. */
  readonly rateBps: number;
  /** In the last second: it may have become faster because it is asked for more. */
  readonly latestBps: number;
  /** From a request to its block when nothing is in the way; `Infinity` while it is not known. */
  readonly roundTripMs: number;
}

/**
 * How many requests of a block are to be under way.
 * @param hasReaders whether anybody waits for what is not here
 * @param reqq what its extension handshake says of that name, whatever it is
 */
export function pipelineLength(pace: Pace, hasReaders: boolean, reqq: unknown): number {
  const { rateBps, latestBps, roundTripMs } = pace;
  const lasting = MIN_REQUESTS + blocksIn(hasReaders ? READER_PIPELINE_MS : PIPELINE_MS, rateBps);
  const fastestBps = Math.max(rateBps, latestBps);
  const needed =
    roundTripMs === Infinity
      ? lasting
      : Math.max(SAFE_REQUESTS, blocksIn(2 * roundTripMs + BUSY_MS, fastestBps));
  const most = typeof reqq === 'number' && reqq > 0 ? Math.min(reqq, MAX_REQUESTS) : MAX_REQUESTS;
  return Math.min(most, lasting, needed);
}

/** Within what time so many bytes more should come, beside the blocks that are under way, in milliseconds. */
export function expectedWaitMs(
  rateBps: number,
  requestedBlocks: number,
  lengthBytes: number,
): number {
  if (rateBps <= 0) return UNKNOWN_WAIT_MS;
  const ms = ((requestedBlocks * BLOCK_LENGTH + lengthBytes) / rateBps) * 1_000;
  return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, ms));
}

function blocksIn(ms: number, rateBps: number): number {
  return Math.ceil((ms * rateBps) / 1_000 / BLOCK_LENGTH);
}
