/** What one peer has, kept by us and bounded by the torrent: the wire's own record grows with what the peer claims. */
import type Wire from 'bittorrent-protocol';
import type { PeerPieces } from 'bittorrent-protocol';
import { Bitfield } from '../../model/bitfield.ts';
import type { PeerHoldings } from '../peer-holdings.ts';

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
 * twice, in memory that is in no cache where there are many peers and pieces. The wire changes nothing in it; it tells us, and
 * the picker does.
 */
export function asWireRecord(holdings: PeerHoldings): PeerPieces {
  return {
    get buffer() {
      return holdings.pieces.bytes;
    },
    get: (index) => index < holdings.pieces.length && holdings.has(index),
    set: () => undefined,
  };
}
