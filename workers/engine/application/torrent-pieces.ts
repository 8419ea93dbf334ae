/**
 * What becomes of a torrent's single pieces: of one that is here whoever waits for it is told; one that is damaged is fetched
 * again once the shelf says so (lost-pieces.ts); one that comes out wrong again and again rests (piece-retries.ts).
 */
import type { InfoHash } from '../../contract/ids.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import { LostPieces } from './lost-pieces.ts';
import type { Membership } from './membership.ts';
import { PieceRetries } from './piece-retries.ts';
import { PieceWaiters } from './piece-waiters.ts';
import type { Progress } from './progress.ts';
import type { StoredTorrent } from './stored-torrent.ts';
import type { TorrentContext } from './torrent-context.ts';
import { pieceArrived } from './torrent-events.ts';
import type { TorrentLog } from './torrent-log.ts';
import type { TorrentTally } from './torrent-tally.ts';

/** The torrent, as its pieces see it. */
export interface PiecesOf {
  readonly context: Pick<TorrentContext, 'deps' | 'recoveryRules' | 'emit' | 'changed'>;
  readonly infoHash: InfoHash;
  readonly record: TorrentRecord;
  readonly stored: StoredTorrent | null;
  readonly log: Pick<TorrentLog, 'note'>;
  readonly progress: Progress;
}

export class TorrentPieces {
  readonly waiters = new PieceWaiters();
  readonly #torrent: PiecesOf;
  readonly #membership: Pick<Membership, 'member' | 'want'>;
  readonly #tally: TorrentTally;
  readonly #retries = new PieceRetries();
  readonly #lost: LostPieces;
  #bannedBefore = 0;

  constructor(
    torrent: PiecesOf,
    membership: Pick<Membership, 'member' | 'want'>,
    tally: TorrentTally,
  ) {
    this.#torrent = torrent;
    this.#membership = membership;
    this.#tally = tally;
    this.#lost = new LostPieces(
      (count) => this.#writeDownLost(count),
      (index) => membership.member?.lost(index),
    );
  }

  /** Those that came out wrong too often and are fetched again later. */
  get resting(): readonly number[] {
    return this.#retries.resting;
  }

  /** From a peer, verified and stored. */
  came(index: number): void {
    const { stored } = this.#torrent;
    if (!stored) return;
    this.#tally.verified(stored.plan.map.pieceLengthOf(index));
    this.#arrived(index, stored.arrived(index));
  }

  /** From a peer, and thrown away: it did not match its hash. */
  cameWrong(index: number): void {
    const { log, context } = this.#torrent;
    this.#tally.hashFailed();
    log.note(`Piece ${index} did not match its hash; it was thrown away and is fetched again.`);
    const restMs = this.#retries.failed(index, context.deps.clock.now(), context.recoveryRules());
    if (restMs === null) return;
    const again = `it is fetched again in ${Math.round(restMs / 1000)} s, or when somebody plays it`;
    log.note(`Piece ${index} came out wrong again and again: ${again}.`);
    this.#membership.want();
  }

  /** It was in storage after all, and completes those files. */
  found(index: number, finished: readonly number[]): void {
    this.#membership.member?.gained(index);
    this.#arrived(index, finished);
  }

  /** It was ours and is damaged, or gone. */
  lost(index: number): void {
    this.#lost.add(index);
  }

  /** Once a second, with so many bans that the torrent brought about: whoever was banned, the others need not wait for. */
  beat(banned: number): void {
    const isForgiven = banned > this.#bannedBefore && this.#retries.forgive();
    this.#bannedBefore = banned;
    const isOver = this.#retries.wake(this.#torrent.context.deps.clock.now());
    if (isForgiven || isOver) this.#membership.want();
  }

  #arrived(index: number, finished: readonly number[]): void {
    const { context, record, stored, progress } = this.#torrent;
    this.waiters.arrived(index);
    this.#retries.succeeded(index);
    context.emit(pieceArrived(this.#torrent, index));
    // A finished file can be played with no engine running from now on, so it is written down at once; so is what was still
    // under way at a pause, of which there is no more.
    const isLast = finished.length > 0 || record.pausedBy !== null;
    if (isLast || stored?.checkpointer.isDue) void progress.checkpoint();
    progress.noteCompletion();
    context.changed();
  }

  async #writeDownLost(count: number): Promise<void> {
    const { log, progress } = this.#torrent;
    const what = count === 1 ? 'A piece was' : `${count} pieces were`;
    log.note(`${what} damaged or missing in storage; what is missing is fetched again.`);
    await progress.save({ completedAt: null });
    await progress.checkpoint(true);
  }
}
