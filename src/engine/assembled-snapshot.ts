/**
 * The snapshot of one port, put together from what is told of it. A torrent that is as it was is the same object, and a list
 * in which nothing changed the same list, so that nothing on the page that shows them is worked out again.
 */
import type {
  EngineSnapshot,
  SnapshotUpdate,
  TorrentSummary,
} from '../../workers/contract/snapshot.ts';

export class AssembledSnapshot {
  #torrents: readonly TorrentSummary[] = [];

  /** Each update of the port once, in their order; throws when one was left out that it needs. */
  next({ changed, order, ...rest }: SnapshotUpdate): EngineSnapshot {
    if (order || changed.length > 0) this.#torrents = this.#assemble(changed, order);
    return { ...rest, torrents: this.#torrents };
  }

  #assemble(
    changed: SnapshotUpdate['changed'],
    order: SnapshotUpdate['order'],
  ): readonly TorrentSummary[] {
    const fresh = byHash(changed);
    if (!order) return this.#torrents.map((torrent) => fresh.get(torrent.infoHash) ?? torrent);
    const known = byHash(this.#torrents);
    return order.map((infoHash) => {
      const torrent = fresh.get(infoHash) ?? known.get(infoHash);
      if (!torrent) throw new Error(`nothing was told of the torrent ${infoHash}`);
      return torrent;
    });
  }
}

function byHash(torrents: readonly TorrentSummary[]): Map<string, TorrentSummary> {
  return new Map(torrents.map((torrent) => [torrent.infoHash, torrent]));
}
