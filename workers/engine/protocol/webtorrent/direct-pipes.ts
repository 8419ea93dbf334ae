/**
 * A peer's wire joined to its connection with nothing in between. webtorrent puts four streams there, two that limit rates and
 * two that count what we count by payload; every message passes through a queue and microtasks in each, and in the wire's own
 * (docs/decisions/0011). Our limits are kept where blocks are asked for and given.
 *
 * What a wire parses it has parsed when the call returns, so nothing has to wait for it: messages skip its queue. What it sends goes
 * through the connection's, which joins what is sent in one task.
 */
import { pipeline } from 'streamx';
import type { TorrentPeer } from 'webtorrent/lib/torrent.js';
import { RtcConnection } from '../rtc-peer/rtc-connection.ts';

/** Call before the peer connects; one that is connected keeps what it has. */
export function pipeDirectly(peer: TorrentPeer): void {
  const throttled = peer.setThrottlePipes.bind(peer);
  peer.setThrottlePipes = () => {
    const { conn, wire } = peer;
    if (!(conn instanceof RtcConnection)) return throttled();
    pipeline(wire, conn);
    conn.deliver((bytes) => {
      if (!wire.destroyed) wire._write(bytes, () => undefined);
    });
  };
}
