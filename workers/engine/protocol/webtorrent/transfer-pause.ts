/**
 * The wires of a torrent that a person paused: they stay open, and no payload moves.
 *
 * Invariants:
 * - from `begin` on every peer is choked, is told that we want nothing, and has our requests taken back;
 * - a block that was under way is taken while it can be, for `UNDER_WAY_MS`; then what was begun is given up, and whoever
 *   still sends blocks, or has still not taken what it was given before, is disconnected;
 * - nobody is kept for longer than `REST_MS`; before that whoever needs a place takes theirs (connection-budget.ts);
 * - from `end` on each peer is asked and given again as if it had just come, with what it has told us meanwhile.
 */
import type Wire from 'bittorrent-protocol';
import type { Clock } from '../../model/deps.ts';
import type { WireSession } from './wire-session.ts';

/** A peer that takes longer over what was asked of it before is too slow to be worth waiting for. */
export const UNDER_WAY_MS = 5_000;
/** A person who comes back later than this finds peers as anybody does who starts. */
export const REST_MS = 10 * 60_000;

export interface PausedTorrent {
  sessions(): Iterable<WireSession>;
  /** Nothing that was asked for comes any more. */
  giveUpPieces(): void;
  /** They were kept for long enough. */
  giveUpPeers(): void;
}

export class TransferPause {
  #cancels: (() => void)[] = [];
  #isSettled = false;

  constructor(
    readonly clock: Clock,
    readonly torrent: PausedTorrent,
  ) {}

  begin(): void {
    for (const session of this.torrent.sessions()) session.rest();
    if (this.#cancels.length) return;
    this.#cancels = [
      this.clock.after(UNDER_WAY_MS, () => this.#settle()),
      this.clock.after(REST_MS, () => this.torrent.giveUpPeers()),
    ];
  }

  end(): void {
    this.stop();
    for (const session of this.torrent.sessions()) session.goOn();
  }

  /** The connections are closed, or the torrent has ended: there is nothing to wait for. */
  stop(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#isSettled = false;
  }

  /** A block came that nobody waits for. */
  onUnasked(wire: Wire): void {
    if (this.#isSettled) wire.destroy();
  }

  #settle(): void {
    this.#isSettled = true;
    for (const { wire } of [...this.torrent.sessions()]) {
      const isStuck = wire._readableState.buffered > 0;
      for (const { piece, offset, length } of [...wire.requests]) {
        wire.cancel(piece, offset, length);
      }
      if (isStuck) wire.destroy();
    }
    this.torrent.giveUpPieces();
  }
}
