/** What one peer has, kept by us and bounded by the torrent: the wire's own record grows with what the peer claims. */
import type Wire from 'bittorrent-protocol';
import type { PeerPieces } from 'bittorrent-protocol';
import { Bitfield } from '../../model/bitfield.ts';
import type { PeerHoldings } from '../peer-holdings.ts';
import type { PiecePicker } from '../piece-picker.ts';

/**
 * Reads the wire's present claim. An empty record with `setAll` missing is how the wire says HAVE ALL (BEP 6); an empty
 * one otherwise means that no bitfield has come, which is nothing, not everything.
 */
export function readPeerPieces(wire: Wire, pieceCount: number): Bitfield {
  const pieces = new Bitfield(pieceCount);
  for (let i = 0; i < pieceCount; i++) if (wire.peerPieces.get(i)) pieces.set(i);
  return pieces;
}

/**
 * What we keep, in the shape of the wire's own record and in its place: a HAVE would otherwise be looked up and written down
 * twice. What the wire writes down the picker counts at once: where there are many peers and pieces, neither the peer's bit nor
 * the piece's availability is in a cache, and a processor that meets both within a few instructions waits for both at once.
 */
export function asWireRecord(holdings: PeerHoldings, picker: PiecePicker): PeerPieces {
  return {
    get buffer() {
      return holdings.pieces.bytes;
    },
    get: (index) => index < holdings.pieces.length && holdings.has(index),
    set: (index, isHad) => {
      if (isHad) picker.gained(holdings, index);
      else picker.lost(holdings, index);
    },
  };
}
