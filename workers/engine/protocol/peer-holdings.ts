/**
 * What one peer has, and how much of that is of use to us. The picker keeps it: nobody else changes it.
 *
 * Invariants: while `isCounted`, the availability index counts every piece of `pieces` once, and the two counters are the
 * number of `pieces` that are needed and that may be started; a peer that is not counted has everything or nothing.
 */
import { Bitfield } from '../model/bitfield.ts';
import { OrderCursor } from './order-cursor.ts';

export class PeerHoldings {
  pieces: Bitfield;
  isCounted = false;
  /** Of its pieces, how many are still to be downloaded. */
  neededCount = 0;
  /** Of its pieces, how many are still to be downloaded and not under way. */
  startableCount = 0;
  /** While the peer is counted: where its first startable piece may be. */
  readonly order = new OrderCursor();

  constructor(pieceCount: number) {
    this.pieces = new Bitfield(pieceCount);
  }

  has(index: number): boolean {
    return this.pieces.has(index);
  }
}
