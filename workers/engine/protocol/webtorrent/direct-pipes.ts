/**
 * A peer's wire joined to its connection with nothing in between. webtorrent puts four streams there, two that limit rates and
 * two that count what we count by payload; every message passes through a queue and microtasks in each (docs/decisions/0011). Our limits are kept where blocks are asked for and given.
 */
import { pipeline } from 'streamx';
import type { TorrentPeer } from 'webtorrent/lib/torrent.js';

/** Call before the peer connects; one that is connected keeps what it has. */
export function pipeDirectly(peer: TorrentPeer): void {
  peer.setThrottlePipes = () => {
    pipeline(peer.conn, peer.wire, peer.conn);
  };
}
