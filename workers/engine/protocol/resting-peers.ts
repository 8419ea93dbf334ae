/**
 * The peers that paused torrents keep, so that resuming one goes on within a round trip.
 *
 * Invariants: a connection that rests is never kept from one that would transfer: `yieldOne` gives them up one by one, those
 * of the torrent that was paused first before others; nothing rests for longer than `REST_MS`.
 */
import type { Clock } from '../model/deps.ts';

/** A person who comes back later than this finds peers as anybody does who starts. */
export const REST_MS = 10 * 60_000;

/** A paused torrent, as far as its peers are concerned. */
export interface Resting {
  /** Closes one of its connections; false when it has none. */
  giveUpPeer(): boolean;
  giveUpPeers(): void;
}

export class RestingPeers {
  /** In the order in which they were paused, with the way to end the wait. */
  readonly #resting = new Map<Resting, () => void>();

  constructor(readonly clock: Pick<Clock, 'after'>) {}

  /** The torrent is paused and keeps its peers, for the time being. */
  rest(torrent: Resting): void {
    if (this.#resting.has(torrent)) return;
    const cancel = this.clock.after(REST_MS, () => {
      this.#resting.delete(torrent);
      torrent.giveUpPeers();
    });
    this.#resting.set(torrent, cancel);
  }

  /** The torrent goes on, or has closed its connections itself. */
  end(torrent: Resting): void {
    this.#resting.get(torrent)?.();
    this.#resting.delete(torrent);
  }

  /** Somebody needs a connection and there is no room for one. */
  yieldOne(): void {
    for (const torrent of [...this.#resting.keys()]) {
      if (torrent.giveUpPeer()) return;
      this.end(torrent);
    }
  }
}
