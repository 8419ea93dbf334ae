/** How many peers an upload limit is enough for: pure. */
import { BLOCK_LENGTH } from './active-piece.ts';

/**
 * Stock webtorrent closes a connection that answers no request for 30 s, and after 60 s we would call such a peer silent
 * ourselves (snub.ts): whom we unchoke shall have a block more often than that.
 */
const PATIENCE_S = 20;

/**
 * Regular slots under an upload limit: no more than `slots`, and so few that each peer that is unchoked, the optimistic one
 * included, gets a block every 20 s. 0 below 1.6 KiB/s: then the optimistic slot alone goes around.
 * @param uploadBps what may be uploaded, bytes per second; `Infinity` without a limit
 */
export function slotsWithin(slots: number, uploadBps: number): number {
  const peers = Math.floor((uploadBps * PATIENCE_S) / BLOCK_LENGTH);
  return Math.max(0, Math.min(slots, peers - 1));
}
