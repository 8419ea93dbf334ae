/**
 * What of a torrent's progress is written down, and when: pieces by checkpoints, the rest in its record.
 *
 * Invariants: nothing is written of a torrent that is only looked into or gone; what could not be written is noted and tried
 * again with the next; a torrent that cannot write down what it fetches is stopped, for it would fetch it again after a restart.
 */
import type { TorrentRecord } from '../model/catalogue.ts';
import type { SwarmStats } from '../model/swarm.ts';
import type { Checkpointer } from './checkpointer.ts';
import type { Obstacle } from './obstacles.ts';
import { reasonOf } from './reason-of.ts';
import type { RecordKeeper } from './record-keeper.ts';
import type { StoredTorrent } from './stored-torrent.ts';
import type { TorrentContext } from './torrent-context.ts';
import type { TorrentLog } from './torrent-log.ts';

/** The torrent, as its progress sees it. */
export interface ProgressOf {
  readonly context: Pick<TorrentContext, 'deps' | 'turnsChanged'>;
  readonly record: TorrentRecord;
  readonly stored: StoredTorrent | null;
  readonly isHeld: boolean;
  readonly obstacle: Obstacle | null;
  readonly log: Pick<TorrentLog, 'note'>;
}

export class Progress {
  readonly #torrent: ProgressOf;
  readonly #keeper: RecordKeeper;
  readonly #stopForRoom: () => Promise<void>;

  constructor(torrent: ProgressOf, keeper: RecordKeeper, stopForRoom: () => Promise<void>) {
    this.#torrent = torrent;
    this.#keeper = keeper;
    this.#stopForRoom = stopForRoom;
  }

  /** Writes down what is verified. Does nothing when nothing changed, unless forced. */
  checkpoint(isForced = false): Promise<void> {
    return this.#writeDown((checkpointer) => checkpointer.run(isForced));
  }

  /** After a start: what could not be known to be written is written again. */
  confirm(): Promise<void> {
    return this.#writeDown((checkpointer) => checkpointer.confirm());
  }

  /**
   * Puts what was given and received so far into the record; it has the torrent's metadata in it, so not at every checkpoint.
   * `mayBeLast`: the page is hidden or left.
   */
  async countTraffic(stats: SwarmStats | null, mayBeLast = false): Promise<void> {
    if (!this.#isKept) return;
    await this.#keeper.count(stats, mayBeLast).catch((error: unknown) => {
      this.#torrent.log.note(`The traffic could not be saved: ${reasonOf(error).message}`);
    });
  }

  /** All that was chosen may be here now. */
  noteCompletion(): void {
    const { stored, record, isHeld, context } = this.#torrent;
    if (!stored?.ledger.isComplete || record.completedAt || isHeld) return;
    const completedAt = new Date(context.deps.clock.now()).toISOString();
    // It was to be had now; to give it, it takes its turn as others do.
    void this.save({ completedAt, isForced: false });
    context.turnsChanged();
  }

  /** Where nobody waits for the answer. */
  async save(change: Partial<TorrentRecord>): Promise<void> {
    try {
      await this.#keeper.save(change);
    } catch (error) {
      this.#torrent.log.note(reasonOf(error).message);
    }
  }

  get #isKept(): boolean {
    const { obstacle, isHeld } = this.#torrent;
    return obstacle?.kind !== 'gone' && !isHeld;
  }

  async #writeDown(run: (checkpointer: Checkpointer) => Promise<void>): Promise<void> {
    const { stored, log } = this.#torrent;
    if (!stored || !this.#isKept) return;
    try {
      await run(stored.checkpointer);
    } catch (error) {
      const reason = reasonOf(error);
      log.note(`Progress could not be saved: ${reason.message}`);
      if (reason.kind === 'storage-full' && !this.#torrent.record.pausedBy) {
        await this.#stopForRoom();
      }
    }
  }
}
