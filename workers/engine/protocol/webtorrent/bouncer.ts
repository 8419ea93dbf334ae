/**
 * Keeps banned peers out of one torrent, and says who its peers are when one is to be struck.
 *
 * Invariant: no two connections of a torrent go by the same name, so nobody answers for what another gives.
 */
import type Wire from 'bittorrent-protocol';
import type { SwarmPeer } from 'webtorrent/lib/torrent.js';
import type { BanList, Culprit } from '../ban-list.ts';
import type { BlockScheduler } from '../block-scheduler.ts';
import { identityOf } from './peer-identity.ts';
import { clientName } from './peer-snapshot.ts';
import type { WireSession } from './wire-session.ts';

interface Guarded {
  readonly wires: readonly Wire[];
  readonly _peers: ReadonlyMap<string, SwarmPeer>;
  readonly scheduler: BlockScheduler | null;
  readonly sessions: Iterable<WireSession>;
}

export class Bouncer {
  /** Stops listening to the ban list. */
  readonly leave: () => void;

  constructor(
    readonly torrent: Guarded,
    readonly bans: BanList,
  ) {
    this.leave = bans.onBanned(() => this.enforce());
  }

  /** Whether a peer that has just shaken hands may stay. */
  isWelcome(wire: Wire): boolean {
    const { wires, _peers } = this.torrent;
    const { id, address } = identityOf(wire, _peers);
    if (this.bans.isBanned(id, address)) return false;
    return !wires.some((other) => !other.destroying && identityOf(other, _peers).id === id);
  }

  /** Closes the connections of whoever is banned by now: an address may be told only after the handshake. */
  enforce(): void {
    if (this.bans.list.length === 0) return;
    const { wires, _peers, scheduler } = this.torrent;
    for (const wire of [...wires]) {
      const { id, address } = identityOf(wire, _peers);
      if (!this.bans.isBanned(id, address)) continue;
      scheduler?.distrust(id);
      wire.destroy();
    }
  }

  /** Who a connected peer is, or `null`. */
  culprit(peer: string): Culprit | null {
    for (const { wire, view } of this.torrent.sessions) {
      if (view.id !== peer) continue;
      const { address } = identityOf(wire, this.torrent._peers);
      const client = clientName(wire.peerExtendedHandshake['v'], wire.peerId ?? '');
      return { id: peer, kind: wire.type === 'webSeed' ? 'webseed' : 'peer', client, address };
    }
    return null;
  }

  /** Peers that could be asked for the piece now. */
  *sourcesOf(index: number): Iterable<string> {
    for (const { wire, view, pieces, isSnubbed } of this.torrent.sessions) {
      if (pieces.has(index) && !wire.peerChoking && !isSnubbed) yield view.id;
    }
  }
}
