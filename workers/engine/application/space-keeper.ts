/**
 * Lets torrents that stand still for want of room go on by themselves once there is some.
 *
 * Invariant: a torrent is only resumed by the clock or because something was removed, when room for its next extent was
 * seen a moment ago, counted once for all that are resumed together; so a full disk is tried again at leisure, never in a
 * loop.
 */
import { MAX_EXTENT_BYTES } from '../model/piece-map.ts';
import type { Storage } from '../model/storage.ts';
import type { TorrentTask } from './torrent.ts';

/** More than this is "enough" for what is shown; trying out terabytes is not needed. */
const MAX_TRIED_BYTES = 4 * 1024 ** 3;
/** What is needed when all extents exist and only records could not be written. */
const MIN_ROOM_BYTES = 1024 * 1024;

export class SpaceKeeper {
  #looking: Promise<void> | null = null;
  /** Tries follow one another: one that runs takes the very room another would find. */
  #lastTry: Promise<unknown> = Promise.resolve();

  constructor(
    readonly storage: Pick<Storage, 'freeBytes'>,
    readonly tasks: () => Iterable<TorrentTask>,
  ) {}

  /** Tries how much room there is and tells those that wait. */
  async measure(): Promise<void> {
    const waiting = this.#waiting();
    if (waiting.length > 0) await this.#tryOut(waiting);
  }

  /** As `measure`, and resumes what fits. Calls meanwhile join it. */
  resumeWhatFits(): Promise<void> {
    this.#looking ??= this.#resumeWhatFits().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #resumeWhatFits(): Promise<void> {
    const waiting = this.#waiting();
    if (waiting.length === 0) return;
    let freeBytes = await this.#tryOut(waiting);
    for (const task of waiting) {
      const roomBytes = Math.min(needOf(task), MAX_EXTENT_BYTES);
      if (freeBytes < roomBytes) continue;
      freeBytes -= roomBytes;
      await task.resume();
    }
  }

  async #tryOut(waiting: readonly TorrentTask[]): Promise<number> {
    const neededBytes = waiting.reduce((sum, task) => sum + needOf(task), 0);
    const trying = this.#lastTry.then(() =>
      this.storage.freeBytes(Math.min(neededBytes, MAX_TRIED_BYTES)),
    );
    this.#lastTry = trying;
    const freeBytes = await trying;
    for (const task of waiting) task.noteFreeBytes(freeBytes);
    return freeBytes;
  }

  #waiting(): TorrentTask[] {
    return [...this.tasks()].filter(({ record }) => record.pausedBy === 'storage-full');
  }
}

function needOf(task: TorrentTask): number {
  return Math.max(MIN_ROOM_BYTES, task.stored?.neededBytes ?? 0);
}
