/**
 * What one port is told of each snapshot. Invariant: who puts the updates together in their order
 * (src/engine/assembled-snapshot.ts) has the snapshot. Torrents are compared by identity: one that changes is another object.
 */
import type { EngineSnapshot, SnapshotUpdate, TorrentSummary } from '../../contract/snapshot.ts';

export class SnapshotUpdates {
  #told: readonly TorrentSummary[] = [];

  next({ torrents, ...rest }: EngineSnapshot): SnapshotUpdate {
    const told = this.#told;
    this.#told = torrents;
    const known = new Set(told);
    const isSameOrder =
      torrents.length === told.length &&
      torrents.every(({ infoHash }, i) => infoHash === told[i]?.infoHash);
    return {
      ...rest,
      changed: torrents.filter((torrent) => !known.has(torrent)),
      order: isSameOrder ? null : torrents.map(({ infoHash }) => infoHash),
    };
  }
}
