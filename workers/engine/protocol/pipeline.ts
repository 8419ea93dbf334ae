/**
 * How much a peer is asked for ahead, and how soon it should come: pure. Bandwidth × delay, with a second for the delay: what
 * is under way lasts for any round trip, and what a choke or a seek takes back is a second's worth at most.
 *
 * Invariants: never more than the peer takes (`reqq`, BEP 10), nor than `MAX_REQUESTS`; never fewer than `MIN_REQUESTS`, so that a
 * peer whose rate is not known yet shows it.
 */
import { BLOCK_LENGTH } from './active-piece.ts';

/** Requests kept under way are what the peer delivers in this time. */
const PIPELINE_S = 1;
/** While a reader waits: what is asked for now stands behind all of it, and a player seeks twice before its first picture. */
const READER_PIPELINE_S = 0.35;
const MIN_REQUESTS = 2;
const MAX_REQUESTS = 500;

/** What is expected of a peer that has given nothing of late, and of any at the best and the worst, in milliseconds. */
const UNKNOWN_WAIT_MS = 1_000;
const MIN_WAIT_MS = 500;
const MAX_WAIT_MS = 60_000;

/**
 * How many requests of a block are to be under way.
 * @param rateBps what the peer gives, bytes per second
 * @param hasReaders whether anybody waits for what is not here
 * @param reqq what its extension handshake says of that name, whatever it is
 */
export function pipelineLength(rateBps: number, hasReaders: boolean, reqq: unknown): number {
  const seconds = hasReaders ? READER_PIPELINE_S : PIPELINE_S;
  const blocks = Math.ceil((seconds * rateBps) / BLOCK_LENGTH);
  const most = typeof reqq === 'number' && reqq > 0 ? Math.min(reqq, MAX_REQUESTS) : MAX_REQUESTS;
  return Math.min(most, MIN_REQUESTS + blocks);
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
