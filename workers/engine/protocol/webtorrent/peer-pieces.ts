/** What one peer has, kept by us and bounded by the torrent: the wire's own record grows with what the peer claims. */
import type Wire from 'bittorrent-protocol';
import { Bitfield } from '../../model/bitfield.ts';

/**
 * Reads the wire's present claim. An empty record with `setAll` missing is how the wire says HAVE ALL (BEP 6); an empty
 * one otherwise means that no bitfield has come, which is nothing, not everything.
 */
export function readPeerPieces(wire: Wire, pieceCount: number): Bitfield {
  const pieces = new Bitfield(pieceCount);
  for (let i = 0; i < pieceCount; i++) if (wire.peerPieces.get(i)) pieces.set(i);
  return pieces;
}
