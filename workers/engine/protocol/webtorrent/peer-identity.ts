/** Who is at the other end of a wire, as far as strikes and bans go. */
import type Wire from 'bittorrent-protocol';
import type { SwarmPeer } from 'webtorrent/lib/torrent.js';

export interface PeerIdentity {
  /** Peer id as hex; the URL of a web seed, whose peer id is made up. */
  readonly id: string;
  /** Of the connection, once the page has told it. */
  readonly address: string | null;
}

/** `peers`: webtorrent's, by the id that the tracker told, or the URL. */
export function identityOf(wire: Wire, peers: ReadonlyMap<string, SwarmPeer>): PeerIdentity {
  const id = wire.peerId ?? '';
  for (const [key, { wire: ofPeer, conn }] of peers) {
    if (ofPeer !== wire) continue;
    if (wire.type === 'webSeed') return { id: key, address: null };
    return { id, address: conn?.remoteAddress ?? null };
  }
  return { id, address: null };
}
